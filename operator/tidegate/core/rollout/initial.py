"""The first deployment under `analysis.initial`: it serves, for nobody else can, but is stable only when it passed."""

from __future__ import annotations

from tidegate.core.rollout import analysis
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.world import RunRole

INITIAL_ANALYSIS_FAILED = "InitialAnalysisFailed"


def judged(scene: Scene) -> bool:
    """Whether the first version of all has to pass the background analysis before it is called stable."""
    return scene.first_release and analysis.wants_background(scene)


def refused(scene: Scene) -> bool:
    """Its run is over and was no success: a person tries it again, or takes it as it is."""
    run = analysis.find(scene, RunRole.BACKGROUND) if judged(scene) else None
    return run is not None and analysis.verdict(run) in (analysis.Verdict.FAILED, analysis.Verdict.UNDECIDED)


def judge(scene: Scene) -> tuple[Scene, Wait | None]:
    """None when it passed, or when nobody asked. There is no version before it that its traffic could go back to."""
    asked = scene.strategy.background
    if asked is None or not judged(scene):
        return scene, None
    run = analysis.find(scene, RunRole.BACKGROUND)
    if run is None:
        return scene, analysis.start(scene, RunRole.BACKGROUND, asked)
    match analysis.meaning(run, asked):
        case analysis.Verdict.SUCCESSFUL:
            return scene.facts(*analysis.notice(run)), None
        case analysis.Verdict.RUNNING:
            return scene, Wait("Analysis", analysis.running_message(run))
    name = scene.world.rollout.meta.name
    said = (
        f"{analysis.cause(run)}; no version before it could take the traffic, so it keeps it: change the template, "
        f"`tidegate retry {name}` measures again, `tidegate promote --full {name}` takes it as it is"
    )
    return scene, Wait(INITIAL_ANALYSIS_FAILED, said)
