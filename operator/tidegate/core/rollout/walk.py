"""The step machine: one pass goes as far as the world allows, and stops at what it has to wait for."""

from __future__ import annotations

from datetime import datetime

from tidegate.api.rollout_status import PauseCondition, PauseReason
from tidegate.core.actions import Event
from tidegate.core.rollout import analysis, steps
from tidegate.core.rollout.abort import abort
from tidegate.core.rollout.dependencies import may_follow
from tidegate.core.rollout.opening import may_move_on, overridden
from tidegate.core.rollout.release import step_over
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps import TURN, Fail, Wait
from tidegate.core.rollout.steps.outcome import STEP_COMPLETED
from tidegate.core.world import RunRole


def walk(scene: Scene) -> tuple[Scene, Wait | None]:
    """Fold the steps while they are done. The Wait tells what the current one needs; None when all are done."""
    unwritten = False
    while scene.stepping and not scene.steps_done:
        if not scene.spec.replicas:
            return _skip_all(scene), None
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


def _skip_all(scene: Scene) -> Scene:
    """Size 0: nobody to judge and nobody to hurt. Like a Deployment, it takes the new template at once."""
    return scene.facts(current_step_index=len(scene.steps), pause_conditions=[])


def _held(scene: Scene) -> Wait | None:
    """Somebody said stop: the step that is done is not followed by another."""
    name = scene.world.rollout.meta.name
    if scene.spec.paused:
        return Wait("PausedBySpec", "spec.paused is true: set it to false to go on")
    if analysis.undecided(scene):
        run = analysis.find(scene, RunRole.BACKGROUND)
        said = analysis.undecided_message(scene, run) if run else f"`tidegate resume {name}` goes on"
        return Wait(analysis.held_reason(run) if run else "AnalysisUndecided", said)
    if any(pause.reason is PauseReason.REQUEST for pause in scene.status.pause_conditions):
        return Wait("PausedByRequest", f"somebody paused it: `tidegate resume {name}` goes on")
    return may_move_on(scene) or may_follow(scene)


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
    done = f"step {scene.index + 1} of {len(scene.steps)}: {weight} % of the traffic is on revision"
    return (Event(STEP_COMPLETED, f"{done} {scene.status.current_revision}", routine=True),)
