"""What is watched beside the steps: the background analysis and the progress deadline."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.api.rollout_status import PauseCondition, PauseReason
from tidegate.core.rollout import analysis
from tidegate.core.rollout.abort import abort
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.world import RunRole, RunView


def judge_background(scene: Scene) -> tuple[Scene, Wait | None]:
    """Take the release back when the background analysis failed, hold it when that can't decide. The Wait carries the
    run to create, or says why it can't be made."""
    asked = scene.strategy.background
    # The first version is judged when it serves, and there is nothing to take it back to: `initial` does that.
    if asked is None or scene.first_release or not analysis.wants_background(scene):
        return scene, None
    run = analysis.find(scene, RunRole.BACKGROUND)
    if run is None:
        return scene, analysis.start(scene, RunRole.BACKGROUND, asked)
    match analysis.meaning(run, asked):
        case analysis.Verdict.FAILED:
            return abort(scene, analysis.cause(run)), None
        case analysis.Verdict.UNDECIDED if not analysis.undecided(scene):
            pause = PauseCondition(reason=PauseReason.INCONCLUSIVE_ANALYSIS, start_time=scene.now)
            return scene.facts(pause_conditions=[*scene.status.pause_conditions, pause]), None
        case analysis.Verdict.SUCCESSFUL if not _told(scene, run):
            return scene.facts(*analysis.notice(run)), None
    return scene, None


def _told(scene: Scene, run: RunView) -> bool:
    """The status as it is written tells of this verdict: the Event was said then."""
    return scene.world.rollout.status.canary.current_background_analysis_run_status == analysis.brief(run)


def deadline(scene: Scene, wait: Wait) -> datetime | None:
    """When a wait for pods counts as stuck; None for another wait.

    Counted from the last progress, and not before the wait began: pods that are lost long after the last step, or
    after the release, get their time to come back.
    """
    if not wait.on_pods:
        return None
    waiting, progressed_at = scene.status.waiting_for, scene.status.progressed_at
    began = waiting.since if waiting is not None and waiting.reason == wait.reason else None
    since = max(began or scene.now, progressed_at or scene.now)
    return since + timedelta(seconds=scene.spec.progress_deadline_seconds)


def stuck(scene: Scene, wait: Wait | None) -> bool:
    """The release waits for pods, and there was no progress for longer than `progressDeadlineSeconds`."""
    until = deadline(scene, wait) if wait is not None else None
    return until is not None and until <= scene.now


def abort_stuck(scene: Scene, wait: Wait | None) -> Scene:
    """With `progressDeadlineAbort` a stuck release is taken back."""
    asked = scene.spec.progress_deadline_abort and scene.stepping
    if wait is None or not asked or not stuck(scene, wait):
        return scene
    return abort(scene, f"no progress for {scene.spec.progress_deadline_seconds} s: {wait.message}")
