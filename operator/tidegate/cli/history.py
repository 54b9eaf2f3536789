"""`tidegate history`: the releases of a Rollout, how they ended, and the rhythm in which they come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from statistics import median
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from tidegate.api.rollout_status import Outcome, Release
from tidegate.cli import cluster, console, options, words
from tidegate.cli.cluster import objects
from tidegate.cli.tree import read_status
from tidegate.core.delivery import cadences

COLUMNS = ("REVISION", "STARTED", "DURATION", "OUTCOME", "T(D)", "BY", "IMAGES", "CAUSE")
_STYLES = {
    Outcome.PROMOTED: "green",
    Outcome.FAST_PROMOTED: "green",
    Outcome.ABORTED: "red",
    Outcome.ROLLED_BACK: "yellow",
    Outcome.SUPERSEDED: "dim",
}


class HistoryFormat(StrEnum):
    """`wide` is for people; the others are for programs."""

    JSON = "json"
    YAML = "yaml"
    WIDE = "wide"


def command(
    rollout: options.Rollout,
    output: Annotated[
        HistoryFormat | None,
        typer.Option("-o", "--output", help="json or yaml for a program; wide adds hash and steps."),
    ] = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """List the last releases of a Rollout: outcome, cause, who asked, and T(D): the time since the one before ended."""
    api = cluster.connect(kubeconfig, context, namespace)
    history = read_status(api.get(objects("rollouts", api.namespace, rollout))).history
    if output in (HistoryFormat.JSON, HistoryFormat.YAML):
        console.data([_data(release) for release in history], console.Format(output))
    elif not history:
        console.say(f"there was no release of {rollout} yet")
    else:
        console.show(_table(history, wide=output is HistoryFormat.WIDE))
        console.say(cadence(history))


def _data(release: Release) -> dict[str, Any]:
    return {**release.model_dump(mode="json", by_alias=True), "durationSeconds": _duration(release)}


def _duration(release: Release) -> float | None:
    return (release.finished_at - release.started_at).total_seconds() if release.finished_at else None


def _table(history: Sequence[Release], *, wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (*COLUMNS, *(("HASH", "STEPS") if wide else ())):
        table.add_column(title, no_wrap=title != "CAUSE")
    for release in reversed(history):
        table.add_row(*_cells(release), *(_more(release) if wide else ()))
    return table


def _cells(release: Release) -> tuple[Text, ...]:
    duration = _duration(release)
    outcome = release.outcome.value if release.outcome else "under way"
    texts = (
        str(release.revision),
        release.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        _span(duration),
        outcome,
        _span(release.cadence_seconds),
        release.requester,
        ", ".join(release.images),
        release.cause,
    )
    styles = {"OUTCOME": _STYLES.get(release.outcome, "cyan") if release.outcome else "cyan"}
    return tuple(Text(console.clean(text), styles.get(name, "")) for name, text in zip(COLUMNS, texts, strict=True))


def _more(release: Release) -> tuple[Text, Text]:
    return Text(console.clean(release.pod_template_hash)), Text(", ".join(map(_span, release.step_seconds)))


def _span(seconds: float | None) -> str:
    return words.span(timedelta(seconds=seconds)) if seconds is not None else ""


def cadence(history: Sequence[Release]) -> str:
    """The rhythm in words."""
    times = cadences(history)
    if not times:
        return "Cadence: there is only one release"
    last, middle = _span(times[-1]), _span(median(times))
    return f"Cadence: T(D) was {last} for the last release, {middle} in the middle of {len(times)}"
