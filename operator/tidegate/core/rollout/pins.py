"""The pins: a Service's selector leads to one version, and says so by the name of the Rollout that did it.

A pin that outlives its Rollout would keep the Service without endpoints for whatever comes in its place, such as a
Deployment. By the mark it is found again, also by an operator that was down when the Rollout went.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.core.actions import Merge, Plan, Resource
from tidegate.core.rollout import counting
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.strategy import Routing
from tidegate.core.world import HASH_LABEL, PINNED_BY, ReplicaSetView, ServiceView


@dataclass(frozen=True, slots=True)
class PinnedService:
    """A Service whose Rollout is gone, and the ReplicaSet that it leads to; None when that is gone too."""

    service: ServiceView
    target: ReplicaSetView | None


def pin(service: ServiceView, rollout: str, pod_hash: str) -> Iterable[Merge]:
    """Lead a Service to one version; nothing when it does already."""
    if (service.pod_hash, service.pinned_by) != (pod_hash, rollout):
        yield _write(service, rollout, pod_hash)


def unpin_left(scene: Scene) -> Iterable[Merge]:
    """Give back the Services that the Rollout names no longer, once it is right that they lead to all pods."""
    return [release(service) for service in scene.world.left] if _may_lead_to_all(scene) else []


def _may_lead_to_all(scene: Scene) -> bool:
    """There is but one version; or there is no router any more, and no version has more pods than its share.

    Without the latter, a release that goes on without its router would get no traffic to be judged by before its end.
    """
    if scene.strategy.routing is Routing.PODS:
        return scene.own_split is None and within_shares(scene)
    return not scene.releasing and not any(rs.size for rs in scene.others)


def within_shares(scene: Scene) -> bool:
    """Whether no version but the stable one has more pods than the steps ask for.

    The last pod that a pin leads to can't go before the pin does.
    """
    sizes, others = counting.wanted(scene), (rs for rs in scene.world.replicasets if rs is not scene.stable)
    led_to = {service.pod_hash for service in scene.world.left}
    return all(rs.replicas <= max(sizes[rs.pod_hash], rs.pod_hash in led_to) for rs in others)


def give_back(pinned: Iterable[PinnedService]) -> Plan:
    """What a Rollout that is gone leaves to do. Pods that were orphaned go on serving, behind their pin."""
    return Plan(tuple(release(entry.service) for entry in pinned if entry.target is None))


def release(service: ServiceView) -> Merge:
    """Let a Service lead to whatever its own selector finds."""
    return _write(service, None, None)


def _write(service: ServiceView, rollout: str | None, pod_hash: str | None) -> Merge:
    patch = {
        "metadata": {"annotations": {PINNED_BY: rollout}},
        "spec": {"selector": {HASH_LABEL: pod_hash}},
    }
    return Merge(Resource.SERVICES, service.meta, patch)
