"""Has what was asked for arrived: pods that are available, and weights that the routes were seen to carry."""

from __future__ import annotations

from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Done, Outcome, Wait
from tidegate.core.rollout.targets import canary_side, canary_size_of_steps
from tidegate.core.world import ReplicaSetView


def arrived(scene: Scene, weight: int) -> Outcome:
    """Pods first, then the weight."""
    if weight == 0:
        return weight_arrived(scene, weight) or pods_arrived(scene) or Done(fleeting=True)
    return pods_arrived(scene) or endpoints_arrived(scene) or weight_arrived(scene, weight) or Done(fleeting=True)


def pods_arrived(scene: Scene) -> Wait | None:
    """None when the canary has all its pods available."""
    wanted = canary_size_of_steps(scene)
    if scene.new is not None and scene.new.available >= wanted and scene.new.size >= wanted:
        return None
    return wait_for_pods(scene.new, scene.new_name, wanted)


def wait_for_pods(replicaset: ReplicaSetView | None, name: str, wanted: int) -> Wait:
    """A wait that says how many are missing, and what the API server says when it lets none in."""
    available = replicaset.available if replicaset else 0
    failure = f": {replicaset.failure}" if replicaset and replicaset.failure else ""
    message = f"{available} of {wanted} pods of ReplicaSet {name} are available{failure}"
    return Wait("PodsNotAvailable", message, on_pods=True)


def endpoints_arrived(scene: Scene) -> Wait | None:
    """None when all of the canary's pods answer behind the canary Service."""
    side = canary_side(scene)
    if side.full:
        return None
    name = scene.canary.canary_service
    return Wait(
        "EndpointsNotReady",
        f"{side.ready} of {side.size} pods answer behind Service {name}; check its selector and the readiness probes",
        on_pods=True,
    )


def weight_arrived(scene: Scene, weight: int) -> Wait | None:
    """None when `weight` is in force on every route."""
    if scene.verified(weight):
        return None
    return Wait("WeightNotSeen", _route_message(scene, weight))


def _route_message(scene: Scene, weight: int) -> str:
    if scene.world.split and scene.world.split.spec_error:
        return f"TrafficSplit {scene.world.split.meta.name}: {scene.world.split.spec_error}"
    problems = [f"HTTPRoute {route.name}: {route.problem}" for route in scene.world.routes if route.problem]
    if problems:
        return "; ".join(problems)
    seen = "nothing" if scene.seen is None else f"{scene.seen} %"
    late = [f"; HTTPRoute {r.name}: {r.message}" for r in scene.world.routes if not r.accepted and r.message]
    service = scene.canary.canary_service
    return f"the routes carry {seen} for {service}; {weight} % is asked for and not in force yet{''.join(late)}"
