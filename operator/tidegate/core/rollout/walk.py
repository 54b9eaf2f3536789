"""The step machine: one pass goes as far as the world allows, and stops at what it has to wait for."""

from __future__ import annotations

from datetime import datetime

from tidegate.api.rollout_status import PauseCondition, PauseReason
from tidegate.core.actions import Event
from tidegate.core.rollout import analysis, approvals, steps
from tidegate.core.rollout.abort import abort
from tidegate.core.rollout.dependencies import may_follow
from tidegate.core.rollout.opening import may_move_on, overridden
from tidegate.core.rollout.release import step_over
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps import TURN, Fail, Wait
from tidegate.core.rollout.steps.outcome import STEP_COMPLETED
from tidegate.core.rollout.weights import percent
from tidegate.core.world import RunRole


def walk(scene: Scene) -> tuple[Scene, Wait | None]:
    """Fold the steps while they are done. The Wait tells what the current one needs; None when all are done."""
    unwritten = False
    while scene.stepping and not scene.steps_done:
        if not scene.spec.replicas:
            scene, stopped = _skip(scene)
            if stopped is not None or scene.steps_done:
                return scene, stopped
        if unwritten and steps.acts(scene):
            break
        outcome = steps.advance(scene)
        if isinstance(outcome, Fail):
            return abort(scene, outcome.cause), None
        if isinstance(outcome, Wait):
            return _halt(scene, outcome), outcome
        held = _held(scene)
        if held is not None:
            return scene, held
        unwritten = unwritten or outcome.fleeting
        scene = _next(scene, outcome.at or scene.now).facts(*outcome.events, *overridden(scene))
    return scene, TURN if unwritten else None


def _skip(scene: Scene) -> tuple[Scene, Wait | None]:
    """Size 0: nobody to judge and nobody to hurt. Like a Deployment, it takes the new template at once.

    But what people have to say is theirs: an autoscaler that goes to 0 at night must not approve a version.
    """
    stopped = _stopped(scene)
    if stopped is not None:
        return scene, stopped
    gates = (index for index in range(scene.index, len(scene.steps)) if _to_approve(scene, index))
    reached = next(gates, len(scene.steps))
    return (scene if reached == scene.index else scene.facts(current_step_index=reached, pause_conditions=[])), None


def _to_approve(scene: Scene, index: int) -> bool:
    return scene.steps[index].approval is not None and approvals.given(scene, index) is None


def _stopped(scene: Scene) -> Wait | None:
    """Somebody said stop."""
    return _paused_by_spec(scene) or _paused_by_request(scene)


def _held(scene: Scene) -> Wait | None:
    """The step that is done is not followed by another yet."""
    held = _paused_by_spec(scene) or _undecided(scene) or _paused_by_request(scene)
    return held or may_move_on(scene) or may_follow(scene)


def _paused_by_spec(scene: Scene) -> Wait | None:
    return Wait("PausedBySpec", "spec.paused is true: set it to false to go on") if scene.spec.paused else None


def _paused_by_request(scene: Scene) -> Wait | None:
    if all(pause.reason is not PauseReason.REQUEST for pause in scene.status.pause_conditions):
        return None
    name = scene.world.rollout.meta.name
    return Wait("PausedByRequest", f"somebody paused it: `tidegate resume {name}` goes on")


def _undecided(scene: Scene) -> Wait | None:
    if not analysis.undecided(scene):
        return None
    run = analysis.find(scene, RunRole.BACKGROUND)
    name = scene.world.rollout.meta.name
    said = analysis.undecided_message(scene, run) if run else f"`tidegate resume {name}` goes on"
    return Wait(analysis.held_reason(run) if run else "AnalysisUndecided", said)


def _halt(scene: Scene, wait: Wait) -> Scene:
    """Remember when a pause began, once; drop that of a step that is a pause no longer. Other pauses end by request."""
    over = steps.PAUSES - {wait.pause}
    kept = [pause for pause in scene.status.pause_conditions if pause.reason not in over]
    if wait.pause is not None and wait.pause not in {p.reason for p in kept}:
        kept.append(PauseCondition(reason=wait.pause, start_time=scene.now))
    return scene.facts(*wait.events, pause_conditions=kept, **wait.facts)


def _next(scene: Scene, ended: datetime) -> Scene:
    moved = step_over(scene, ended).facts(
        # Now, not `ended`: an operator that was down for an hour must not find every release stuck.
        progressed_at=scene.now,
        # Only that of the step itself can be left: any other holds the release at this step.
        pause_conditions=[],
    )
    return moved.facts(*_event(scene))


def _event(scene: Scene) -> tuple[Event, ...]:
    weight = scene.steps[scene.index].set_weight
    if weight is None:
        return ()
    share = percent(scene, weight)
    done = f"step {scene.index + 1} of {len(scene.steps)}: {share} % of the traffic is on revision"
    return (Event(STEP_COMPLETED, f"{done} {scene.status.current_revision}", routine=True),)
