"""The course of a story: what there was to see, one after the other, without what timing alone decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import dropwhile, groupby

from tests.scenarios.facts import asked_of, version_of, weight_of
from tests.scenarios.stages.stage import Change, Raw, Stage

Move = tuple[str, int]


ROUTE = "route"
PASSING = ("Progressing", "Reconciling")
"""A status that holds no decision may wait for the next that does: what lies between may never be written."""


@dataclass(frozen=True)
class Course:
    """What a person sees who follows a release."""

    moves: list[Move]
    """Sizes of the versions and of a Deployment, and the canary's weight that is asked for, in the order in which they
    changed."""
    routes: list[Move]
    """The weight in the route. It is written by another decision, beside those that come after what was asked for."""
    gone: list[str]
    """Of these, what was deleted. The garbage collector and the operator do it side by side, in any order."""
    phases: list[str]
    conditions: dict[str, list[bool]]
    """What became of each condition."""
    reasons: list[str]
    """The reasons of the Events, in the order in which each came first: what is said again is held back, and put into
    one Event. Nothing where the operator was killed: it loses what it had not posted."""


def course_of(stage: Stage) -> Course:
    """The course of what was played there."""
    changes = list(stage.changes())
    statuses = _statuses(changes)
    weights = _said_by_steps(changes)
    seen = [_seen(change, weights) for change in changes]
    moves = _moves(move for move, change in zip(seen, changes, strict=True) if move and not change.gone)
    return Course(
        moves=[move for move in moves if move[0] != ROUTE],
        routes=[move for move in moves if move[0] == ROUTE],
        gone=sorted(move[0] for move, change in zip(seen, changes, strict=True) if move and change.gone),
        phases=[phase for phase, _ in groupby(s["phase"] for s in statuses if s.get("phase") not in (None, *PASSING))],
        conditions=_conditions(statuses),
        reasons=[] if stage.killed else list(dict.fromkeys(reason for reason, _ in stage.said())),
    )


def _statuses(changes: list[Change]) -> list[Raw]:
    """Of the Rollout, since its first version served. Before that they tell mostly which watch came first: a Service
    may be missing in one look and there in the next, the pods may be up before the first status is written."""
    found = (c.object.get("status") or {} for c in changes if c.kind == "Rollout")
    return list(dropwhile(lambda status: status.get("phase") != "Healthy", found))


def _said_by_steps(changes: list[Change]) -> set[int]:
    """The weights that steps ask for. What lies between is how much the pods that are ready can carry just now, and
    which are ready first is chance."""
    rollouts = (change.object for change in changes if change.kind == "Rollout")
    canaries = (rollout["spec"]["strategy"].get("canary", {}) for rollout in rollouts)
    steps = (step for canary in canaries for step in canary.get("steps", ()))
    return {0, 100} | {step["setWeight"] for step in steps if "setWeight" in step}


def _seen(change: Change, weights: set[int]) -> Move | None:
    match change.kind:
        case "ReplicaSet" if not _of_deployment(change.object):
            return version_of(change.object), change.object["spec"]["replicas"]
        case "Deployment":
            return change.kind, change.object["spec"]["replicas"]
        case "TrafficSplit":
            move = ("asked", asked_of(change.object))
        case "HTTPRoute":
            move = (ROUTE, weight_of(change.object))
        case _:
            return None
    return move if move[1] in weights else None


def _of_deployment(replicaset: Raw) -> bool:
    return any(owner["kind"] == "Deployment" for owner in replicaset["metadata"].get("ownerReferences") or ())


def _moves(seen: Iterable[Move]) -> list[Move]:
    now: dict[str, int] = {}
    moves = []
    for name, value in seen:
        if now.get(name) != value:
            now[name] = value
            moves.append((name, value))
    return moves


def _conditions(statuses: list[Raw]) -> dict[str, list[bool]]:
    """The times when a condition was one and then the other, each value once in a row."""
    told: dict[str, list[bool]] = {}
    for status in statuses:
        for condition in status.get("conditions") or ():
            if condition["type"] not in PASSING:
                _add(told.setdefault(condition["type"], []), condition["status"] == "True")
    return told


def _add(values: list[bool], value: bool) -> None:
    if values[-1:] != [value]:
        values.append(value)


def differences(real: Course, model: Course, *, events: bool = True) -> str:
    """What is not the same, and nothing else; empty when all is."""
    model_has = asdict(model)
    told = [
        f"{name}:\n  real  {value}\n  model {model_has[name]}"
        for name, value in asdict(real).items()
        if value != model_has[name] and (events or name != "reasons")
    ]
    return "\n".join(["the course is not the same", *told]) if told else ""
