"""`tidegate plan`: what applying manifests would do to the cluster as it is now. Nothing is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tidegate.api.rollout_status import PROMOTED, Outcome
from tidegate.cli import cluster, console, options
from tidegate.cli.errors import CommandError, Exit
from tidegate.cli.lint import sound
from tidegate.cli.planning.diffs import change, diff
from tidegate.cli.planning.live import Applied, dry_run, read
from tidegate.cli.simulate import Promote, ScenarioName, timeline
from tidegate.cli.simulation.given import objects
from tidegate.cli.simulation.scenario import Scenario
from tidegate.cli.simulation.standing import Outlook, look_ahead
from tidegate.cli.simulation.timeline import moment, summary
from tidegate.observe import kinds

Raw = dict[str, Any]
WANTED = (*PROMOTED, Outcome.ROLLED_BACK)
"""What the author of a manifest can want of it."""


def command(
    files: Annotated[list[str], typer.Argument(help="Manifests, folders of them, or - for standard input.")],
    how: ScenarioName = "good",  # type: ignore[assignment]
    promote: Promote = True,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    output: options.Output = None,
) -> None:
    """Tell what applying this would do to the cluster now: the diff, the steps with their times, pods, weights, routes.

    The API server judges the manifests in a dry run; then the release runs in virtual time on a model of the cluster
    as it is. Nothing is written. Ends with 1 when a release would be taken back, or stand still.
    """
    there = cluster.connect(kubeconfig, context, namespace)
    manifests = _manifests(files, namespace or there.namespace)
    live = read(there, manifests)
    applied = dry_run(there, live, manifests)
    outlook = _look_ahead(live, applied, how, promote=promote)
    if output:
        console.data(_data(how, applied, outlook), output)
    else:
        _print(how, applied, outlook)
    if any(course.begun and course.outcome not in WANTED for course in outlook.courses):
        raise typer.Exit(Exit.FAILED)


def _manifests(files: list[str], namespace: str) -> list[Raw]:
    found = objects(sound(files), namespace)
    if all(raw["kind"] != kinds.ROLLOUT.name for raw in found):
        raise CommandError("there is no Rollout in the input: name a file that holds one", Exit.USAGE)
    return found


def _look_ahead(live: list[Raw], applied: list[Applied], how: Scenario, *, promote: bool) -> Outlook:
    rollouts = [each.after for each in applied if each.key.kind == kinds.ROLLOUT.name]
    others = [each.after for each in applied if each.key.kind != kinds.ROLLOUT.name]
    return look_ahead(live, rollouts, others, how, now(), promote=promote)


def now() -> datetime:
    """When it would be applied."""
    return datetime.now(UTC)


def _data(how: Scenario, applied: list[Applied], outlook: Outlook) -> Raw:
    changes = [
        {"kind": each.key.kind, "namespace": each.key.namespace, "name": each.key.name, "diff": change(each)}
        for each in applied
    ]
    routes = [
        {"namespace": each.namespace, "name": each.name, "seconds": each.seconds, "spec": each.after}
        for each in outlook.routes
    ]
    return {"scenario": how.name, "changes": changes, "releases": summary(outlook.courses), "routes": routes}


def _print(how: Scenario, applied: list[Applied], outlook: Outlook) -> None:
    for each in applied:
        _tell_change(f"{each.key.kind} {each.key.name} in {each.key.namespace}", change(each))
    console.say(f"Scenario {how.name}: {how.says}", "bold")
    for course in outlook.courses:
        console.say("")
        timeline(course)
    console.say("")
    for route in outlook.routes:
        _tell_change(f"HTTPRoute {route.name} after {moment(route.seconds)}", diff(route.before, route.after))
    console.say("Nothing was written.", "dim")


def _tell_change(title: str, lines: list[str]) -> None:
    console.say(title if lines else f"{title}: stays as it is", "bold")
    for line in lines:
        console.say(line, {"+": "green", "-": "red", "~": "yellow"}.get(line[:1], "dim"))
