"""Step `analysis`: on only when the verdict is Successful."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    JUDGE,
    NEW,
    NOW,
    OWNER,
    STEP,
    ago,
    analysis_template,
    run,
    scene,
    seconds,
)
from tidegate.api.analysis import AnalysisPhase
from tidegate.api.analysis_status import MetricResult
from tidegate.api.rollout_status import PauseReason
from tidegate.core.actions import Create, Event, Resource
from tidegate.core.rollout.steps import advance
from tidegate.core.rollout.steps.outcome import Done, Fail, Outcome, Wait

NAME = f"web-{NEW}-2-1"
WHAT_TO_DO = "`tidegate resume web` measures again, `tidegate promote web` goes on without it"


def at(**fields: Any) -> Outcome:
    return advance(scene(FIFTH, STEP, index=1, weight=20, **fields))


def undecided(said: str) -> Wait:
    message = f"AnalysisRun {NAME} is {said}; {WHAT_TO_DO}"
    return Wait("AnalysisUndecided", message, pause=PauseReason.INCONCLUSIVE_ANALYSIS)


def test_it_asks_for_its_run() -> None:
    outcome = at(templates=(analysis_template(),))
    metric = {
        "name": "ok",
        "successCondition": "result[0] >= 0.95",
        "provider": {"prometheus": {"query": f"up{{hash='{NEW}'}}", "address": "http://p:9090"}},
    }
    labels = {"tidegate.dev/pod-template-hash": NEW, "tidegate.dev/analysis-role": "step"}
    body = {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": {"name": NAME, "namespace": "shop", "labels": labels, "ownerReferences": [OWNER]},
        "spec": {"metrics": [metric]},
    }
    create = Create(Resource.RUNS, "shop", NAME, body, "uid-web")
    assert outcome == Wait("Analysis", f"AnalysisRun {NAME} is starting", actions=(create,))


def test_it_says_what_its_run_lacks() -> None:
    outcome = at()
    assert isinstance(outcome, Wait)
    assert (outcome.reason, outcome.actions) == ("AnalysisInvalid", ())
    assert "judge" in outcome.message


@pytest.mark.parametrize(
    ("phase", "told", "outcome"),
    [
        pytest.param(AnalysisPhase.PENDING, {}, Wait("Analysis", f"AnalysisRun {NAME} is measuring"), id="Pending"),
        pytest.param(
            AnalysisPhase.RUNNING,
            {"message": "2 of 5 measured"},
            Wait("Analysis", f"AnalysisRun {NAME} is measuring: 2 of 5 measured"),
            id="Running",
        ),
        pytest.param(AnalysisPhase.SUCCESSFUL, {"completed_at": ago(3)}, Done(ago(3)), id="Successful: when it was"),
        pytest.param(AnalysisPhase.SUCCESSFUL, {}, Done(None), id="Successful, nobody knows when"),
        pytest.param(
            AnalysisPhase.FAILED,
            {"message": "metric ok: 0.5"},
            Fail(f"AnalysisRun {NAME} is Failed: metric ok: 0.5"),
            id="Failed",
        ),
        pytest.param(AnalysisPhase.FAILED, {}, Fail(f"AnalysisRun {NAME} is Failed: no reason given"), id="no reason"),
        pytest.param(
            AnalysisPhase.INCONCLUSIVE, {"message": "no data"}, undecided("Inconclusive: no data"), id="Inconclusive"
        ),
        pytest.param(AnalysisPhase.ERROR, {}, undecided("Error: no reason given"), id="Error is not failure"),
    ],
)
def test_what_a_verdict_means(phase: AnalysisPhase, told: dict[str, Any], outcome: Outcome) -> None:
    assert at(runs=(run(NAME, phase, **told),)) == outcome


def test_another_attempt_has_another_run() -> None:
    runs = (run(NAME, AnalysisPhase.FAILED), run(f"{NAME}.1", AnalysisPhase.SUCCESSFUL))
    assert at(runs=runs, status={"attempt": 1}) == Done(None)


def test_a_run_that_cannot_be_read_is_waited_for_and_says_why() -> None:
    outcome = at(runs=(run(NAME, AnalysisPhase.PENDING, problem="spec.metrics: none"),))
    assert outcome == Wait("Analysis", f"AnalysisRun {NAME} is measuring: spec.metrics: none")


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        (
            "Notify",
            Done(
                ago(3), events=(Event("AnalysisFailed", f"AnalysisRun {NAME} is Failed: metric ok: 0.5", warning=True),)
            ),
        ),
        (
            "Pause",
            Wait(
                "AnalysisFailed",
                f"AnalysisRun {NAME} is Failed: metric ok: 0.5; {WHAT_TO_DO}",
                pause=PauseReason.INCONCLUSIVE_ANALYSIS,
            ),
        ),
        ("Abort", Fail(f"AnalysisRun {NAME} is Failed: metric ok: 0.5")),
    ],
)
def test_what_a_failure_does_is_its_authors_to_say(asked: str, outcome: Outcome) -> None:
    step = {"analysis": {**JUDGE, "onFailure": asked}}
    failed = run(NAME, AnalysisPhase.FAILED, message="metric ok: 0.5", completed_at=ago(3))
    assert advance(scene(FIFTH, step, index=1, weight=20, runs=(failed,))) == outcome


def test_one_without_data_is_measured_again_by_itself() -> None:
    lacking = [MetricResult(name="ok", phase=AnalysisPhase.INCONCLUSIVE, reason="NoData")]
    outcome = at(runs=(run(NAME, AnalysisPhase.INCONCLUSIVE, metric_results=lacking),))
    assert isinstance(outcome, Wait)
    assert outcome.until == NOW + seconds(30)
