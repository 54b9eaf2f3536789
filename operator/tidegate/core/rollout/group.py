"""Rollouts of one `spec.group`: those that are released together end together, and go back together.

They go through their own steps and meet at the step that `steps.await_group` is. A member that has its manifest's
version already is in nobody's way.
"""

from __future__ import annotations

from tidegate.api.rollout_status import Phase
from tidegate.api.steps import GroupStep
from tidegate.core.rollout.abort import abort
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.world import RolloutView

GROUP_NOT_READY = "GroupNotReady"


def take_back_together(scene: Scene) -> Scene:
    """Take this release back when that of another member was taken back while it ran.

    One that was tried again after that has begun later: it is not taken back for what was before.
    """
    if not scene.stepping or not scene.under_way:
        return scene
    began = scene.status.history[-1].started_at
    aborts = ((view.status.aborted_at, name) for name, view in scene.world.members.items() if view.status.abort)
    lost = [(at, name) for at, name in aborts if at is not None and at >= began]
    if not lost:
        return scene
    _, first = min(lost)
    cause = scene.world.members[first].status.abort_cause
    return abort(scene, f"Rollout {first} of the group {scene.spec.group} was taken back: {cause}"[:1000])


def as_far(view: RolloutView) -> bool:
    """It has its manifest's version, waits for the others as well, or has gone on from there already."""
    status = view.status
    if view.spec is None or status.observed_generation != view.meta.generation or status.abort:
        return False
    if status.phase is Phase.HEALTHY:
        return True
    releasing = bool(status.stable_rs) and status.current_pod_hash != status.stable_rs
    # The index of one that is queued is that of the release before.
    queued = status.waiting_for is not None and status.waiting_for.reason == "Queued"
    steps = strategy_of(view.spec).steps
    meeting = next((index for index, step in enumerate(steps) if isinstance(step, GroupStep)), len(steps))
    return releasing and not queued and (status.current_step_index or 0) >= meeting


def waits_for(view: RolloutView, group: str | None) -> bool:
    """Whether a Rollout has done all of its release that it can do before the others of this group."""
    waiting, spec = view.status.waiting_for, view.spec
    return bool(group and spec and spec.group == group and waiting and waiting.reason == GROUP_NOT_READY)
