"""Versions that take the traffic back at once: they were stable lately, and nothing has to be found out about them."""

from __future__ import annotations

from datetime import datetime

from tidegate.api.rollout_status import PROMOTED
from tidegate.core.rollout.replicas import old_until
from tidegate.core.rollout.scene import Scene
from tidegate.core.world import ReplicaSetView


def goes_back(scene: Scene) -> bool:
    """The template asked for is the stable version's."""
    return bool(scene.status.stable_rs) and scene.new_hash == scene.status.stable_rs


def instant(scene: Scene) -> bool:
    """The template asked for needs neither steps nor analyses."""
    return _was_stable(scene) and (_stands_ready(scene) or _in_window(scene))


def _was_stable(scene: Scene) -> bool:
    """A version that was taken back is no safe place, however near it lies."""
    return any(r.pod_template_hash == scene.new_hash and r.outcome in PROMOTED for r in scene.status.history)


def _stands_ready(scene: Scene) -> bool:
    """Blue/green: it still stands with all its pods."""
    until = old_until(scene)
    delayed = scene.strategy.instant and until is not None and until > scene.now
    wanted = scene.spec.replicas
    return delayed and scene.new is not None and bool(wanted) and scene.new.available >= wanted


def _in_window(scene: Scene) -> bool:
    """Fewer than `rollbackWindow.revisions` ReplicaSets were created between it and the stable one."""
    window, target, stable = scene.spec.rollback_window, scene.new, scene.stable
    if window is None or target is None or stable is None:
        return False
    first, last = sorted((_age(target), _age(stable)))
    return sum(first < _age(rs) < last for rs in scene.world.replicasets) < window.revisions


def _age(rs: ReplicaSetView) -> tuple[datetime, int]:
    """By its creation; that is told in whole seconds, and two may share one."""
    return rs.meta.created_at, rs.revision
