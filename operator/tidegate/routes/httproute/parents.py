"""Whether the parents of a route have taken over what it says.

Judged by observedGeneration and status alone: some controllers touch lastTransitionTime with every write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.core.traffic.kinds import Raw

Parent = Mapping[str, Any]

GATEWAY_GROUP = "gateway.networking.k8s.io"
WANTED = {"Accepted": "True", "ResolvedRefs": "True"}
REFUSALS = {"Accepted": "False", "ResolvedRefs": "False", "PartiallyInvalid": "True"}
"""What a parent says when it does not do what the route says. PartiallyInvalid: some rules are left out."""
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What all parents together say. At most one of `problem` and `message` is set; neither, when all have accepted."""

    observed_generation: int | None
    problem: str = ""
    message: str = ""

    @property
    def accepted(self) -> bool:
        """All parents have taken the route over as it now is."""
        return not self.problem and not self.message


def acceptance(raw: Raw) -> Acceptance:
    """What the parents of a route say of its present generation."""
    references = raw["spec"].get("parentRefs") or []
    if not references:
        return Acceptance(None, problem="it has no parentRefs, so no gateway carries it: add one")
    answers = [(ref, _answers(raw, ref)) for ref in references]
    observed = _observed(answers)
    problems = [_refusal(ref, answer, _generation(raw)) for ref, given in answers for answer in given]
    messages = [_lag(ref, given, _generation(raw)) for ref, given in answers]
    problem = next(filter(None, problems), "")
    return Acceptance(observed, problem, "" if problem else next(filter(None, messages), ""))


def controllers(raw: Raw) -> set[str]:
    """The controllers that have said something of the route."""
    return {entry.get("controllerName", "") for entry in (raw.get("status") or {}).get("parents") or []}


def _generation(raw: Raw) -> int:
    return int(raw["metadata"]["generation"])


def _answers(raw: Raw, ref: Parent) -> list[Parent]:
    """What stands in status for one parent: an entry for each controller that feels responsible."""
    namespace = raw["metadata"]["namespace"]
    entries = (raw.get("status") or {}).get("parents") or []
    return [entry for entry in entries if _identity(entry["parentRef"], namespace) == _identity(ref, namespace)]


def _identity(ref: Parent, namespace: str) -> tuple[object, ...]:
    group = ref.get("group", GATEWAY_GROUP)
    kind = ref.get("kind") or "Gateway"
    return group, kind, ref.get("namespace") or namespace, ref["name"], ref.get("sectionName"), ref.get("port")


def _conditions(answer: Parent) -> dict[str, Mapping[str, Any]]:
    return {condition["type"]: condition for condition in answer.get("conditions") or ()}


def _seen(answer: Parent) -> int:
    """The generation that a parent's answer is about: that of the oldest of the conditions that count."""
    conditions = _conditions(answer)
    return min(int(conditions.get(kind, {}).get("observedGeneration") or 0) for kind in WANTED)


def _observed(answers: Sequence[tuple[Parent, Sequence[Parent]]]) -> int | None:
    if not all(given for _, given in answers):
        return None
    return min(_seen(answer) for _, given in answers for answer in given)


def _refusal(ref: Parent, answer: Parent, generation: int) -> str:
    for kind, condition in _conditions(answer).items():
        current = int(condition.get("observedGeneration") or 0) >= generation
        if current and condition["status"] == REFUSALS.get(kind):
            said = f"{condition.get('reason', '')}: {condition.get('message', '')}"[:MAX_TEXT]
            return f"{_title(ref)} does not take it: {kind} is {condition['status']}, {said}"
    return ""


def _lag(ref: Parent, given: Sequence[Parent], generation: int) -> str:
    if not given:
        return f"{_title(ref)} has not said anything of it yet: does the parent exist, does its controller run?"
    for answer in given:
        conditions = _conditions(answer)
        by = f"{_title(ref)} ({answer.get('controllerName', 'unknown controller')})"
        if _seen(answer) < generation:
            return f"{by} has not taken over generation {generation} yet, it has seen {_seen(answer)}"
        for kind, wanted in WANTED.items():
            if conditions[kind]["status"] != wanted:
                return f"{by} has not decided yet: {kind} is {conditions[kind]['status']}"
    return ""


def _title(ref: Parent) -> str:
    section = f", section {ref['sectionName']}" if ref.get("sectionName") else ""
    return f"{ref.get('kind') or 'Gateway'} {ref['name']}{section}"
