"""Step `pause`: for a time, or until somebody promotes."""

from __future__ import annotations

from datetime import datetime

from tidegate.api.meta import time_text
from tidegate.api.rollout_status import PauseReason
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Done, Outcome, Wait


def advance(scene: Scene) -> Outcome:
    """The pause runs from the time in status, so a restart makes it neither longer nor shorter."""
    pause = scene.steps[scene.index].pause
    duration = pause.duration if pause else None
    until = None if duration is None else started_at(scene) + duration
    if until is not None and until <= scene.now:
        return Done(until)
    return Wait("Paused", _message(scene, until), until, PauseReason.CANARY_PAUSE_STEP)


def started_at(scene: Scene) -> datetime:
    """When the pause of this step began: now, when it is just beginning."""
    reason = PauseReason.CANARY_PAUSE_STEP
    return next((p.start_time for p in scene.status.pause_conditions if p.reason == reason), scene.now)


def _message(scene: Scene, until: datetime | None) -> str:
    name = scene.world.rollout.meta.name
    step = f"step {scene.index + 1} of {len(scene.steps)} is a pause"
    if until is None:
        return f"{step} without an end: it waits for `tidegate promote {name}`"
    return f"{step} until {time_text(until)}; `tidegate promote {name}` ends it now"
