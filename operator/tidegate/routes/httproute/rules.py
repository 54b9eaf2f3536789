"""A route as it was seen: its rules, each with the marks of the splits that divide it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tidegate.core.objects import Key
from tidegate.core.traffic.kinds import Raw
from tidegate.routes.httproute.backends import Ref, Rule, refs_by_key, rules_of, weight_of
from tidegate.routes.httproute.marks import Mark, RuleMark, read_marks


@dataclass(frozen=True, slots=True)
class MarkedRule:
    """One rule; `refs` are its backendRefs in order, by key."""

    index: int
    name: str | None
    refs: Mapping[str, Ref]
    marks: Mapping[Key, RuleMark]
    raw: Rule = field(default_factory=dict)

    @property
    def seen(self) -> dict[str, int]:
        """The weights that it carries."""
        return {key: weight_of(ref) for key, ref in self.refs.items()}


@dataclass(frozen=True, slots=True)
class AddedRule:
    """A rule that a split added, as it now stands at `index`."""

    index: int
    split: Key
    mark: RuleMark
    """That of the rule which it stands ahead of."""
    lane: str
    raw: Rule


@dataclass(frozen=True, slots=True)
class MarkedRoute:
    """A whole route: the author's rules, and those that splits added. A mark whose rule is gone is in no rule."""

    raw: Raw
    rules: Sequence[MarkedRule]
    marks: Mapping[Key, Mark]
    added: Sequence[AddedRule] = ()

    def added_by(self, split: Key) -> tuple[AddedRule, ...]:
        """The rules that this split added, in order."""
        return tuple(rule for rule in self.added if rule.split == split)


def read_route(raw: Raw) -> MarkedRoute:
    """A raw route with its marks put where they belong."""
    namespace, marks = raw["metadata"]["namespace"], read_marks(raw)
    added = _added(rules_of(raw), marks)
    others = {rule.index for rule in added}
    bare = [
        MarkedRule(index, rule.get("name"), refs_by_key(rule, namespace), {}, rule)
        for index, rule in enumerate(rules_of(raw))
        if index not in others
    ]
    placed = [(find_rule(bare, one), split, one) for split, mark in marks.items() for one in mark.rules]
    rules = [replace(rule, marks={split: one for at, split, one in placed if at == rule.index}) for rule in bare]
    return MarkedRoute(raw, rules, marks, added)


def _added(rules: Sequence[Rule], marks: Mapping[Key, Mark]) -> tuple[AddedRule, ...]:
    """The rules that splits added: known by all that was written, or by their name when somebody changed them."""
    found: dict[int, AddedRule] = {}
    for split, mark in marks.items():
        for one in mark.rules:
            for lane in one.lanes:
                alike = [i for i, rule in enumerate(rules) if rule == lane.rule]
                named = [i for i, rule in enumerate(rules) if rule.get("name") == lane.rule["name"]]
                for index in [i for i in alike + named if i not in found][:1]:
                    found[index] = AddedRule(index, split, one, lane.lane, rules[index])
    return tuple(found[index] for index in sorted(found))


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
