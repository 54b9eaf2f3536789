"""What traffic needs: the selectors of the Services, and the TrafficSplit where there are routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.api.meta import API_VERSION
from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.core.actions import Action, Create, Delete, Merge, Resource
from tidegate.core.rollout.clamp import next_weight
from tidegate.core.rollout.lanes import Lanes, asked_lanes, left_canary, next_lanes
from tidegate.core.rollout.ownership import owner_reference
from tidegate.core.rollout.pins import pin
from tidegate.core.rollout.scene import Scene, ready_behind
from tidegate.core.rollout.strategy import Routing
from tidegate.core.rollout.targets import enough_pods, weight_of_steps
from tidegate.core.rollout.weights import verified
from tidegate.core.world import MANAGED, ReplicaSetView, ServiceView


def pin_services(scene: Scene) -> Iterable[Action]:
    """Point each Service to its version, each at a moment when no request can be lost by it."""
    for service, target in (
        (scene.canary_service, _canary_target(scene)),
        (scene.stable_service, _stable_target(scene)),
    ):
        if service is not None and target is not None:
            yield from pin(service, scene.world.rollout.meta.name, target.pod_hash)


def _canary_target(scene: Scene) -> ReplicaSetView | None:
    """The new version during a release, else the stable one; changed only while no user is sent there."""
    if scene.first_release:
        return _when_full(scene, scene.new)
    target = scene.new if scene.stepping else scene.stable
    if scene.strategy.routing is Routing.ROUTES:
        return target if left_canary(scene) else None
    # Not before its pods answer: whoever looks at the preview would meet nobody.
    return target if target is not None and target.available >= _first_look(scene) else None


def _first_look(scene: Scene) -> int:
    return max(1, enough_pods(scene)) if scene.stepping and scene.spec.replicas else 0


def _stable_target(scene: Scene) -> ReplicaSetView | None:
    """The stable version; the new one when it is to have all users, and nobody can be lost by it."""
    if scene.first_release:
        return _when_full(scene, scene.new)
    if scene.strategy.routing is Routing.SERVICE:
        return _active_target(scene)
    if promoting(scene):
        return _promoted_target(scene)
    stable = scene.stable
    if scene.strategy.routing is Routing.PODS:
        return stable if stable is not None and stable.available else None
    return _when_full(scene, stable) or (stable if _on_canary(scene) else None)


def _promoted_target(scene: Scene) -> ReplicaSetView | None:
    if scene.strategy.routing is Routing.PODS or scene.strategy.lingers:
        return _when_full(scene, scene.new)
    return scene.new if not scene.spec.replicas or (_on_canary(scene) and not takes_turns(scene)) else None


def takes_turns(scene: Scene) -> bool:
    """The traffic stays on the Service that it has come to. Without pods there is none, on either."""
    return scene.strategy.stable_ping_pong is not None and scene.spec.replicas > 0


def _on_canary(scene: Scene) -> bool:
    """Everybody is sent to the canary Service, and the weight of this same pass leaves it so."""
    return verified(scene, scene.full) and next_weight(scene) == scene.full


def _active_target(scene: Scene) -> ReplicaSetView | None:
    """All users at once. Back to the version that works goes first of all, as long as it answers at all."""
    if promoting(scene) or weight_of_steps(scene) == scene.full:
        return _when_full(scene, scene.new)
    stable = scene.stable
    answers = stable is not None and (stable.available or not (scene.new and scene.new.available))
    return stable if answers else None


def promoting(scene: Scene) -> bool:
    """All steps are done: the new version is about to be the stable one."""
    return scene.stepping and scene.steps_done


def _when_full(scene: Scene, replicaset: ReplicaSetView | None) -> ReplicaSetView | None:
    """A Service under traffic is only moved to a version that has all its pods."""
    full = replicaset is not None and replicaset.available >= scene.spec.replicas
    return replicaset if full else None


def pinned_to_new(scene: Scene, service: ServiceView | None) -> bool:
    """The Service leads to the new version, and its endpoints were seen to be that version's alone."""
    if service is None or service.pod_hash != scene.new_hash:
        return False
    mine = service.ready.get(scene.new_name, 0)
    return mine == service.ready_endpoints and mine >= scene.spec.replicas


def divide(scene: Scene) -> Iterable[Action]:
    """The TrafficSplit of the Rollout's name, with the weight that may be asked for now; none without routes."""
    return _write_split(scene) if scene.strategy.routing is Routing.ROUTES else _drop_split(scene)


def _drop_split(scene: Scene) -> Iterable[Action]:
    """The strategy has no routes any more: they are given back once the stable version can carry all of it."""
    split, stable = scene.own_split, scene.stable
    if split is not None and stable is not None and stable.available >= scene.spec.replicas:
        yield Delete(Resource.SPLITS, split.meta)


def _write_split(scene: Scene) -> Iterable[Action]:
    spec = _split_spec(scene, next_weight(scene), next_lanes(scene))
    split = scene.world.split
    if split is None:
        # Before the first version answers the user's route is left as it is: there is nobody to send traffic to.
        if not scene.first_release or _pinned_first(scene):
            yield _create_split(scene, spec)
    elif split.spec != TrafficSplitSpec.model_validate(spec):
        # A merge patch takes away only what it names.
        gone = {"lanes": None} if asked_lanes(scene) and "lanes" not in spec else {}
        yield Merge(Resource.SPLITS, split.meta, {"spec": spec | gone})


def _pinned_first(scene: Scene) -> bool:
    service = scene.stable_service
    pinned = service is not None and service.pod_hash == scene.new_hash
    return pinned and (ready_behind(service, scene.new_name) > 0 or not scene.spec.replicas)


def _split_spec(scene: Scene, weight: int, lanes: Lanes) -> dict[str, Any]:
    written = [lane.model_dump(mode="json", exclude_none=True) for lane in lanes]
    weights = {scene.strategy.stable_service: scene.full - weight, scene.strategy.canary_service: weight}
    return ({"lanes": written} if written else {}) | {
        "routes": [
            {"kind": "HTTPRoute", "name": route.name} | ({"rule": route.rule} if route.rule else {})
            for route in scene.strategy.routes
        ],
        "backends": [{"service": service, "weight": weights[service]} for service in scene.strategy.backends],
    }


def _create_split(scene: Scene, spec: dict[str, Any]) -> Create:
    rollout = scene.world.rollout.meta
    body = {
        "apiVersion": API_VERSION,
        "kind": "TrafficSplit",
        "metadata": {
            "name": rollout.name,
            "namespace": rollout.namespace,
            # By this the split is known as ours when it was orphaned: one that a user wrote has no such label.
            "labels": MANAGED,
            "ownerReferences": [owner_reference(rollout)],
        },
        "spec": spec,
    }
    return Create(Resource.SPLITS, rollout.namespace, rollout.name, body, rollout.uid)
