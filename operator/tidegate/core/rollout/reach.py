"""How much traffic may reach a version: what the Services lead to and the routes carry, as it was seen."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from tidegate.core.rollout.clamp import canary_side
from tidegate.core.rollout.lanes import asked_lanes
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.strategy import Routing
from tidegate.core.rollout.targets import pods_for, scale_in_force
from tidegate.core.rollout.weights import asked, verified
from tidegate.core.world import ReplicaSetView, ServiceView


def traffic_left(scene: Scene, rs: ReplicaSetView | None) -> bool:
    """Nothing leads to this version: seen, not hoped for. A Service that can't be read may lead anywhere."""
    return rs is None or not pods_in_use(scene, rs)


def pods_in_use(scene: Scene, rs: ReplicaSetView) -> int:
    """How many pods of a version must stay for the traffic that may reach it: it is never made smaller than this.

    Whatever the steps say by now: somebody may have changed them, or the template, at any moment.
    """
    if scene.strategy.routing is Routing.PODS:
        # How many must stay is `counting`'s to say; the last one, until no Service leads to it alone.
        named = [scene.world.services.get(name) for name in scene.strategy.services]
        left = [service for service in scene.world.left if service.pod_hash]
        return int(any(_leads_to(service, rs) for service in (*named, *left)))
    canary, stable = _canary_share(scene, rs), _stable_share(scene, rs)
    if rs is scene.stable and gives_up_pods(scene):
        return stable_pods(scene, scene.full - min(scene.full, canary + stable))
    # Whoever a header or mirror route leads here must meet somebody, at weight 0 too.
    laned = int(bool(asked_lanes(scene)) and _leads_to(scene.canary_service, rs))
    if rs.pod_hash == scene.new_hash and scene.stepping and scale_in_force(scene) is not None:
        # The author of the steps said how many pods are to carry the weight; but not that nobody is.
        return max(min(canary, 1), laned, pods_for(scene.spec.replicas, stable, scene.full))
    return max(laned, pods_for(scene.spec.replicas, min(scene.full, canary + stable), scene.full))


def gives_up_pods(scene: Scene) -> bool:
    """The stable version becomes smaller as the new one takes over its traffic."""
    return scene.stepping and scene.strategy.shrinks_stable


def stable_pods(scene: Scene, taken_over: int) -> int:
    """The pods that a stable version which gives up pods needs, when the new one has `taken_over` of the weight.

    A weight is a whole number. In percent: one new pod of six carries 16 %; the 84 % that are left would need all six
    old pods, and where `maxSurge` leaves no room for a second new pod, neither side could ever move. So one goes for
    each new pod that has all the weight it can have: the old ones carry less than one percent of the traffic more.
    """
    replicas = scene.spec.replicas
    # The most pods of which a whole percent of the traffic, rounded down, is no more than this.
    used_up = min(canary_side(scene).ready, ceil(Fraction(replicas * (taken_over + 1), scene.full)) - 1)
    return max(min(pods_for(replicas, scene.full - taken_over, scene.full), replicas - used_up), 0)


def _canary_share(scene: Scene, rs: ReplicaSetView) -> int:
    """The greatest part of the traffic that may reach the version through the canary Service."""
    if not _leads_to(scene.canary_service, rs):
        return 0
    if scene.strategy.routing is Routing.SERVICE:
        # A preview has no users, but those that another strategy sends there by weight, until its split is gone.
        return scene.full if scene.own_split is not None else 0
    return in_force if (in_force := _in_force(scene)) is not None else scene.full


def _stable_share(scene: Scene, rs: ReplicaSetView) -> int:
    """The same for the stable Service."""
    if not _leads_to(scene.stable_service, rs):
        return 0
    return scene.full if scene.strategy.routing is Routing.SERVICE else scene.full - (_in_force(scene) or 0)


def _in_force(scene: Scene) -> int | None:
    """The canary's weight that every gateway was seen to do; None while it may still do another."""
    weight = asked(scene)
    return weight if weight is not None and verified(scene, weight) else None


def _leads_to(service: ServiceView | None, rs: ReplicaSetView) -> bool:
    """Pinned to the version, or not pinned at all, or its endpoints were not seen to be others yet.

    No endpoints at all are none that were seen: the version may be among those that are on their way to us.
    """
    if service is None or service.pod_hash in ("", rs.pod_hash):
        return True
    return not service.ready_endpoints or service.ready.get(rs.meta.name, 0) > 0
