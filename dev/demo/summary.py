"""What came out: for people, for machines, and what should have come out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dev.cluster import LoadResult
from dev.demo.acts import BAD, Bad, Good, Plain

_FIRST_STEP = 20
_BACK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The three acts that were measured."""

    good: Good
    bad: Bad
    plain: Plain


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The content of `out/demo.json`. Times are seconds, `highestWeight` is percent; null: it never failed."""
    return {
        "good": {**_requests(outcome.good.load), "seconds": round(outcome.good.seconds, 2)},
        "bad": {
            **_requests(outcome.bad.load),
            "highestWeight": outcome.bad.highest_weight,
            "secondsToZero": _rounded(outcome.bad.seconds_to_zero),
        },
        "plainDeployment": _requests(outcome.plain.load),
    }


def write(outcome: Outcome, target: Path) -> None:
    """Write the JSON, in a folder that is made when it is not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(as_json(outcome), indent=2) + "\n")


def broken_promises(outcome: Outcome) -> Iterator[str]:
    """A sentence for each thing that did not come out as it should."""
    if outcome.good.load.failed:
        yield f"the good release lost {_lost(outcome.good.load)}"
    others = outcome.bad.load.failed - _of(outcome.bad.load, BAD.name)
    if others and BAD.name in outcome.bad.load.versions:
        yield f"in the bad release {others} requests failed that the bad version did not answer"
    if outcome.bad.highest_weight > _FIRST_STEP:
        yield f"the bad version had {outcome.bad.highest_weight} % of the traffic: more than its first step"
    back = outcome.bad.verdict_to_zero
    if back is None or back > _BACK_SECONDS:
        took = "was not seen" if back is None else f"took {back:.1f} s"
        yield f"the way from the failed verdict to weight 0 {took}; {_BACK_SECONDS:.0f} s are promised"


def show(outcome: Outcome, console: Console) -> None:
    """The tables and sentences at the end."""
    console.print(_table(outcome))
    bad, plain = outcome.bad, outcome.plain.load
    console.print(Text(f"The bad version never had more than {bad.highest_weight} % of the traffic."))
    if bad.seconds_to_zero is not None:
        console.print(Text(f"From its first failed answer to its last answer: {bad.seconds_to_zero:.1f} s."))
    if bad.verdict_to_zero is not None:
        console.print(Text(f"From the failed verdict to weight 0 in the route: {bad.verdict_to_zero:.2f} s."))
    console.print(Text(f"Why it was taken back: {bad.cause}."))
    console.print(
        Text(
            f"As a plain Deployment the same release failed {plain.failed} of {plain.sent} requests, undone at "
            f"the very moment at which it was complete; Tidegate let {bad.load.failed} of {bad.load.sent} fail."
        )
    )


def _table(outcome: Outcome) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="bold")
    table.add_column("release")
    table.add_column("version")
    for heading in ("requests sent", "answered", "failed"):
        table.add_column(heading, justify="right")
    acts = {"good": outcome.good.load, "bad": outcome.bad.load, "bad, plain Deployment": outcome.plain.load}
    for name, load in acts.items():
        table.add_row(name, "all", str(load.sent), str(load.answered), str(load.failed), style="bold")
        for version, seen in sorted(load.versions.items()):
            table.add_row("", Text(version or "(no pod)"), "", str(seen.answered), str(seen.failed))
    return table


def _requests(load: LoadResult) -> dict[str, int]:
    return {"requests": load.sent, "failed": load.failed}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def _of(load: LoadResult, version: str) -> int:
    return load.versions[version].failed if version in load.versions else 0


def _lost(load: LoadResult) -> str:
    """How many and the first few, since this should never be."""
    first = "; ".join(f"{f.at:.2f} {f.version or 'no pod'} {f.status} {f.reason}" for f in load.failures[:5])
    return f"{load.failed} of {load.sent} requests: {first}"
