"""Has what was asked for arrived: pods that are available, and weights that the routes were seen to carry."""

from __future__ import annotations

from tidegate.core.rollout.clamp import canary_side
from tidegate.core.rollout.lanes import asked_lanes, lanes_of_steps
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Done, Outcome, Wait
from tidegate.core.rollout.strategy import Routing
from tidegate.core.rollout.targets import canary_size_of_steps, enough_pods
from tidegate.core.rollout.weights import asked, managed_routes_told, unverified, verified
from tidegate.core.world import ReplicaSetView


def arrived(scene: Scene, weight: int) -> Outcome:
    """Pods first, then the weight."""
    if weight == 0:
        return weight_arrived(scene, weight) or pods_arrived(scene) or Done(fleeting=True)
    return pods_arrived(scene) or endpoints_arrived(scene) or weight_arrived(scene, weight) or Done(fleeting=True)


def pods_arrived(scene: Scene) -> Wait | None:
    """None when the canary has all its pods available."""
    wanted, enough = canary_size_of_steps(scene), enough_pods(scene)
    if scene.new is not None and scene.new.available >= enough and scene.new.size >= wanted:
        return None
    return wait_for_pods(scene.new, scene.new_name, enough)


def wait_for_pods(replicaset: ReplicaSetView | None, name: str, wanted: int) -> Wait:
    """A wait that says how many are missing, and what the API server says when it lets none in."""
    available = replicaset.available if replicaset else 0
    failure = f": {replicaset.failure}" if replicaset and replicaset.failure else ""
    message = f"{available} of {wanted} pods of ReplicaSet {name} are available{failure}"
    return Wait("PodsNotAvailable", message, on_pods=True)


def endpoints_arrived(scene: Scene) -> Wait | None:
    """None when all of the canary's pods answer behind the canary Service."""
    side, name = canary_side(scene), scene.strategy.canary_service
    if not name or side.ready >= side.size:
        return None
    return Wait(
        "EndpointsNotReady",
        f"{side.ready} of {side.size} pods answer behind Service {name}; check its selector and the readiness probes",
        on_pods=True,
    )


def route_arrived(scene: Scene) -> Outcome:
    """Pods first, then the header and mirror routes; one that is taken away waits for no pods."""
    step = scene.steps[scene.index].managed_route
    waiting = (pods_arrived(scene) or endpoints_arrived(scene)) if step is not None and step.match else None
    return waiting or lanes_arrived(scene) or Done(fleeting=True)


def lanes_arrived(scene: Scene) -> Wait | None:
    """None when every route was seen to carry the lanes that the steps ask for, and no other."""
    wanted, weight = lanes_of_steps(scene), asked(scene)
    if weight is not None and asked_lanes(scene) == wanted and verified(scene, weight):
        return None
    names = ", ".join(lane.name for lane in wanted)
    said = f"managed routes {names} are asked for" if names else "no managed route is asked for any more"
    return Wait("ManagedRouteNotSeen", f"{said} and that is not in force yet; {managed_routes_told(scene)}")


def weight_arrived(scene: Scene, weight: int) -> Wait | None:
    """None when `weight` is in force on every route."""
    if verified(scene, weight):
        return None
    if scene.strategy.routing is Routing.PODS:
        return Wait("PodsNotAvailable", unverified(scene, weight), on_pods=True)
    return Wait("WeightNotSeen", unverified(scene, weight))
