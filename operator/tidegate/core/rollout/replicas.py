"""The ReplicaSets: one a revision, created at its first size; down only when traffic was seen to have left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tidegate.api.rollout_status import PROMOTED
from tidegate.core.actions import Action, Create, Delete, Merge, Resource, joined
from tidegate.core.config import copies
from tidegate.core.rollout import affinity, counting, pod_metadata, pod_template, restart
from tidegate.core.rollout.ownership import owner_reference
from tidegate.core.rollout.reach import gives_up_pods, pods_in_use, stable_pods, traffic_left
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.strategy import Routing
from tidegate.core.rollout.targets import canary_size_of_steps, pods_for, scale_in_force, surge, weight_of_steps
from tidegate.core.rollout.traffic import pinned_to_new
from tidegate.core.rollout.weights import asked, seen, verified
from tidegate.core.world import HASH_LABEL, REVISION, ReplicaSetView


def sizes(scene: Scene) -> dict[str, int]:
    """The size that each ReplicaSet should have now, by pod template hash; the new one is there before it exists."""
    return restart.with_spare(scene, _sizes(scene))


def _sizes(scene: Scene) -> dict[str, int]:
    if scene.strategy.routing is Routing.PODS:
        return counting.sizes(scene)
    wanted = {rs.pod_hash: _other_size(scene, rs) for rs in scene.others}
    if scene.stable is not None:
        wanted[scene.stable.pod_hash] = _stable_size(scene)
    wanted[scene.new_hash] = _new_size(scene)
    return wanted


def _stable_size(scene: Scene) -> int:
    """All pods; where it gives some up, what the traffic needs that may still reach it, or may come back to it."""
    replicas = scene.spec.replicas
    if not gives_up_pods(scene):
        return replicas
    carried = min(weight_of_steps(scene), asked(scene) or 0, seen(scene) or 0)
    kept = stable_pods(scene, carried)
    return max(kept, min(scene.strategy.min_pods, replicas)) if kept else 0


def _new_size(scene: Scene) -> int:
    if not scene.releasing:
        return scene.spec.replicas
    return _aborted_size(scene) if scene.status.abort else _within_surge(scene, _canary_size(scene))


def _canary_size(scene: Scene) -> int:
    """What the steps ask for; without a `setCanaryScale` never less than the weight in force needs."""
    size = canary_size_of_steps(scene)
    if scene.steps_done or scale_in_force(scene) is not None:
        return size
    carried = max(seen(scene) or 0, asked(scene) or 0)
    needed = pods_for(scene.spec.replicas, carried, scene.full) if _leads_to_new(scene) else 0
    return max(size, needed)


def _within_surge(scene: Scene, size: int) -> int:
    """No more than `maxSurge` leaves room for, where it is set; nothing is taken away for its sake."""
    if scene.strategy.max_surge is None:
        return size
    now = scene.new.size if scene.new else 0
    others = sum(rs.size for rs in scene.world.replicasets) - now
    return min(size, max(now, scene.spec.replicas + surge(scene) - others))


def _leads_to_new(scene: Scene) -> bool:
    service = scene.canary_service
    return service is not None and service.pod_hash == scene.new_hash


def _aborted_size(scene: Scene) -> int:
    """The aborted version keeps its pods until traffic has left them and the delay is over."""
    size = scene.new.size if scene.new else 0
    until = aborted_until(scene)
    gone = until is not None and until <= scene.now and traffic_left(scene, scene.new)
    return 0 if gone else size


def aborted_until(scene: Scene) -> datetime | None:
    """When the pods of an aborted version go; None when they are to be kept."""
    delay = scene.strategy.abort_scale_down_delay
    if not scene.status.abort or scene.status.aborted_at is None or not delay:
        return None
    return scene.status.aborted_at + delay


def _other_size(scene: Scene, rs: ReplicaSetView) -> int:
    if scene.first_release:
        # Nothing is known to work yet: what an earlier attempt started may be all that answers.
        full = scene.new is not None and scene.new.available >= scene.spec.replicas
        return 0 if full and (not rs.ready or _took_over(scene)) else rs.size
    until = old_until(scene)
    delayed = until is not None and until > scene.now and _among_kept(scene, rs)
    kept = delayed or _just_promoted(scene) or _still_stable(scene, rs)
    return rs.size if kept or not traffic_left(scene, rs) else 0


def _took_over(scene: Scene) -> bool:
    """Every Service and every route was seen to lead to the first version that works.

    Until it came the Services led to all pods: one that became ready just now may not have been seen behind them.
    """
    led = (scene.world.services.get(name) for name in scene.strategy.services)
    return verified(scene, 0) and all(pinned_to_new(scene, service) for service in led)


def _among_kept(scene: Scene, rs: ReplicaSetView) -> bool:
    """One of the latest that `scaleDownDelayRevisionLimit` lets stand in their delay."""
    limit = scene.strategy.scale_down_delay_revision_limit
    later = sum(other.size > 0 and other.revision > rs.revision for other in scene.others)
    return limit is None or later < limit


def _still_stable(scene: Scene, rs: ReplicaSetView) -> bool:
    """The status as it is written calls this version stable: until that is changed, a release may go back to it."""
    return rs.pod_hash == scene.world.rollout.status.stable_rs


def _just_promoted(scene: Scene) -> bool:
    """The new version is the stable one and its release is not over: the delay of the old pods has not begun."""
    return not scene.releasing and scene.under_way


def old_until(scene: Scene) -> datetime | None:
    """When the pods of the version before go: a while after the last promotion, for requests that are under way."""
    ends = [r.finished_at for r in scene.status.history if r.outcome in PROMOTED and r.finished_at is not None]
    return max(ends) + scene.strategy.scale_down_delay if ends else None


def grow(scene: Scene) -> Iterable[Action]:
    """Create the new ReplicaSet, and make those greater that should be."""
    wanted = sizes(scene)
    if scene.new is None and not scene.status.abort and scene.config.told:
        # Its copies are made when it is there to own them, and its pods when they are.
        yield _create(scene, 0 if scene.config.found else wanted[scene.new_hash])
    for rs in scene.world.replicasets:
        if rs.awaits_copies:
            yield from _complete(scene, rs, wanted)
        else:
            patch = _growth(scene, rs, max(rs.size, wanted.get(rs.pod_hash, rs.size)))
            if patch:
                yield Merge(Resource.REPLICASETS, rs.meta, patch)


def _complete(scene: Scene, rs: ReplicaSetView, wanted: Mapping[str, int]) -> Iterable[Action]:
    """The copies of the new version, then its size; without them its pods could not start."""
    if rs.copies_due and rs.pod_hash == scene.new_hash and not scene.status.abort and scene.config.told:
        yield from copies.copies(rs, scene.config)
        yield Merge(Resource.REPLICASETS, rs.meta, joined(copies.MARK, _growth(scene, rs, wanted[rs.pod_hash])))


def _growth(scene: Scene, rs: ReplicaSetView, size: int) -> dict[str, Any]:
    """The patch that makes it greater; one that has no pods yet is first brought up to what is so by now."""
    patch = _renumbered(scene, rs)
    if size != rs.size:
        patch = joined(patch, {"spec": {"replicas": size}})
    if size and not rs.size:
        patch = joined(patch, joined(affinity.change(scene, rs), pod_metadata.change(scene, rs)))
    return patch


def _renumbered(scene: Scene, rs: ReplicaSetView) -> dict[str, Any]:
    """A version that comes again is the latest revision, so that `undo` knows what was before."""
    if rs.pod_hash != scene.new_hash or rs.revision >= scene.status.current_revision:
        return {}
    return {"metadata": {"annotations": {REVISION: str(scene.status.current_revision)}}}


def shrink(scene: Scene) -> Iterable[Action]:
    """Make those smaller that may be, and delete the oldest empty ones beyond the limit."""
    wanted = sizes(scene)
    for rs in scene.world.replicasets:
        size = max(wanted.get(rs.pod_hash, rs.size), pods_in_use(scene, rs))
        if size < rs.size:
            yield Merge(Resource.REPLICASETS, rs.meta, {"spec": {"replicas": size}})
    empty = sorted((rs for rs in scene.others if rs.size == rs.replicas == 0), key=lambda rs: rs.revision)
    for rs in empty[: max(0, len(empty) - scene.spec.revision_history_limit)]:
        yield Delete(Resource.REPLICASETS, rs.meta)


def _create(scene: Scene, size: int) -> Create:
    rollout = scene.world.rollout.meta
    body = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": scene.new_name,
            "namespace": rollout.namespace,
            "labels": _labels(scene),
            "annotations": pod_template.notes(scene),
            "ownerReferences": [owner_reference(rollout)],
        },
        "spec": {
            "replicas": size,
            "minReadySeconds": scene.spec.min_ready_seconds,
            "selector": {"matchLabels": {**scene.spec.selector.match_labels, HASH_LABEL: scene.new_hash}},
            "template": pod_template.pod_template(scene),
        },
    }
    return Create(Resource.REPLICASETS, rollout.namespace, scene.new_name, body, rollout.uid)


def _labels(scene: Scene) -> dict[str, str]:
    """Those of its pods. But a Deployment with the same pods would take an orphan for its own, and end its pods."""
    own = {} if scene.spec.workload_ref else scene.spec.pods.as_written()["metadata"]["labels"]
    return {**own, HASH_LABEL: scene.new_hash}
