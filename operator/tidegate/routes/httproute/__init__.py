"""HTTPRoute (gateway.networking.k8s.io/v1): the weights of backendRefs in one rule, and rules for lanes ahead of it.

Fulfils `tidegate.core.traffic.kinds.RouteKind`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.api.trafficsplit import SplitRoute, TrafficSplitSpec
from tidegate.core.actions import Resource
from tidegate.core.objects import Key
from tidegate.core.traffic.kinds import Edit, Raw, Rbac
from tidegate.core.world import RouteView
from tidegate.routes.httproute.edit import edit
from tidegate.routes.httproute.lanes import Wish, lane_marks
from tidegate.routes.httproute.marks import read_marks
from tidegate.routes.httproute.parents import acceptance
from tidegate.routes.httproute.place import NoPlaceError, Place, check, check_room, find_place
from tidegate.routes.httproute.rules import MarkedRoute, read_route

KIND = "HTTPRoute"
resource = Resource.HTTPROUTES
rbac = Rbac("gateway.networking.k8s.io", "httproutes", ("list", "watch", "patch"))


def observe(raw: Raw, split: Key, spec: TrafficSplitSpec, route: SplitRoute) -> RouteView:
    """See `RouteKind.observe`."""
    marked = read_route(raw)
    try:
        place = find_place(marked.rules, split, spec, route)
    except NoPlaceError as error:
        return RouteView(route.name, problem=str(error))
    said = acceptance(raw)
    problem = _problem(marked, place, split, spec)
    lanes, strays = _seen_lanes(marked, place, split, spec) if not problem else ((), _lane_names(marked, split))
    return RouteView(
        route.name,
        problem=problem or said.problem,
        weights=place.seen(),
        lanes=lanes,
        strays=strays,
        accepted=said.accepted,
        message=said.message,
        observed_generation=said.observed_generation,
    )


def _problem(marked: MarkedRoute, place: Place, split: Key, spec: TrafficSplitSpec) -> str:
    try:
        check(place, split, spec)
        check_room(marked, split, _wishes(marked, split, spec))
    except NoPlaceError as error:
        return str(error)
    return ""


def _lane_names(marked: MarkedRoute, split: Key) -> tuple[str, ...]:
    return tuple(rule.lane for rule in marked.added_by(split))


def _seen_lanes(
    marked: MarkedRoute, place: Place, split: Key, spec: TrafficSplitSpec
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lanes that stand as they are asked for beside the weights as they stand, and those that do not."""
    numbers = list(_wishes(marked, split, spec))
    wish = place.wish(split, spec, numbers.index(place.rule.index))
    asked = {one.lane: one.rule for one in lane_marks(place.rule.raw, place.rule.refs, wish, place.rule.seen)}
    mine = [rule for rule in marked.added_by(split) if rule.mark is place.rule.marks.get(split)]
    placed = [one for rule in marked.rules for one in rule.marks.values()]
    lost = [rule for rule in marked.added_by(split) if rule.mark not in placed]
    good = [rule.lane for rule in mine if asked.get(rule.lane) == rule.raw and rule.index < place.rule.index]
    return tuple(good), tuple(rule.lane for rule in (*mine, *lost) if rule.lane not in good)


def patch_for(raw: Raw, split: Key, spec: TrafficSplitSpec) -> Edit | None:
    """See `RouteKind.patch_for`."""
    marked = read_route(raw)
    try:
        wishes = _wishes(marked, split, spec)
        check_room(marked, split, wishes)
    except NoPlaceError:
        # `observe` tells it. Weights that can't be moved in one rule are not moved in another either.
        return None
    return edit(marked, split, wishes)


def _wishes(marked: MarkedRoute, split: Key, spec: TrafficSplitSpec) -> Mapping[int, Wish]:
    """What is asked of each rule, by its index. Raises NoPlaceError."""
    wishes: dict[int, Wish] = {}
    for entry in spec.routes:
        if (entry.kind, entry.name) == (KIND, marked.raw["metadata"]["name"]):
            place = find_place(marked.rules, split, spec, entry)
            check(place, split, spec)
            index = place.rule.index
            wishes[index] = place.wish(split, spec, wishes[index].number if index in wishes else len(wishes))
    return wishes


def restore(raw: Raw, split: Key) -> Edit | None:
    """See `RouteKind.restore`."""
    return edit(read_route(raw), split, {})


def owners(raw: Raw) -> tuple[Key, ...]:
    """See `RouteKind.owners`."""
    return tuple(read_marks(raw))
