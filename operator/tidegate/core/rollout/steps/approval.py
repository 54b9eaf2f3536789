"""Step `approval`: until somebody of a list lets the release go on."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.api.approval import Approval, OnTimeout
from tidegate.api.meta import time_text
from tidegate.api.rollout_status import PauseReason
from tidegate.core.rollout.approvals import UNPROVEN, given, told
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Done, Fail, Outcome, Wait


def advance(scene: Scene) -> Outcome:
    """The approval stands in status: a restart neither forgets it nor asks for it again."""
    asked = scene.steps[scene.index].approval
    assert asked is not None  # noqa: S101 - the table of steps picked this module by this field
    approval = given(scene, scene.index)
    if approval is not None:
        return Done(approval.at)
    until = _until(scene, asked)
    if until is None or until > scene.now:
        return Wait("Approval", _message(scene, asked, until), until, PauseReason.APPROVAL)
    late = f"nobody approved step {scene.index + 1} of {len(scene.steps)} within {asked.timeout_seconds} s"
    if asked.on_timeout is OnTimeout.PAUSE:
        return Wait("ApprovalTimedOut", f"{late}; {_message(scene, asked, None)}", pause=PauseReason.APPROVAL)
    return Fail(late)


def _until(scene: Scene, asked: Approval) -> datetime | None:
    """From the time in status, as with a pause: a restart makes it neither longer nor shorter."""
    if asked.timeout_seconds is None:
        return None
    reason = PauseReason.APPROVAL
    began = next((p.start_time for p in scene.status.pause_conditions if p.reason is reason), scene.now)
    return began + timedelta(seconds=asked.timeout_seconds)


def _message(scene: Scene, asked: Approval, until: datetime | None) -> str:
    by = f" until {time_text(until)}" if until else ""
    said = f": {asked.message}" if asked.message else ""
    step = f"step {scene.index + 1} of {len(scene.steps)} waits{by} for {told(asked.approvers)} to approve it{said}"
    if not scene.world.names_proven:
        return f"{step}; {UNPROVEN}"
    return f"{step}; `tidegate approve {scene.world.rollout.meta.name}`"
