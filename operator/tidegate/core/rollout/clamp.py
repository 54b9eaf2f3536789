"""How much traffic the new version may have now, on its way to what the steps ask for."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.core.rollout.scene import FULL, Scene, ready_behind
from tidegate.core.rollout.targets import enough_pods, pods_for, weight_of_steps
from tidegate.core.rollout.weights import asked


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the traffic: pods that answer behind its Service, and the pods that its size asks for."""

    ready: int
    size: int

    @property
    def full(self) -> bool:
        return self.ready >= max(self.size, 1)


def clamp_weight(target: int, current: int, canary: Side, stable: Side, full: int = FULL) -> int:
    """The weight that the canary may have now, on its way from `current` to `target`; all are parts of `full`.

    - Nobody answers on one side: it gets nothing. Nobody answers at all: nothing is moved.
    - It rises only when the canary has all its pods. It stays while they come: those that there are carry it already.
    - When canary pods are lost, its weight falls to the share of those that are left, but not below what an even load
      over all pods gives: else the stable pods would be hurt more than the canary is.
    """
    if not canary.ready:
        return 0 if stable.ready else current
    if not stable.ready and target < current:
        return current
    if canary.full:
        return target
    if canary.ready >= min(canary.size, pods_for(stable.size, current, full)):
        return min(target, current)
    left = max(target * canary.ready // canary.size, full * canary.ready // (canary.ready + stable.ready))
    return min(target, current, left)


def clamp_shared(target: int, current: int, canary: Side, stable: Side, *, bounded: bool, full: int = FULL) -> int:
    """The same where the stable version gives up pods: neither side gets more than its ready pods carry.

    `stable.size` is the size of the whole service. With a bound on the total (`maxSurge`) the weight follows the
    canary's pods one by one: it is what lets the stable version make room for the next.
    """
    if not canary.ready:
        return 0 if stable.ready else current
    carried = full * canary.ready // max(stable.size, 1)
    highest = target if canary.full else max(min(current, carried), carried if bounded else 0)
    lowest = full - min(full, full * stable.ready // max(stable.size, 1))
    if target < current:
        return max(target, min(current, lowest))
    return max(min(target, highest), min(current, lowest))


def canary_side(scene: Scene) -> Side:
    """The new version behind the canary Service; nothing as long as that Service is pinned elsewhere."""
    service = scene.canary_service
    pinned = service is not None and service.pod_hash == scene.new_hash
    ready = ready_behind(service, scene.new_name) if pinned else 0
    available = scene.new.available if scene.new else 0
    return Side(min(ready, available), enough_pods(scene))


def stable_side(scene: Scene) -> Side:
    """Whoever answers behind the stable Service: the stable version, or the new one once it was promoted."""
    service = scene.stable_service
    return Side(service.ready_endpoints if service else 0, scene.spec.replicas)


def next_weight(scene: Scene) -> int:
    """The canary's weight to ask for now."""
    target, current = weight_of_steps(scene), asked(scene) or 0
    if scene.stepping and scene.steps_done and scene.strategy.lingers:
        target = current
    canary, stable = canary_side(scene), stable_side(scene)
    if scene.strategy.shrinks_stable and scene.releasing:
        bounded = scene.strategy.max_surge is not None
        return clamp_shared(target, current, canary, stable, bounded=bounded, full=scene.full)
    if not scene.stepping:
        return target if stable.ready else current
    return clamp_weight(target, current, canary, stable, scene.full)
