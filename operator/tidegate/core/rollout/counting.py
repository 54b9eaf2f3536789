"""A canary without a router: the share of the pods is the share of the traffic, within maxSurge and maxUnavailable.

New pods come first, as many as `maxSurge` lets in; old ones go as the new ones become available, so that never more
than `maxUnavailable` are missing. Pods that do not answer anyway go first, and cost nothing.
"""

from __future__ import annotations

from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.targets import (
    canary_size_of_steps,
    divide,
    scale_in_force,
    surge,
    unavailable,
    weight_of_steps,
)
from tidegate.core.world import ReplicaSetView


def wanted(scene: Scene) -> dict[str, int]:
    """The sizes that the steps ask for now, by pod template hash."""
    if scene.releasing and scene.stable is not None and scene.own_split is not None:
        # Another strategy divided the traffic by weights, and for those each version has its pods.
        there = {scene.new_hash: 0} | {rs.pod_hash: rs.size for rs in scene.world.replicasets}
        return there | {scene.stable.pod_hash: scene.spec.replicas}
    sizes = {rs.pod_hash: 0 for rs in scene.others}
    if scene.status.stable_rs:
        # Also when somebody deleted its ReplicaSet: it comes again with all its pods.
        sizes[scene.status.stable_rs] = _stable_wanted(scene)
    if scene.releasing or scene.first_release:
        sizes[scene.new_hash] = _new_wanted(scene)
    return sizes


def _new_wanted(scene: Scene) -> int:
    if scene.first_release:
        return scene.spec.replicas
    return canary_size_of_steps(scene) if scene.stepping else 0


def _stable_wanted(scene: Scene) -> int:
    replicas = scene.spec.replicas
    if not scene.stepping or _pinned(scene):
        return replicas
    if not scene.steps_done and scale_in_force(scene) is not None:
        # Its author sized the canary apart from its weight: workers of a queue, that nobody sends traffic to.
        given_up = canary_size_of_steps(scene) if scene.strategy.dynamic_stable_scale else 0
        return max(0, replicas - given_up)
    return divide(replicas, weight_of_steps(scene), surge(scene))[1]


def _pinned(scene: Scene) -> bool:
    """A Service that another strategy has named leads to one version alone, whatever the pods of the others are."""
    return any(service.pod_hash for service in scene.world.left)


def sizes(scene: Scene) -> dict[str, int]:
    """The sizes on the way there that keep to both bounds now."""
    target = wanted(scene)
    now = {scene.new_hash: 0} | {rs.pod_hash: rs.size for rs in scene.world.replicasets}
    return _grown(scene, now, target) | _shrunk(scene, target)


def _grown(scene: Scene, now: dict[str, int], target: dict[str, int]) -> dict[str, int]:
    room = max(scene.spec.replicas + surge(scene), sum(target.values())) - sum(now.values())
    sizes = {}
    for pod_hash in sorted(now, key=lambda name: name != scene.status.stable_rs):
        # The version that works comes first: it is what a release is taken back to.
        more = min(max(0, target[pod_hash] - now[pod_hash]), max(0, room))
        room -= more
        sizes[pod_hash] = now[pod_hash] + more
    return sizes


def _shrunk(scene: Scene, target: dict[str, int]) -> dict[str, int]:
    # The last pod that answers stays where another may come beside it, whatever maxUnavailable lets go.
    kept = max(scene.spec.replicas - unavailable(scene), min(surge(scene), scene.spec.replicas, 1))
    spare = sum(rs.available for rs in scene.world.replicasets) - kept
    sizes = {}
    for rs in sorted(scene.world.replicasets, key=lambda rs: _last_to_go(scene, rs)):
        surplus = rs.size - target[rs.pod_hash]
        if surplus <= 0:
            continue
        answering = max(0, min(surplus - (rs.size - rs.available), spare))
        spare -= answering
        sizes[rs.pod_hash] = rs.size - min(surplus, rs.size - rs.available + answering)
    return sizes


def _last_to_go(scene: Scene, rs: ReplicaSetView) -> tuple[bool, int]:
    """Versions that are neither new nor stable go first, the oldest of them before."""
    return rs.pod_hash in (scene.new_hash, scene.status.stable_rs), rs.revision


def settled(scene: Scene) -> bool:
    """Whether every version has the size that the steps ask for, and the new one enough pods that are available."""
    return not unsettled(scene)


def unsettled(scene: Scene) -> str:
    """In words: what is still to come or to go; empty when nothing is."""
    if scene.releasing and scene.stable is not None and (scene.own_split is not None or _pinned(scene)):
        return "the traffic is still divided as another strategy did, until the stable version has all its pods"
    target = wanted(scene)
    for rs in scene.world.replicasets:
        size = target[rs.pod_hash]
        if rs.size != size or rs.replicas > size:
            return f"ReplicaSet {rs.meta.name} has {max(rs.size, rs.replicas)} pods on its way to {size}"
    return ""
