"""From what is asked of a route to the JSON Patch that brings it there, and back to what its author wrote.

A patch tests metadata.generation, which the API server raises with every change of the spec: so it is refused (422)
when any rule, name or weight is not what the decision saw. Testing the values themselves would not do: the API
server compares texts byte by byte, and a regular expression with an escaped `&` is never found equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.core.objects import Key
from tidegate.core.traffic.kinds import Edit, Raw
from tidegate.core.traffic.shares import Weights
from tidegate.routes.httproute.baseline import Original, baseline, composed, effective, is_original
from tidegate.routes.httproute.lane_edit import drifted, place_lanes
from tidegate.routes.httproute.lanes import Wish, lane_marks
from tidegate.routes.httproute.marks import LaneMark, Mark, RuleMark, annotations_of, mark_name
from tidegate.routes.httproute.rules import MarkedRoute, MarkedRule

Operation = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Change:
    """What becomes of one rule: its weights, and the marks that speak of it."""

    rule: MarkedRule
    operations: Sequence[Operation]
    marks: Mapping[Key, RuleMark]
    reset: bool


def edit(route: MarkedRoute, split: Key, wishes: Mapping[int, Wish]) -> Edit | None:
    """What to write so that `split` gets its wishes, by the index of the rule; what it had in other rules is undone.

    Raises LaneError.
    """
    changes = [
        _change(rule, split, wishes.get(rule.index))
        for rule in route.rules
        if rule.index in wishes or split in rule.marks
    ]
    wanted = {change.rule.index: _lanes(change.marks, split) for change in changes}
    added = place_lanes(route, split, wanted)
    weights = [operation for change in changes for operation in change.operations]
    notes = _annotate(route, _marks_after(route, split, changes))
    if not weights and not added and not notes:
        return None
    generation = route.raw["metadata"]["generation"]
    return Edit(
        # Weights first: they are found by the numbers that the rules have before others come and go.
        (_test("/metadata/generation", generation), *weights, *added, *notes),
        corrects=any(change.reset and change.operations for change in changes) or bool(added and drifted(route, split)),
        moves=any(_moves(change, split) for change in changes),
    )


def _moves(change: _Change, split: Key) -> bool:
    before, after = change.rule.marks, change.marks
    return _asked(before, split) != _asked(after, split) or _lanes(before, split) != _lanes(after, split)


def _lanes(marks: Mapping[Key, RuleMark], split: Key) -> tuple[LaneMark, ...]:
    return marks[split].lanes if split in marks else ()


def _asked(marks: Mapping[Key, RuleMark], split: Key) -> Weights | None:
    return marks[split].asked if split in marks else None


def _change(rule: MarkedRule, split: Key, wish: Wish | None) -> _Change:
    base, ask = baseline(rule), wish.ask if wish else None
    target = composed(rule, split, ask)
    if not target or not any(target.values()):
        # Ours leave a rule, and what is then left in it can't be written: it stays in force as it stands.
        target = rule.seen
    asked: dict[Key, tuple[Weights, tuple[LaneMark, ...]]] = {
        other: (mark.asked, mark.lanes) for other, mark in rule.marks.items() if other != split
    }
    lanes = lane_marks(rule.raw, rule.refs, wish, target) if wish else ()
    if ask is not None and (lanes or not is_original(ask, effective(base.original))):
        asked[split] = (ask, lanes)
    marks = {
        owner: RuleMark(rule=rule.name, original=dict(base.original), asked=dict(one), written=dict(target), lanes=two)
        for owner, (one, two) in asked.items()
    }
    return _Change(rule, _weigh(rule, base.original, target), marks, base.reset)


def _weigh(rule: MarkedRule, original: Original, target: Weights) -> list[Operation]:
    """The operations that bring the weights of a rule to `target`: in the author's own form where it means the same."""
    meant, seen = effective(original), rule.seen
    found: list[Operation] = []
    for position, (key, ref) in enumerate(rule.refs.items()):
        if target[key] == seen[key]:
            continue
        path = f"/spec/rules/{rule.index}/backendRefs/{position}/weight"
        if target[key] == meant[key] and original[key] is None:
            found.append({"op": "remove", "path": path})
        else:
            found.append({"op": "replace" if "weight" in ref else "add", "path": path, "value": target[key]})
    return found


def _marks_after(route: MarkedRoute, split: Key, changes: Sequence[_Change]) -> dict[Key, Mark | None]:
    """The marks that must be written: our own, and those of others who divide a rule that changed."""
    own = tuple(change.marks[split] for change in changes if split in change.marks)
    after: dict[Key, Mark | None] = {split: _mark(split, own) if own else None}
    for other, mark in route.marks.items():
        if other != split:
            after[other] = _mark(other, tuple(_renewed(other, one, changes) for one in mark.rules))
    return {owner: mark for owner, mark in after.items() if mark != route.marks.get(owner)}


def _mark(split: Key, rules: tuple[RuleMark, ...]) -> Mark:
    return Mark(split=f"{split.namespace}/{split.name}", rules=rules)


def _renewed(split: Key, mark: RuleMark, changes: Sequence[_Change]) -> RuleMark:
    return next((change.marks[split] for change in changes if change.rule.marks.get(split) is mark), mark)


def _annotate(route: MarkedRoute, marks: Mapping[Key, Mark | None]) -> list[Operation]:
    there = annotations_of(route.raw)
    found: list[Operation] = []
    for split, mark in marks.items():
        name = mark_name(split)
        if mark is not None:
            found += _set(route.raw, name, mark.model_dump_json(exclude_defaults=True))
        else:
            found += _unset(there, name)
    return found


def _set(raw: Raw, name: str, text: str) -> list[Operation]:
    there = annotations_of(raw)
    if not there:
        # The whole map is written: without the test an annotation that came meanwhile would be lost.
        version = raw["metadata"]["resourceVersion"]
        path = "/metadata/annotations"
        return [_test("/metadata/resourceVersion", version), {"op": "add", "path": path, "value": {name: text}}]
    operation = {"op": "add", "path": _pointer(name), "value": text}
    return [_test(_pointer(name), there[name]), operation] if name in there else [operation]


def _unset(there: Mapping[str, str], name: str) -> list[Operation]:
    if len(there) == 1:
        # The map came with our annotation, and goes with it.
        path = "/metadata/annotations"
        return [_test(path, dict(there)), {"op": "remove", "path": path}]
    return [_test(_pointer(name), there[name]), {"op": "remove", "path": _pointer(name)}]


def _test(path: str, value: object) -> Operation:
    return {"op": "test", "path": path, "value": value}


def _pointer(name: str) -> str:
    """The path of an annotation; `~` and `/` are escaped as RFC 6901 says."""
    return "/metadata/annotations/" + name.replace("~", "~0").replace("/", "~1")
