"""HTTPRoute (gateway.networking.k8s.io/v1): the weights of backendRefs in one rule.

Fulfils `tidegate.core.traffic.kinds.RouteKind`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.api.trafficsplit import SplitRoute, TrafficSplitSpec
from tidegate.core.actions import Resource
from tidegate.core.traffic.kinds import Edit, Raw, Rbac
from tidegate.core.traffic.shares import Weights
from tidegate.core.world import Key, RouteView
from tidegate.routes.httproute.edit import edit
from tidegate.routes.httproute.marks import read_marks
from tidegate.routes.httproute.parents import acceptance
from tidegate.routes.httproute.place import NoPlaceError, Place, check, find_place
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
    return RouteView(
        route.name,
        problem=_problem(place, split, spec) or said.problem,
        weights=place.seen(),
        accepted=said.accepted,
        message=said.message,
        observed_generation=said.observed_generation,
    )


def _problem(place: Place, split: Key, spec: TrafficSplitSpec) -> str:
    try:
        check(place, split, spec)
    except NoPlaceError as error:
        return str(error)
    return ""


def patch_for(raw: Raw, split: Key, spec: TrafficSplitSpec) -> Edit | None:
    """See `RouteKind.patch_for`."""
    marked = read_route(raw)
    try:
        asks = _asks(marked, split, spec)
    except NoPlaceError:
        # `observe` tells it. Weights that can't be moved in one rule are not moved in another either.
        return None
    return edit(marked, split, asks)


def _asks(marked: MarkedRoute, split: Key, spec: TrafficSplitSpec) -> Mapping[int, Weights]:
    asks = {}
    for entry in spec.routes:
        if (entry.kind, entry.name) == (KIND, marked.raw["metadata"]["name"]):
            place = find_place(marked.rules, split, spec, entry)
            check(place, split, spec)
            asks[place.rule.index] = place.ask(spec)
    return asks


def restore(raw: Raw, split: Key) -> Edit | None:
    """See `RouteKind.restore`."""
    return edit(read_route(raw), split, {})


def owners(raw: Raw) -> tuple[Key, ...]:
    """See `RouteKind.owners`."""
    return tuple(read_marks(raw))
