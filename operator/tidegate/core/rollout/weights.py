"""The canary's weight: what is asked for, what was seen, and whether what was asked for is in force."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from tidegate.core.rollout import counting
from tidegate.core.rollout.revision import replicaset_name
from tidegate.core.rollout.scene import FULL, Scene
from tidegate.core.rollout.strategy import Routing
from tidegate.core.rollout.targets import weight_of_steps
from tidegate.core.world import RouteView, ServiceView, SplitView


def asked(scene: Scene) -> int | None:
    """The weight that is asked for, of `scene.full`; None while nothing is."""
    match scene.strategy.routing:
        case Routing.ROUTES:
            return _asked_of(scene.world.split, scene) if scene.world.split else None
        case Routing.SERVICE:
            service = scene.stable_service
            return None if service is None else FULL * (scene.releasing and service.pod_hash == scene.new_hash)
        case Routing.PODS:
            return weight_of_steps(scene)


def seen(scene: Scene) -> int | None:
    """The greatest part of the traffic that was seen to reach the new version; None when nothing can be told."""
    match scene.strategy.routing:
        case Routing.ROUTES:
            shares = [route.share(scene.strategy.canary_service) for route in scene.world.routes]
            known = [share for share in shares if share is not None]
            return round(max(known) * scene.full / 100) if known else None
        case Routing.SERVICE:
            return _seen_behind(scene, scene.stable_service)
        case Routing.PODS:
            return _share(scene.new.available if scene.new else 0, _all_available(scene)) if scene.releasing else 0


def _asked_of(split: SplitView, scene: Scene) -> int | None:
    """In the unit of today: somebody may have changed `maxTrafficWeight` since it was written."""
    total = sum(backend.weight for backend in split.spec.backends) if split.spec else 0
    weight = split.weight(scene.strategy.canary_service)
    return ceil(Fraction(weight * scene.full, total)) if weight and total else weight


def _seen_behind(scene: Scene, service: ServiceView | None) -> int | None:
    if service is None:
        return None
    if not scene.releasing:
        return 0
    if not service.ready_endpoints:
        return FULL * (service.pod_hash == scene.new_hash)
    return _share(service.ready.get(scene.new_name, 0), service.ready_endpoints)


def _all_available(scene: Scene) -> int:
    return sum(rs.available for rs in scene.world.replicasets)


def _share(part: int, whole: int) -> int:
    return round(FULL * part / whole) if whole else 0


def verified(scene: Scene, weight: int) -> bool:
    """Whether `weight` was asked for and is in force: as every gateway, the endpoints, or the pods were seen."""
    match scene.strategy.routing:
        case Routing.ROUTES:
            return _verified_on_routes(scene, weight)
        case Routing.SERVICE:
            return _leads_only_to(scene.stable_service, scene, _version_of(scene, weight))
        case Routing.PODS:
            return counting.settled(scene)


def _verified_on_routes(scene: Scene, weight: int) -> bool:
    """Every parent of every route has taken it over."""
    routes = scene.world.routes
    return (
        asked(scene) == weight
        and len(routes) == len(scene.strategy.routes)
        and all(r.accepted and not r.problem and _carries(scene, r, weight) for r in routes)
    )


def _carries(scene: Scene, route: RouteView, weight: int) -> bool:
    share = route.share(scene.strategy.canary_service)
    return share is not None and abs(share - 100 * weight / scene.full) < 1e-6 and _carries_lanes(scene, route)


def _carries_lanes(scene: Scene, route: RouteView) -> bool:
    """Header and mirror routes as they are asked for, and no other: one that is left over may lead anywhere."""
    spec = scene.world.split.spec if scene.world.split else None
    return not route.strays and route.lanes == tuple(lane.name for lane in (spec.lanes if spec else ()))


def _version_of(scene: Scene, weight: int) -> str:
    """The version that has all the traffic at this weight; there is no other weight for a Service."""
    return scene.new_hash if weight or scene.first_release else scene.status.stable_rs


def _leads_only_to(service: ServiceView | None, scene: Scene, pod_hash: str) -> bool:
    if service is None or service.pod_hash != pod_hash:
        return False
    name = replicaset_name(scene.world.rollout.meta.name, pod_hash)
    return service.ready.get(name, 0) == service.ready_endpoints


def percent(scene: Scene, weight: int) -> str:
    """A weight for people, without the sign: 20, or 0.5 where `maxTrafficWeight` allows for that."""
    return f"{round(100 * weight / scene.full, 4):g}"


def unverified(scene: Scene, weight: int) -> str:
    """In words: how far the weight is."""
    match scene.strategy.routing:
        case Routing.ROUTES:
            return _of_routes(scene, weight)
        case Routing.SERVICE:
            return f"Service {scene.strategy.stable_service} does not lead to {_version_of(scene, weight)} alone yet"
        case Routing.PODS:
            return counting.unsettled(scene)


def _of_routes(scene: Scene, weight: int) -> str:
    if scene.world.split and scene.world.split.spec_error:
        return f"TrafficSplit {scene.world.split.meta.name}: {scene.world.split.spec_error}"
    problems = [f"HTTPRoute {route.name}: {route.problem}" for route in scene.world.routes if route.problem]
    if problems:
        return "; ".join(problems)
    carried = seen(scene)
    told = "nothing" if carried is None else f"{percent(scene, carried)} %"
    late = [f"; HTTPRoute {r.name}: {r.message}" for r in scene.world.routes if not r.accepted and r.message]
    service = scene.strategy.canary_service
    lanes = [f"; {_managed(route)}" for route in scene.world.routes if not _carries_lanes(scene, route)]
    told_late, asked_for = "".join((*lanes, *late)), percent(scene, weight)
    return f"the routes carry {told} for {service}; {asked_for} % is asked for and not in force yet{told_late}"


def _managed(route: RouteView) -> str:
    names = ", ".join((*route.lanes, *route.strays))
    return f"HTTPRoute {route.name} carries " + (f"managed routes {names}" if names else "no managed route")


def managed_routes_told(scene: Scene) -> str:
    """In words: what the routes carry of header and mirror routes, and who has not taken it over."""
    return "; ".join(r.problem or r.message or _managed(r) for r in scene.world.routes) or "no route was seen yet"
