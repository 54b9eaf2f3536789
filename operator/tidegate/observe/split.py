"""What a decision on a TrafficSplit gets to see."""

from __future__ import annotations

from datetime import datetime

from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.core.objects import Key
from tidegate.core.traffic.world import Route, SplitWorld, route_key
from tidegate.core.world import ServiceView, SplitView
from tidegate.observe import kinds
from tidegate.observe.store import Store
from tidegate.observe.traffic_views import RouteBody


def observe_split(store: Store, key: Key, now: datetime) -> SplitWorld | None:
    """The world of one TrafficSplit; None when it is gone and has left nothing on any route."""
    split = store.splits.get(key.namespace, key.name)
    routes = _marked_routes(store, key)
    if split is None and not routes:
        return None
    if split and split.spec:
        routes |= named_routes(store, key, split.spec)
    return SplitWorld(
        now=now,
        key=key,
        split=split,
        routes=routes,
        services=_services(store, split),
        apply_error=store.apply_error(key),
    )


def named_routes(store: Store, split: Key, spec: TrafficSplitSpec) -> dict[Key, Route]:
    """The routes that the spec of a split names, as far as they are there."""
    keys = {route_key(split, route) for route in spec.routes}
    found = {key: store.routes.get(key.namespace, key.name) for key in keys}
    return {key: _route(body) for key, body in found.items() if body}


def _marked_routes(store: Store, split: Key) -> dict[Key, Route]:
    bodies = store.routes_marked_by(split)
    return {Key(kinds.HTTPROUTE.name, body.meta.namespace, body.meta.name): _route(body) for body in bodies}


def _route(body: RouteBody) -> Route:
    return Route(body.meta, body.raw())


def _services(store: Store, split: SplitView | None) -> dict[str, ServiceView]:
    if split is None or split.spec is None:
        return {}
    names = (backend.service for backend in split.spec.backends)
    found = {name: store.service(split.meta.namespace, name) for name in names}
    return {name: view for name, view in found.items() if view}
