"""What is watched beside the steps: the background analysis and the progress deadline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    HALF,
    JUDGE,
    NEW,
    NOW,
    PAUSE,
    aborted,
    ago,
    analysis_template,
    pause,
    run,
    scene,
    seconds,
)
from tidegate.api.analysis import AnalysisPhase
from tidegate.api.rollout_status import PauseReason, WaitingFor
from tidegate.api.strategy_status import CanaryStatus
from tidegate.core.actions import Create, Event
from tidegate.core.rollout import analysis
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.rollout.watch import abort_stuck, deadline, judge_background, stuck

RUN = f"web-{NEW}-2-background"
UNDECIDED = PauseReason.INCONCLUSIVE_ANALYSIS
WATCHED = {"canary": {"analysis": JUDGE}, "templates": (analysis_template(),)}
PODS = Wait("PodsNotAvailable", "1 of 3 pods are available", on_pods=True)
WEIGHT = Wait("WeightNotSeen", "not in force yet")


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="there is no analysis"),
        pytest.param({"canary": {"analysis": {**JUDGE, "startingStep": 1}}}, id="it does not begin yet"),
        pytest.param({**WATCHED, "index": 2}, id="all steps are done"),
        pytest.param({**WATCHED, "runs": (run(RUN),)}, id="it is measuring"),
        pytest.param({**WATCHED, "runs": (run(RUN, AnalysisPhase.SUCCESSFUL),)}, id="it is content"),
        pytest.param(
            {
                **WATCHED,
                "runs": (run(RUN, AnalysisPhase.ERROR),),
                "status": {"pause_conditions": [pause(UNDECIDED, ago(9))]},
            },
            id="undecided, and held for it already",
        ),
    ],
)
def test_nothing_is_decided(fields: dict[str, Any]) -> None:
    here = scene(HALF, PAUSE, **fields)
    assert judge_background(here) == (here, None)


def test_an_aborted_release_is_not_watched() -> None:
    here = aborted(HALF, **WATCHED)
    assert judge_background(here) == (here, None)


def test_its_run_is_created() -> None:
    here = scene(HALF, PAUSE, **WATCHED)
    after, wait = judge_background(here)
    assert after == here
    assert wait is not None
    (create,) = wait.actions
    assert isinstance(create, Create)
    assert create.name == RUN
    assert create.body["metadata"]["labels"]["tidegate.dev/analysis-role"] == "background"


def test_it_says_what_its_run_lacks() -> None:
    here = scene(HALF, canary={"analysis": JUDGE})
    after, wait = judge_background(here)
    assert after == here
    assert wait is not None
    assert (wait.reason, wait.actions) == ("AnalysisInvalid", ())


def test_it_begins_at_its_starting_step() -> None:
    fields = {**WATCHED, "canary": {"analysis": {**JUDGE, "startingStep": 1}}}
    _, wait = judge_background(scene(PAUSE, HALF, index=1, **fields))
    assert wait is not None


def test_it_takes_the_release_back() -> None:
    here = scene(HALF, PAUSE, runs=(run(RUN, AnalysisPhase.FAILED, message="too slow"),), **WATCHED)
    after, wait = judge_background(here)
    assert wait is None
    assert (after.status.abort, after.status.abort_cause) == (True, f"AnalysisRun {RUN} is Failed: too slow")


@pytest.mark.parametrize("phase", [AnalysisPhase.ERROR, AnalysisPhase.INCONCLUSIVE])
def test_what_it_cannot_decide_holds_the_release(phase: AnalysisPhase) -> None:
    paused = [pause(PauseReason.CANARY_PAUSE_STEP, ago(9))]
    here = scene(PAUSE, HALF, runs=(run(RUN, phase),), status={"pause_conditions": paused}, **WATCHED)
    after, wait = judge_background(here)
    assert wait is None
    assert after.status.pause_conditions == [*paused, pause(UNDECIDED)]
    assert after.status.abort is False


def waiting(since: datetime) -> WaitingFor:
    return WaitingFor(reason=PODS.reason, message=PODS.message, since=since)


@pytest.mark.parametrize(
    ("progressed", "waits", "left"),
    [
        pytest.param(ago(60), waiting(ago(60)), 30, id="from the last progress"),
        pytest.param(ago(500), waiting(ago(20)), 70, id="from when pods were lost, long after the last progress"),
        pytest.param(ago(500), None, 90, id="they are lost just now"),
        pytest.param(ago(60), waiting(ago(500)), 30, id="from progress in a wait that goes on"),
        pytest.param(None, waiting(ago(60)), 90, id="no progress was ever counted"),
    ],
)
def test_the_deadline_runs(progressed: datetime | None, waits: WaitingFor | None, left: float) -> None:
    status = {"progressed_at": progressed, "waiting_for": waits}
    assert deadline(scene(spec={"progressDeadlineSeconds": 90}, status=status), PODS) == NOW + seconds(left)


def test_no_deadline_runs_while_a_weight_is_waited_for() -> None:
    assert deadline(scene(status={"progressed_at": ago(60)}), WEIGHT) is None


@pytest.mark.parametrize(
    ("wait", "progressed", "is_stuck"),
    [
        pytest.param(PODS, ago(89.9), False, id="in time"),
        pytest.param(PODS, ago(90), True, id="at the deadline"),
        pytest.param(PODS, ago(1000), True, id="long after"),
        pytest.param(PODS, None, False, id="no progress was ever counted"),
        pytest.param(WEIGHT, ago(1000), False, id="it does not wait for pods"),
        pytest.param(None, ago(1000), False, id="it does not wait"),
    ],
)
def test_a_release_that_waits_for_pods_too_long_is_stuck(wait: Wait | None, progressed: Any, is_stuck: bool) -> None:
    here = scene(
        HALF,
        spec={"progressDeadlineSeconds": 90},
        status={"progressed_at": progressed, "waiting_for": waiting(ago(2000))},
    )
    assert stuck(here, wait) is is_stuck
    asked = scene(
        HALF,
        spec={"progressDeadlineSeconds": 90, "progressDeadlineAbort": True},
        status=here.status.model_dump(include={"progressed_at", "waiting_for"}),
    )
    assert abort_stuck(asked, wait).status.abort is is_stuck
    assert abort_stuck(here, wait) == here


def test_why_a_stuck_release_is_taken_back() -> None:
    asked = {"progressDeadlineSeconds": 90, "progressDeadlineAbort": True}
    here = scene(HALF, spec=asked, status={"progressed_at": ago(90), "waiting_for": waiting(ago(90))})
    assert abort_stuck(here, PODS).status.abort_cause == "no progress for 90 s: 1 of 3 pods are available"


def test_what_was_taken_back_is_not_taken_back_again() -> None:
    asked = {"progressDeadlineSeconds": 90, "progressDeadlineAbort": True}
    here = aborted(HALF, spec=asked, status={"progressed_at": ago(1000)})
    assert abort_stuck(here, PODS) == here


def test_a_failure_that_is_only_told_is_told_once() -> None:
    failed = run(RUN, AnalysisPhase.FAILED, message="too slow")
    fields = {**WATCHED, "canary": {"analysis": {**JUDGE, "onFailure": "Notify"}}, "runs": (failed,)}
    after, wait = judge_background(scene(HALF, PAUSE, **fields))
    assert wait is None
    assert not after.status.abort
    assert after.events == (Event("AnalysisFailed", f"AnalysisRun {RUN} is Failed: too slow", warning=True),)
    written = CanaryStatus(current_background_analysis_run_status=analysis.brief(failed))
    told = scene(HALF, PAUSE, status={"canary": written}, **fields)
    assert judge_background(told) == (told, None)
