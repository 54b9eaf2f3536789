"""How big and how much: sizes and weight that follow from the step, never from what was done before."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from tidegate.api.rollout import SetCanaryScale
from tidegate.core.rollout.scene import FULL, Scene, ready_behind


def weight_of_steps(scene: Scene) -> int:
    """The canary's weight that the steps ask for now: the last `setWeight` up to the current step, all at the end."""
    if not scene.stepping or not scene.spec.replicas:
        return 0
    if scene.steps_done:
        return FULL
    reached = scene.steps[: scene.index + 1]
    return next((step.set_weight for step in reversed(reached) if step.set_weight is not None), 0)


def pods_for(replicas: int, weight: int) -> int:
    """Pods that carry `weight` percent of a service of `replicas` pods: rounded up, as Argo Rollouts does."""
    return ceil(replicas * weight / FULL)


def canary_size_of_steps(scene: Scene) -> int:
    """The canary's size that the steps ask for now: the nearest `setCanaryScale`, else what the weight needs."""
    if scene.steps_done:
        return scene.spec.replicas
    scale = scale_in_force(scene)
    if scale is None:
        return pods_for(scene.spec.replicas, weight_of_steps(scene))
    if scale.replicas is not None:
        return scale.replicas
    return pods_for(scene.spec.replicas, scale.weight or 0)


def scale_in_force(scene: Scene) -> SetCanaryScale | None:
    """The nearest `setCanaryScale` up to the current step, unless it says that the size follows the weight again."""
    reached = scene.steps[: scene.index + 1]
    scale = next((s.set_canary_scale for s in reversed(reached) if s.set_canary_scale is not None), None)
    return None if scale is None or scale.match_traffic_weight else scale


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the traffic: pods that answer behind its Service, and the pods that its size asks for."""

    ready: int
    size: int

    @property
    def full(self) -> bool:
        return self.ready >= max(self.size, 1)


def clamp_weight(target: int, current: int, canary: Side, stable: Side) -> int:
    """The weight that the canary may have now, on its way from `current` to `target`; all in percent.

    - Nobody answers on one side: it gets nothing. Nobody answers at all: nothing is moved.
    - It rises only when the canary has all its pods. It stays while they come: those that there are carry it already.
    - When canary pods are lost, its weight falls to the share of those that are left, but not below what an even load
      over all pods gives: else the stable pods would be hurt more than the canary is.
    """
    if not canary.ready:
        return 0 if stable.ready else current
    if not stable.ready and target < current:
        return current
    if canary.full or target <= 0:
        return target
    if canary.ready >= min(canary.size, pods_for(stable.size, current)):
        return min(target, current)
    left = max(target * canary.ready // canary.size, FULL * canary.ready // (canary.ready + stable.ready))
    return min(target, current, left)


def canary_side(scene: Scene) -> Side:
    """The new version behind the canary Service; nothing as long as that Service is pinned elsewhere."""
    service = scene.canary_service
    pinned = service is not None and service.pod_hash == scene.new_hash
    ready = ready_behind(service, scene.new_name) if pinned else 0
    available = scene.new.available if scene.new else 0
    return Side(min(ready, available), canary_size_of_steps(scene))


def stable_side(scene: Scene) -> Side:
    """Whoever answers behind the stable Service: the stable version, or the new one once it was promoted."""
    service = scene.stable_service
    return Side(service.ready_endpoints if service else 0, scene.spec.replicas)


def next_weight(scene: Scene) -> int:
    """The canary's weight to ask for now."""
    target = weight_of_steps(scene)
    current = scene.asked or 0
    if not scene.stepping:
        return target if stable_side(scene).ready else current
    return clamp_weight(target, current, canary_side(scene), stable_side(scene))
