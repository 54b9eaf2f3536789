"""The course of a story: what there was to see, one after the other, without what timing alone decides."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import dropwhile, groupby
from typing import Any

from tests.scenarios.facts import asked_of, version_of, weight_of
from tests.scenarios.stages.stage import Change, Raw, Stage

Move = tuple[str, int | None]


@dataclass(frozen=True)
class Course:
    """What a person sees who follows a release."""

    moves: list[Move]
    """Sizes of the versions, and the canary's weight asked for and in the route, in the order in which they changed."""
    phases: list[str]
    """The phases, each once in a row."""
    conditions: dict[str, list[bool]]
    """What became of each condition."""
    reasons: list[str]
    """The reasons of the Events, in the order in which each came first."""


def course_of(stage: Stage) -> Course:
    """The course of what was played there."""
    changes = list(stage.changes())
    statuses = _statuses(changes)
    return Course(
        moves=_moves(changes),
        phases=_phases(statuses),
        conditions=_conditions(statuses),
        # The real recorder puts what it says again within half a minute into one Event: only the first has its place.
        reasons=list(dict.fromkeys(reason for reason, _ in stage.said())),
    )


def _statuses(changes: list[Change]) -> list[Raw]:
    """Of the Rollout. Which watch of the operator shows its objects first is chance: it may miss a Service at first."""
    found = (c.object.get("status") or {} for c in changes if c.kind == "Rollout")
    return list(dropwhile(_lacks_a_service, found))


def _lacks_a_service(status: Raw) -> bool:
    return not status or (status.get("waitingFor") or {}).get("reason") == "ServiceNotFound"


def _moves(changes: list[Change]) -> list[Move]:
    now: dict[str, int | None] = {}
    moves = []
    for change in changes:
        name, value = _seen(change)
        if name and now.get(name, "nothing yet") != value:
            now[name] = value
            moves.append((name, value))
    return moves


def _seen(change: Change) -> tuple[str, int | None]:
    match change.kind:
        case "ReplicaSet":
            return version_of(change.object), None if change.gone else change.object["spec"]["replicas"]
        case "TrafficSplit":
            return "asked", None if change.gone else asked_of(change.object)
        case "HTTPRoute":
            return "route", None if change.gone else weight_of(change.object)
    return "", None


def _phases(statuses: list[Raw]) -> list[str]:
    return [phase for phase, _ in groupby(s["phase"] for s in statuses if "phase" in s)]


def _conditions(statuses: list[Raw]) -> dict[str, list[bool]]:
    told: dict[str, list[bool]] = {}
    for status in statuses:
        for condition in status.get("conditions") or ():
            _add(told.setdefault(condition["type"], []), condition["status"] == "True")
    return told


def _add(values: list[bool], value: Any) -> None:
    if values[-1:] != [value]:
        values.append(value)


def assert_same(real: Course, model: Course) -> None:
    """Fails with what is not the same, and nothing else."""
    model_has = asdict(model)
    told = [
        f"{name}:\n  real  {value}\n  model {model_has[name]}"
        for name, value in asdict(real).items()
        if value != model_has[name]
    ]
    assert not told, "the course is not the same\n" + "\n".join(told)
