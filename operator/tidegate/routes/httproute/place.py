"""Which rule of a route a split means, which of its backendRefs, and whether they can be divided as asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidegate.api.meta import MOST_WEIGHT
from tidegate.api.trafficsplit import Backend, SplitRoute, TrafficSplitSpec
from tidegate.core.objects import Key
from tidegate.core.traffic.shares import Weights
from tidegate.routes.httproute.backends import keys_of
from tidegate.routes.httproute.baseline import baseline, composed, effective
from tidegate.routes.httproute.lanes import ANY_PATH, LaneError, Wish, lane_marks
from tidegate.routes.httproute.parents import controllers
from tidegate.routes.httproute.rules import MarkedRoute, MarkedRule

MAX_RULES = 16
FULL = 100
CONTOUR = "projectcontour.io/"


class NoPlaceError(ValueError):
    """Why a split can't be written into a route, with the remedy, in words for the route's author."""


@dataclass(frozen=True, slots=True)
class Place:
    """The rule that one entry of `spec.routes` means; `keys` are those of its backendRefs by Service."""

    rule: MarkedRule
    keys: Mapping[str, str]

    def seen(self) -> dict[str, int]:
        """The weights that the rule carries for the split, by Service."""
        return {service: self.rule.seen[key] for service, key in self.keys.items()}

    def wish(self, split: Key, spec: TrafficSplitSpec, number: int = 0) -> Wish:
        """Weights and lanes that are asked for; `number` is the rule's among those that the split divides."""
        return Wish(split.name, self.ask(spec), self.keys, spec.lanes, number)

    def ask(self, spec: TrafficSplitSpec) -> Weights:
        """The weights that are asked for, by key."""
        return {self.keys[backend.service]: backend.weight for backend in spec.backends}


def find_place(rules: Sequence[MarkedRule], split: Key, spec: TrafficSplitSpec, entry: SplitRoute) -> Place:
    """The rule that is meant: by its name, else the one that names all backends. Raises NoPlaceError."""
    rule = _named(rules, entry.rule) if entry.rule else _naming_all(rules, split, spec.backends)
    return Place(rule, {backend.service: _only_key(rule, backend) for backend in spec.backends})


def check(place: Place, split: Key, spec: TrafficSplitSpec) -> None:
    """Raises NoPlaceError when the rule can't be divided as `spec` asks."""
    title, ask = _title(place.rule), place.ask(spec)
    for other, mark in place.rule.marks.items():
        taken = sorted(mark.asked.keys() & ask.keys())
        if other != split and taken:
            raise NoPlaceError(
                f"{title} already has {_services(taken)} divided by TrafficSplit {other.name}: "
                "a Service of a rule can belong to one TrafficSplit only, remove it from one of them"
            )
    original = effective(baseline(place.rule).original)
    if not any(original[key] for key in ask):
        raise NoPlaceError(
            f"{title} gives {_services(place.keys)} no weight: "
            f"give Service {spec.backends[0].service} a weight greater than 0"
        )
    if composed(place.rule, split, ask) is None:
        raise NoPlaceError(
            f"{title} can't be divided {' to '.join(str(weight) for weight in ask.values())} beside "
            f"its other backends in whole numbers up to {MOST_WEIGHT}: write smaller weights in the rule"
        )
    try:
        lane_marks(place.rule.raw, place.rule.refs, place.wish(split, spec), place.rule.seen)
    except LaneError as error:
        raise NoPlaceError(f"{title} {error}") from error


def check_room(route: MarkedRoute, split: Key, wishes: Mapping[int, Wish]) -> None:
    """Raises NoPlaceError when the route can't hold the lanes beside all that it holds."""
    rules = len(route.rules) + len(route.added) - len(route.added_by(split))
    added = sum(len(wish.lanes) for wish in wishes.values())
    if added and rules + added > MAX_RULES:
        raise NoPlaceError(
            f"it has {rules} rules and would get {added} for header and mirror routes, a route has {MAX_RULES} at "
            "most: move some rules to a route of their own"
        )
    if any(CONTOUR in controller for controller in controllers(route.raw)):
        _check_contour(route, wishes)


def _check_contour(route: MarkedRoute, wishes: Mapping[int, Wish]) -> None:
    """What Contour can't do: it copies all or nothing, and drops a rule that matches exactly what another does."""
    for rule in route.rules:
        wish = wishes.get(rule.index)
        theirs = rule.raw.get("matches") or [{"path": ANY_PATH}]
        for lane in lane_marks(rule.raw, rule.refs, wish, rule.seen) if wish else ():
            if any(match in theirs for match in lane.rule["matches"]):
                raise NoPlaceError(
                    f"Contour drops the rule of {lane.lane}, which matches exactly what {_title(rule)} does: "
                    "give its match a method, a header or a longer path"
                )
        for asked in wish.lanes if wish else ():
            if asked.mirror is not None and asked.mirror.percent < FULL:
                raise NoPlaceError(
                    f"Contour copies every request whatever the percentage says (mirror route {asked.name}): "
                    "leave percentage out, or write a narrower match"
                )


def _named(rules: Sequence[MarkedRule], name: str) -> MarkedRule:
    found = [rule for rule in rules if rule.name == name]
    if len(found) != 1:
        raise NoPlaceError(
            f'{len(found) or "no"} rules are named "{name}" (the rules are: {_titles(rules)}): '
            "give the rule that is meant this name, and no other"
        )
    return found[0]


def _naming_all(rules: Sequence[MarkedRule], split: Key, backends: Sequence[Backend]) -> MarkedRule:
    found = [rule for rule in rules if all(keys_of(backend, rule.refs) for backend in backends)]
    if len(found) > 1:
        # A second such rule that appears in mid-release must not keep us from taking traffic back in the first.
        found = [rule for rule in found if split in rule.marks] or found
    wanted = " and ".join(_service(backend) for backend in backends)
    if not found:
        raise NoPlaceError(
            f"no rule names {wanted} together (the rules are: {_titles(rules)}): "
            "add the missing one to the backendRefs of the rule that is meant, with weight 0"
        )
    if len(found) > 1:
        raise NoPlaceError(
            f"{_titles(found)} each name {wanted}: give the rule that is meant a name, "
            "and write this name as `rule` beside the route's name"
        )
    return found[0]


def _only_key(rule: MarkedRule, backend: Backend) -> str:
    keys = keys_of(backend, rule.refs)
    if not keys:
        raise NoPlaceError(
            f"{_title(rule)} does not name {_service(backend)}: add it to the rule's backendRefs with weight 0"
        )
    if len(keys) > 1:
        raise NoPlaceError(
            f"{_title(rule)} names {_service(backend)} {len(keys)} times: keep one backendRef of it, "
            "or say which one is meant by the backend's port"
        )
    return keys[0]


def _title(rule: MarkedRule) -> str:
    return f'rule "{rule.name}"' if rule.name else f"spec.rules[{rule.index}]"


def _titles(rules: Sequence[MarkedRule]) -> str:
    return ", ".join(_title(rule) for rule in rules) or "none"


def _service(backend: Backend) -> str:
    return f"Service {backend.service}" + (f" on port {backend.port}" if backend.port else "")


def _services(names: Mapping[str, str] | Sequence[str]) -> str:
    return "Services " * (len(names) > 1) + "Service " * (len(names) == 1) + " and ".join(names)
