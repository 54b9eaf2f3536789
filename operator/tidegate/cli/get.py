"""`tidegate get`: the Rollouts of a namespace, or one with everything that belongs to it."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tidegate.cli import cluster, console, draw, options, words
from tidegate.cli.cluster import Cluster, Raw, objects
from tidegate.cli.errors import CommandError, Exit, UnreachableError
from tidegate.cli.tree import Tree, read_status, read_tree

SECONDS = 1.0
"""Between two looks at the cluster with `--watch`."""


def command(
    rollout: options.OptionalRollout = None,
    watch: Annotated[bool, typer.Option("-w", "--watch", help="Go on showing it as it changes, until Ctrl-C.")] = False,
    everywhere: Annotated[bool, typer.Option("-A", "--all-namespaces", help="List those of all namespaces.")] = False,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Show Rollouts: a list, or with ROLLOUT the tree of its revisions, ReplicaSets, pods and analyses."""
    if watch and (output or not rollout):
        raise CommandError("--watch shows one Rollout, and not as json or yaml: name it, without -o", Exit.USAGE)
    api = cluster.connect(kubeconfig, context, namespace)
    if watch and rollout:
        _watch(api, rollout)
    elif rollout:
        _show(read_tree(api, rollout), output)
    else:
        _list(api.items(objects("rollouts", None if everywhere else api.namespace)), output, api.namespace)


def _show(release: Tree, output: console.Format | None) -> None:
    if output:
        console.data(release.data(), output)
    else:
        console.show(draw.tree(release, bars=sys.stdout.isatty()))


def _watch(api: Cluster, name: str) -> None:
    try:
        if sys.stdout.isatty():
            _live(api, name)
        else:
            _log(api, name)
    except KeyboardInterrupt:
        # The way to end it, and no failure.
        return


def _live(api: Cluster, name: str) -> None:
    with Live(draw.tree(read_tree(api, name), bars=True), console=console.out(), auto_refresh=False) as live:
        while True:
            time.sleep(SECONDS)
            try:
                live.update(draw.tree(read_tree(api, name), bars=True), refresh=True)
            except UnreachableError as error:
                live.update(Text(str(error), style="red"), refresh=True)


def _log(api: Cluster, name: str) -> None:
    """A line for each change: what a file or a pipe can hold."""
    last = ""
    for raw in api.follow(objects("rollouts", api.namespace, name), None):
        line = summary(raw)
        if line != last:
            sys.stdout.write(f"{words.clock(words.now())} {line}\n")
            sys.stdout.flush()
        last = line


def summary(raw: Raw) -> str:
    """A Rollout in a line."""
    status = read_status(raw)
    phase = status.phase.value if status.phase else "not seen yet"
    said = status.waiting_for.message if status.waiting_for else status.message
    step = f" step {status.step}," if status.step else ""
    return console.clean(f"{phase},{step} weight {draw.weight(status)}: {said}").replace("\n", " ")


def _list(found: list[Raw], output: console.Format | None, namespace: str) -> None:
    if output:
        console.data(found, output)
    elif found:
        console.show(_table(found))
    else:
        console.say(f"there are no Rollouts in namespace {namespace}: -n chooses another, -A shows all")


def _table(found: list[Raw]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("NAMESPACE", "NAME", "PHASE", "STEP", "WEIGHT", "READY", "WAITS FOR"):
        table.add_column(title, no_wrap=title != "WAITS FOR")
    for raw in found:
        status, metadata = read_status(raw), raw["metadata"]
        weights = status.canary.weights
        said = status.waiting_for.message if status.waiting_for else ""
        table.add_row(
            Text(metadata["namespace"]),
            Text(metadata["name"]),
            draw.phase(status),
            status.step,
            f"{weights.percent_seen}" if weights else "",
            f"{status.ready_replicas}/{raw['spec'].get('replicas', 1)}",
            Text(console.clean(said)),
        )
    return table
