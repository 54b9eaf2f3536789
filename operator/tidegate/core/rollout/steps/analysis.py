"""Step `analysis`: one AnalysisRun, and on only when its verdict is Successful."""

from __future__ import annotations

from tidegate.api.rollout_analysis import RolloutAnalysis
from tidegate.api.rollout_status import PauseReason
from tidegate.core.rollout import analysis
from tidegate.core.rollout.remeasure import again_at
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Done, Fail, Outcome, Wait
from tidegate.core.world import RunRole, RunView


def advance(scene: Scene) -> Outcome:
    """The run's name follows from revision, step and attempt: a restart finds it and measures nothing twice."""
    asked = scene.steps[scene.index].analysis
    assert asked is not None  # noqa: S101 - the table of steps picked this module by this field
    run = analysis.find(scene, RunRole.STEP)
    if run is None:
        return analysis.start(scene, RunRole.STEP, asked)
    return _judge(scene, run, asked)


def _judge(scene: Scene, run: RunView, asked: RolloutAnalysis) -> Outcome:
    match analysis.meaning(run, asked):
        case analysis.Verdict.SUCCESSFUL:
            return Done(run.status.completed_at, events=analysis.notice(run))
        case analysis.Verdict.FAILED:
            return Fail(analysis.cause(run))
        case analysis.Verdict.UNDECIDED:
            return Wait(
                analysis.held_reason(run),
                analysis.undecided_message(scene, run),
                until=again_at(scene),
                pause=PauseReason.INCONCLUSIVE_ANALYSIS,
            )
        case _:
            return Wait("Analysis", analysis.running_message(run))
