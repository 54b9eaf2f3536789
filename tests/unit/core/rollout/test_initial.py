"""The first deployment that is judged: what its run means, and what people can do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import NEW, STEP, analysis_template, run, scene
from tidegate.api.analysis import AnalysisPhase
from tidegate.core.rollout import initial
from tidegate.core.rollout.analysis import wants_background
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.watch import judge_background
from tidegate.core.world import RunRole

NAME = f"web-{NEW}-1-background"


def first(phase: AnalysisPhase | None = None, *, asked: Any = True, **facts: Any) -> Scene:
    """The first version of all, with a run of this phase."""
    canary = {"analysis": {**STEP["analysis"], "initial": asked, "startingStep": 0}}
    runs = () if phase is None else (run(NAME, phase, role=RunRole.BACKGROUND),)
    status = {"stable_rs": "", "current_revision": 1, **facts}
    return scene(canary=canary, status=status, runs=runs, templates=(analysis_template(),))


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        (None, "Analysis"),
        (AnalysisPhase.RUNNING, "Analysis"),
        (AnalysisPhase.FAILED, "InitialAnalysisFailed"),
        (AnalysisPhase.INCONCLUSIVE, "InitialAnalysisFailed"),
        (AnalysisPhase.ERROR, "InitialAnalysisFailed"),
        (AnalysisPhase.SUCCESSFUL, None),
    ],
)
def test_what_its_run_means(phase: AnalysisPhase | None, reason: str | None) -> None:
    after, wait = initial.judge(first(phase))
    assert (wait.reason if wait else None) == reason
    assert not after.status.abort
    assert initial.refused(first(phase)) is (reason == "InitialAnalysisFailed")


@pytest.mark.parametrize(
    "here",
    [first(asked=False), first(promote_full=True), first(stable_rs=NEW), scene(status={"stable_rs": ""})],
    ids=["not asked for", "taken as it is", "not the first", "no analysis"],
)
def test_who_is_not_judged(here: Scene) -> None:
    assert initial.judge(here) == (here, None)
    assert not initial.judged(here)
    assert not initial.refused(here)


def test_it_is_not_taken_back_for_there_is_nothing_before_it() -> None:
    here = first(AnalysisPhase.FAILED)
    assert judge_background(here) == (here, None)
    assert wants_background(here)
    assert not wants_background(first(promote_full=True))
    assert not wants_background(first(asked=False))


def test_what_a_person_can_do_is_said() -> None:
    _, wait = initial.judge(first(AnalysisPhase.FAILED))
    assert wait is not None
    assert wait.message.startswith(f"AnalysisRun {NAME} is Failed: ")
    assert wait.message.endswith(
        "; no version before it could take the traffic, so it keeps it: change the template, `tidegate retry web` "
        "measures again, `tidegate promote --full web` takes it as it is"
    )
