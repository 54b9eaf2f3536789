"""Rules that come ahead of an author's rule and go again: the operations, in an order in which no number shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.core.objects import Key
from tidegate.routes.httproute.marks import LaneMark
from tidegate.routes.httproute.rules import AddedRule, MarkedRoute

Operation = Mapping[str, Any]


def place_lanes(route: MarkedRoute, split: Key, wanted: Mapping[int, Sequence[LaneMark]]) -> list[Operation]:
    """The operations after which exactly these rules of `split` stand ahead of each rule, by its index.

    Away from the back, then in from the back: so each number is right when its operation comes.
    """
    left = {index: lanes for index, lanes in wanted.items() if not _stand(route, split, index, lanes)}
    kept = {id(rule) for index in wanted.keys() - left.keys() for rule in _ahead_of(route, split, index)}
    away = [rule.index for rule in route.added_by(split) if id(rule) not in kept]
    found: list[Operation] = [{"op": "remove", "path": f"/spec/rules/{index}"} for index in sorted(away, reverse=True)]
    for index in sorted(left, reverse=True):
        path = f"/spec/rules/{index - sum(gone < index for gone in away)}"
        found += [{"op": "add", "path": path, "value": lane.rule} for lane in reversed(left[index])]
    return found


def _stand(route: MarkedRoute, split: Key, index: int, lanes: Sequence[LaneMark]) -> bool:
    there = _ahead_of(route, split, index)
    return [rule.raw for rule in there] == [lane.rule for lane in lanes] and all(rule.index < index for rule in there)


def _ahead_of(route: MarkedRoute, split: Key, index: int) -> list[AddedRule]:
    """The rules that `split` added to the one of this index."""
    mark = next((rule.marks.get(split) for rule in route.rules if rule.index == index), None)
    return [rule for rule in route.added_by(split) if rule.mark is mark]


def drifted(route: MarkedRoute, split: Key) -> bool:
    """Whether somebody else has changed the rules that `split` added, or taken them away."""
    mark = route.marks.get(split)
    written = [lane.rule for one in mark.rules for lane in one.lanes] if mark else []
    there = [rule.raw for rule in route.added_by(split)]
    return len(there) != len(written) or any(rule not in written for rule in there)
