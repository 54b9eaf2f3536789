"""An analysis without data begins anew by itself; one whose values decide nothing waits for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.unit.core.rollout.making import JUDGE, NEW, NOW, PAUSE, ago, analysis_template, pause, run, scene, seconds
from tidegate.api.analysis import AnalysisPhase
from tidegate.api.analysis_status import MetricResult
from tidegate.api.rollout_status import PauseReason
from tidegate.core.rollout.remeasure import again_at, measure_again
from tidegate.core.rollout.scene import Scene
from tidegate.core.world import RunRole, RunView

UNDECIDED = PauseReason.INCONCLUSIVE_ANALYSIS
STEP = {"analysis": JUDGE}


def without(*reasons: str | None, phase: AnalysisPhase = AnalysisPhase.INCONCLUSIVE, attempt: int = 0) -> RunView:
    """The step's run, undecided, with a metric for each reason."""
    results = [MetricResult(name=f"m{n}", phase=phase, reason=reason) for n, reason in enumerate(reasons)]
    view = run(f"web-{NEW}-2-0" + (f".{attempt}" if attempt else ""), phase, role=RunRole.STEP)
    return replace(view, status=view.status.model_copy(update={"metric_results": results}))


def held(*runs: RunView, since: datetime = NOW, attempt: int = 0) -> Scene:
    """A release that stands at its analysis, undecided since then."""
    facts = {"pause_conditions": [pause(PauseReason.REQUEST), pause(UNDECIDED, since)], "attempt": attempt}
    return scene(STEP, PAUSE, index=0, templates=(analysis_template(),), runs=runs, status=facts)


@pytest.mark.parametrize(("attempt", "after"), [(0, 30), (1, 60), (2, 120), (3, 240), (4, 480), (5, 480), (99, 480)])
def test_it_is_measured_again_later_and_later(attempt: int, after: int) -> None:
    assert again_at(held(without("NoData", attempt=attempt), attempt=attempt)) == NOW + timedelta(seconds=after)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(without("NoData", None), id="another metric has values that decide nothing"),
        pytest.param(without("ProviderRefused", phase=AnalysisPhase.ERROR), id="it can't be measured"),
        pytest.param(without(), id="it was stopped"),
        pytest.param(without("NoData", phase=AnalysisPhase.RUNNING), id="it still measures"),
    ],
)
def test_a_person_must_decide_all_else(found: RunView) -> None:
    here = held(found, since=ago(9999))
    assert again_at(here) is None
    assert measure_again(here) == here


def test_it_is_not_measured_again_before_its_time() -> None:
    here = held(without("NoData"), since=ago(29))
    assert measure_again(here) == here
    assert again_at(here) == NOW + seconds(1)


def test_it_begins_anew_as_another_attempt_and_other_pauses_stay() -> None:
    after = measure_again(held(without("NoData"), since=ago(30)))
    assert after.status.attempt == 1
    assert [p.reason for p in after.status.pause_conditions] == [PauseReason.REQUEST]
    assert [event.reason for event in after.events] == ["MeasuringAgain"]


def test_an_analysis_that_was_held_by_nobody_yet_is_measured_again_from_now_on() -> None:
    here = scene(STEP, PAUSE, templates=(analysis_template(),), runs=(without("NoData"),))
    assert again_at(here) == NOW + seconds(30)
