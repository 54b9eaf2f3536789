"""What traffic needs: the two Services' selectors and the TrafficSplit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.api.meta import API_VERSION
from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.core.actions import Action, Create, Merge, Resource
from tidegate.core.rollout.ownership import owner_reference
from tidegate.core.rollout.pins import pin
from tidegate.core.rollout.scene import FULL, Scene, ready_behind
from tidegate.core.rollout.targets import next_weight
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
    """The new version during a release, else the stable one; changed only while no route carries a weight for it."""
    if scene.first_release:
        return _when_full(scene, scene.new)
    target = scene.new if scene.stepping else scene.stable
    return target if scene.verified(0) else None


def _stable_target(scene: Scene) -> ReplicaSetView | None:
    """The stable version; the new one when all steps are done and all traffic was seen on the canary Service."""
    if scene.first_release:
        return _when_full(scene, scene.new)
    if promoting(scene):
        return scene.new if scene.verified(FULL) or not scene.spec.replicas else None
    return _when_full(scene, scene.stable) or (scene.stable if scene.verified(FULL) else None)


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


def write_split(scene: Scene) -> Iterable[Action]:
    """The TrafficSplit of the Rollout's name, with the weight that may be asked for now."""
    spec = _split_spec(scene, next_weight(scene))
    split = scene.world.split
    if split is None:
        # Before the first version answers the user's route is left as it is: there is nobody to send traffic to.
        if not scene.first_release or _pinned_first(scene):
            yield _create_split(scene, spec)
    elif split.spec != TrafficSplitSpec.model_validate(spec):
        yield Merge(Resource.SPLITS, split.meta, {"spec": spec})


def _pinned_first(scene: Scene) -> bool:
    service = scene.stable_service
    pinned = service is not None and service.pod_hash == scene.new_hash
    return pinned and (ready_behind(service, scene.new_name) > 0 or not scene.spec.replicas)


def _split_spec(scene: Scene, weight: int) -> dict[str, Any]:
    return {
        "routes": [
            {"kind": "HTTPRoute", "name": route.name} | ({"rule": route.rule} if route.rule else {})
            for route in scene.canary.traffic_routing.gateway_api.http_routes
        ],
        "backends": [
            {"service": scene.canary.stable_service, "weight": FULL - weight},
            {"service": scene.canary.canary_service, "weight": weight},
        ],
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
