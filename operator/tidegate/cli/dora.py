"""`tidegate dora`: the four numbers of delivery, from the histories of releases."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from pydantic.alias_generators import to_camel
from rich.table import Table
from rich.text import Text

from tidegate.api.meta import time_text
from tidegate.cli import cluster, console, options, words
from tidegate.cli.cluster import Cluster, Raw, objects
from tidegate.cli.tree import read_status
from tidegate.core.delivery import Delivery, delivery

DAYS = 90


def command(
    rollout: options.OptionalRollout = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Count the releases of the last so many days.")] = DAYS,
    everywhere: Annotated[bool, typer.Option("-A", "--all-namespaces", help="Of all namespaces.")] = False,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Tell deployment frequency, lead time, change failure rate and time to restore, of ROLLOUT or of a namespace.

    A Rollout remembers its last 20 releases. Lead time is from the change of the template to all the traffic: when the
    commit was made, no cluster knows.
    """
    api = cluster.connect(kubeconfig, context, namespace)
    found = _rollouts(api, rollout, everywhere=everywhere)
    histories = [read_status(raw).history for raw in found]
    numbers = delivery(histories, words.now(), timedelta(days=days))
    if output:
        console.data({"rollouts": len(found), **_data(numbers)}, output)
    else:
        what = rollout or f"{len(found)} Rollouts {'of all namespaces' if everywhere else f'in {api.namespace}'}"
        console.say(f"{what}: {_counted(numbers, days)}", "bold")
        console.show(_table(numbers))


def _rollouts(api: Cluster, rollout: str | None, *, everywhere: bool) -> list[Raw]:
    if rollout:
        return [api.get(objects("rollouts", api.namespace, rollout))]
    return api.items(objects("rollouts", None if everywhere else api.namespace))


def _data(numbers: Delivery) -> dict[str, Any]:
    since = time_text(numbers.since) if numbers.since else None
    names = ("releases", "deployments", "failures")
    counts = {to_camel(name): getattr(numbers, name) for name in names}
    return {
        "since": since,
        **counts,
        "deploymentsPerDay": numbers.frequency,
        "leadTimeSeconds": numbers.lead_time,
        "changeFailureRate": numbers.failure_rate,
        "timeToRestoreSeconds": numbers.restore_time,
    }


def _counted(numbers: Delivery, days: int) -> str:
    return (
        f"{numbers.releases} releases that began in the last {days} days have ended"
        if numbers.releases
        else (f"no release that began in the last {days} days has ended")
    )


def _table(numbers: Delivery) -> Table:
    grid = Table.grid(padding=(0, 2))
    for name, value, means in (
        ("Deployment frequency", _frequency(numbers), "deployments since the first of them"),
        ("Lead time", _span(numbers.lead_time), "median, from the change of the template to all the traffic"),
        ("Change failure rate", _rate(numbers), "taken back, or followed by a version from before"),
        ("Time to restore", _span(numbers.restore_time), "median, until the version from before had all the traffic"),
    ):
        grid.add_row(Text(name), Text(value, "bold"), Text(means, "dim"))
    return grid


def _frequency(numbers: Delivery) -> str:
    return "–" if numbers.frequency is None else f"{numbers.frequency:.2g} a day"


def _rate(numbers: Delivery) -> str:
    return (
        "–"
        if numbers.failure_rate is None
        else f"{numbers.failure_rate:.0%} ({numbers.failures} of {numbers.releases})"
    )


def _span(seconds: float | None) -> str:
    return "–" if seconds is None else words.span(timedelta(seconds=seconds))
