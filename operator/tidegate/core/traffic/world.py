"""All that a decision on one TrafficSplit looks at, and what it makes of its routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tidegate.api.trafficsplit import SplitRoute, TrafficSplitSpec
from tidegate.core.objects import Key, Meta
from tidegate.core.traffic.kinds import Raw, RouteKinds
from tidegate.core.world import RouteView, ServiceView, SplitView


@dataclass(frozen=True, slots=True)
class Route:
    """A route as it was seen, with everything that its author wrote."""

    meta: Meta
    raw: Raw


@dataclass(frozen=True, slots=True)
class SplitWorld:
    """All that a decision on one TrafficSplit looks at.

    `split` is None when it is gone: then its routes are restored. So build one without a split only after all
    TrafficSplits were listed.
    """

    now: datetime
    key: Key
    split: SplitView | None
    routes: Mapping[Key, Route] = field(default_factory=dict)
    """What was found of the routes that the split names, and of those that carry its mark."""
    services: Mapping[str, ServiceView] = field(default_factory=dict)
    apply_error: str = ""
    """What the API server refused of the last plan; empty when it took it."""


def route_key(split: Key, route: SplitRoute) -> Key:
    """The route that an entry of `spec.routes` names."""
    return Key(route.kind, split.namespace, route.name)


def observe_routes(
    split: Key, spec: TrafficSplitSpec, routes: Mapping[Key, Route], kinds: RouteKinds
) -> tuple[RouteView, ...]:
    """What each entry of `spec.routes` carries, in their order. A route that isn't there is a problem."""
    return tuple(_observe(split, spec, entry, routes, kinds) for entry in spec.routes)


def _observe(
    split: Key, spec: TrafficSplitSpec, entry: SplitRoute, routes: Mapping[Key, Route], kinds: RouteKinds
) -> RouteView:
    route = routes.get(route_key(split, entry))
    if route is None:
        problem = f"not found in namespace {split.namespace}: create it, or correct the name"
        return RouteView(entry.name, problem=problem)
    return kinds[entry.kind].observe(route.raw, split, spec, entry)
