"""A route as it was seen: its rules, each with the marks of the splits that divide it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tidegate.core.traffic.kinds import Raw
from tidegate.core.world import Key
from tidegate.routes.httproute.backends import Ref, refs_by_key, rules_of, weight_of
from tidegate.routes.httproute.marks import Mark, RuleMark, read_marks


@dataclass(frozen=True, slots=True)
class MarkedRule:
    """One rule; `refs` are its backendRefs in order, by key."""

    index: int
    name: str | None
    refs: Mapping[str, Ref]
    marks: Mapping[Key, RuleMark]

    @property
    def seen(self) -> dict[str, int]:
        """The weights that it carries."""
        return {key: weight_of(ref) for key, ref in self.refs.items()}


@dataclass(frozen=True, slots=True)
class MarkedRoute:
    """A whole route. A mark whose rule is gone stands in `marks` and in no rule."""

    raw: Raw
    rules: Sequence[MarkedRule]
    marks: Mapping[Key, Mark]


def read_route(raw: Raw) -> MarkedRoute:
    """A raw route with its marks put where they belong."""
    namespace, marks = raw["metadata"]["namespace"], read_marks(raw)
    bare = [
        MarkedRule(index, rule.get("name"), refs_by_key(rule, namespace), {})
        for index, rule in enumerate(rules_of(raw))
    ]
    placed = [(find_rule(bare, one), split, one) for split, mark in marks.items() for one in mark.rules]
    rules = [
        MarkedRule(r.index, r.name, r.refs, {split: one for at, split, one in placed if at == r.index}) for r in bare
    ]
    return MarkedRoute(raw, rules, marks)


def find_rule(rules: Sequence[MarkedRule], mark: RuleMark) -> int | None:
    """The index of the rule that a mark speaks of; None when it is gone.

    A rule without a name is known by its backends, also when some of them have left it.
    """
    if mark.rule is not None:
        return _only(rules, lambda rule: rule.name == mark.rule)
    untouched = _only(rules, lambda rule: rule.seen == mark.written)
    if untouched is not None:
        return untouched
    whole = _only(rules, lambda rule: mark.asked.keys() <= rule.refs.keys())
    return whole if whole is not None else _only(rules, lambda rule: bool(mark.asked.keys() & rule.refs.keys()))


def _only(rules: Sequence[MarkedRule], fits: Callable[[MarkedRule], bool]) -> int | None:
    found = [rule.index for rule in rules if fits(rule)]
    return found[0] if len(found) == 1 else None
