"""The step machine: as far as the world allows, and written down before anything that changes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    FIRST,
    HALF,
    JUDGE,
    NEW,
    NOW,
    PAUSE,
    SECOND,
    STEP,
    Step,
    aborted,
    ago,
    analysis_template,
    first,
    line,
    over,
    pause,
    rs,
    run,
    scene,
)
from tidegate.api.analysis import AnalysisPhase
from tidegate.api.rollout_status import PauseReason
from tidegate.core.actions import Event
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import TURN, Wait
from tidegate.core.rollout.walk import walk

ZERO: Step = {"setWeight": 0}
SCALE: Step = {"setCanaryScale": {"replicas": 1}}
PAUSED = PauseReason.CANARY_PAUSE_STEP
UNDECIDED = PauseReason.INCONCLUSIVE_ANALYSIS
ASKED = PauseReason.REQUEST
STEP_RUN = f"web-{NEW}-2-0"


def timed(length: float) -> Step:
    return {"pause": {"duration": f"{length}s"}}


def facts(here: Scene, *names: str) -> dict[str, Any]:
    return {name: getattr(here.status, name) for name in names}


@pytest.mark.parametrize(
    "here",
    [
        pytest.param(first(HALF), id="the first release takes no steps"),
        pytest.param(over(HALF), id="no release"),
        pytest.param(aborted(HALF), id="taken back"),
        pytest.param(scene(HALF, index=1), id="all steps are done"),
        pytest.param(scene(), id="there are none"),
    ],
)
def test_nothing_is_taken_when_no_step_is_due(here: Scene) -> None:
    assert walk(here) == (here, None)


def test_it_waits_where_the_step_does() -> None:
    walked, wait = walk(scene(HALF, new=3, weight=0))
    assert wait == Wait("WeightNotSeen", "the routes carry 0 % for web-canary; 50 % is asked for and not in force yet")
    assert walked.index == 0
    assert walked.events == ()


def test_a_step_that_is_over_is_written_down_before_the_next_one_acts() -> None:
    walked, wait = walk(scene(FIFTH, HALF, weight=20))
    assert wait is TURN
    said = "step 1 of 2: 20 % of the traffic is on revision 2"
    assert walked.events == (Event("StepCompleted", said, routine=True),)
    assert facts(walked, "current_step_index", "current_step_started_at", "progressed_at", "history") == {
        "current_step_index": 1,
        "current_step_started_at": NOW,
        "progressed_at": NOW,
        "history": [FIRST, line(2, step_seconds=[60.0])],
    }


def test_the_last_step_is_written_down_before_anything_is_promoted() -> None:
    walked, wait = walk(scene(FIFTH, weight=20))
    assert wait is TURN
    assert walked.steps_done


def test_a_step_that_lets_time_pass_begins_in_the_same_pass() -> None:
    walked, wait = walk(scene(FIFTH, PAUSE, weight=20))
    assert wait is not None
    assert (wait.reason, walked.index) == ("Paused", 1)
    assert walked.status.pause_conditions == [pause(PAUSED)]


def test_a_pause_that_is_over_leads_straight_to_the_next_step() -> None:
    paused = {"pause_conditions": [pause(PAUSED, ago(30))]}
    walked, wait = walk(scene(FIFTH, timed(20), HALF, index=1, weight=20, new=3, status=paused))
    assert wait is not None
    assert (wait.reason, walked.index) == ("WeightNotSeen", 2)
    assert walked.events == ()
    assert facts(walked, "current_step_started_at", "progressed_at", "pause_conditions", "history") == {
        # The pause ended on time, whoever looked when; but an operator that was down finds no release stuck for it.
        "current_step_started_at": ago(10),
        "progressed_at": NOW,
        "pause_conditions": [],
        "history": [FIRST, line(2, step_seconds=[50.0])],
    }


def test_one_pass_folds_all_steps_that_are_over_and_change_nothing() -> None:
    walked, wait = walk(scene(timed(0), timed(0), ZERO, timed(0), PAUSE, new=0, weight=0))
    assert wait is not None
    assert (wait.reason, walked.index) == ("Paused", 4)
    assert walked.status.history[-1].step_seconds == [60.0, 0.0, 0.0, 0.0]


def test_what_was_over_by_the_world_is_written_down_even_after_a_pause() -> None:
    walked, wait = walk(scene(ZERO, timed(0), SCALE, new=0, weight=0))
    assert wait is TURN
    assert walked.index == 2


def test_an_analysis_that_is_over_stays_so_and_need_not_be_written_down_first() -> None:
    runs = (run(STEP_RUN, AnalysisPhase.SUCCESSFUL, completed_at=ago(5)),)
    walked, wait = walk(scene(STEP, HALF, new=3, runs=runs))
    assert wait is not None
    assert (wait.reason, walked.index) == ("WeightNotSeen", 1)
    assert walked.status.current_step_started_at == ago(5)


def test_a_failed_step_takes_the_release_back() -> None:
    runs = (run(STEP_RUN, AnalysisPhase.FAILED, message="too slow"),)
    walked, wait = walk(scene(STEP, HALF, runs=runs))
    assert wait is None
    cause = f"AnalysisRun {STEP_RUN} is Failed: too slow"
    assert (walked.status.abort, walked.status.abort_cause) == (True, cause)
    assert walked.events == (Event("Aborted", f"revision 2 is taken back: {cause}", warning=True),)


def test_a_service_of_no_pods_skips_all_steps() -> None:
    paused = {"pause_conditions": [pause(PauseReason.CANARY_PAUSE_STEP)]}
    walked, wait = walk(scene(HALF, PAUSE, STEP, spec={"replicas": 0}, new=0, old=0, status=paused))
    assert wait is None
    assert facts(walked, "current_step_index", "pause_conditions") == {"current_step_index": 3, "pause_conditions": []}


BACKGROUND = {"analysis": {"templates": [{"templateName": "judge"}]}}
BACKGROUND_RUN = f"web-{NEW}-2-background"


@pytest.mark.parametrize(
    ("fields", "held"),
    [
        pytest.param(
            {"spec": {"paused": True}},
            Wait("PausedBySpec", "spec.paused is true: set it to false to go on"),
            id="by spec.paused",
        ),
        pytest.param(
            {"status": {"pause_conditions": [pause(ASKED)]}},
            Wait("PausedByRequest", "somebody paused it: `tidegate resume web` goes on"),
            id="by a person",
        ),
        pytest.param(
            {"status": {"pause_conditions": [pause(UNDECIDED)]}},
            Wait("AnalysisUndecided", "`tidegate resume web` goes on"),
            id="by an analysis whose run is gone",
        ),
        pytest.param(
            {
                "status": {"pause_conditions": [pause(ASKED), pause(UNDECIDED)]},
                "canary": BACKGROUND,
                "runs": (run(BACKGROUND_RUN, AnalysisPhase.INCONCLUSIVE, message="no data"),),
            },
            Wait(
                "AnalysisUndecided",
                f"AnalysisRun {BACKGROUND_RUN} is Inconclusive: no data; "
                "`tidegate resume web` measures again, `tidegate promote web` goes on without it",
            ),
            id="by an analysis",
        ),
        pytest.param(
            {
                "status": {"pause_conditions": [pause(UNDECIDED)]},
                "canary": BACKGROUND,
                "runs": (run(BACKGROUND_RUN, AnalysisPhase.FAILED, message="too slow"),),
            },
            Wait(
                "AnalysisFailed",
                f"AnalysisRun {BACKGROUND_RUN} is Failed: too slow; "
                "`tidegate resume web` measures again, `tidegate promote web` goes on without it",
            ),
            id="by an analysis that failed, where its author wants that",
        ),
    ],
)
def test_a_step_that_is_over_is_not_followed_by_another_while_it_is_held(fields: dict[str, Any], held: Wait) -> None:
    here = scene(FIFTH, HALF, weight=20, **fields)
    walked, wait = walk(here)
    assert wait == held
    assert walked == here


def test_a_step_that_is_under_way_is_seen_through_while_it_is_held() -> None:
    _, wait = walk(scene(FIFTH, weight=0, spec={"paused": True}))
    assert wait is not None
    assert wait.reason == "WeightNotSeen"


@pytest.mark.parametrize(
    ("steps", "before", "runs", "after"),
    [
        pytest.param([PAUSE], [], (), [pause(PAUSED)], id="a pause begins"),
        pytest.param([PAUSE], [pause(PAUSED, ago(9))], (), [pause(PAUSED, ago(9))], id="and goes on"),
        pytest.param([PAUSE], [pause(ASKED, ago(9))], (), [pause(ASKED, ago(9)), pause(PAUSED)], id="beside another"),
        pytest.param(
            [FIFTH], [pause(PAUSED, ago(9)), pause(ASKED)], (), [pause(ASKED)], id="the step is none any more"
        ),
        pytest.param(
            [STEP],
            [pause(PAUSED, ago(9))],
            (run(STEP_RUN, AnalysisPhase.ERROR),),
            [pause(UNDECIDED)],
            id="an analysis is undecided",
        ),
        pytest.param(
            [STEP],
            [pause(UNDECIDED, ago(9))],
            (run(STEP_RUN, AnalysisPhase.INCONCLUSIVE),),
            [pause(UNDECIDED, ago(9))],
            id="and stays so",
        ),
        pytest.param([STEP], [pause(UNDECIDED, ago(9))], (), [pause(UNDECIDED, ago(9))], id="only a person ends it"),
    ],
)
def test_when_a_pause_began_is_remembered_once(
    steps: list[Step], before: list[Any], runs: tuple[Any, ...], after: list[Any]
) -> None:
    here = scene(*steps, runs=runs, templates=(analysis_template(),), status={"pause_conditions": before})
    walked, wait = walk(here)
    assert wait is not None
    assert walked.status.pause_conditions == after


def test_a_pause_that_is_over_is_not_followed_while_a_person_holds_the_release() -> None:
    here = scene(timed(60), timed(30), status={"pause_conditions": [pause(PAUSED, ago(90)), pause(ASKED, ago(9))]})
    walked, wait = walk(here)
    assert wait is not None
    assert wait.reason == "PausedByRequest"
    assert walked == here


@pytest.mark.parametrize(
    ("history", "began", "after"),
    [
        pytest.param([], ago(60), [], id="no line to write it in"),
        pytest.param([SECOND], None, [line(2, step_seconds=[0.0])], id="nobody knows when it began"),
        pytest.param([SECOND], ago(1.23456), [line(2, step_seconds=[1.235])], id="to the millisecond"),
        pytest.param(
            [line(2, step_seconds=[3.0])], ago(60), [line(2, step_seconds=[3.0, 60.0])], id="after the one before"
        ),
    ],
)
def test_how_long_a_step_took_stands_in_history(history: list[Any], began: datetime | None, after: list[Any]) -> None:
    status = {"history": history, "current_step_started_at": began}
    walked, wait = walk(scene(FIFTH, weight=20, status=status))
    assert wait is TURN
    assert walked.status.history == after


def test_a_step_waits_for_pods_that_are_lost_in_the_meantime() -> None:
    walked, wait = walk(scene(FIFTH, weight=20, new=rs(NEW, 1, 0)))
    assert wait is not None
    assert (wait.reason, wait.on_pods, walked.index) == ("PodsNotAvailable", True, 0)


def test_what_a_step_says_at_its_end_is_told_when_the_release_goes_on() -> None:
    asked: Step = {"analysis": {**JUDGE, "onFailure": "Notify"}}
    failed = run(STEP_RUN, AnalysisPhase.FAILED, message="too slow")
    walked, _ = walk(scene(asked, PAUSE, runs=(failed,)))
    assert [event.reason for event in walked.events] == ["AnalysisFailed"]


OVERRIDE = {"by": "ann", "reason": "hotfix", "until": "2026-03-01T13:00:00Z"}
FROZEN = {"freezes": [{"from": "2026-02-28T00:00:00Z", "to": "2026-03-03T00:00:00Z", "reason": "fair"}]}


def test_a_step_in_a_closed_schedule_that_is_overridden_is_told() -> None:
    walked, _ = walk(scene(FIFTH, PAUSE, weight=20, spec={"schedule": {**FROZEN, "override": OVERRIDE}}))
    assert [event.reason for event in walked.events] == ["StepCompleted", "ScheduleOverridden"]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"schedule": FROZEN}, "Frozen"),
        ({"dependsOn": [{"name": "api"}]}, "DependencyMissing"),
        ({"schedule": FROZEN, "dependsOn": [{"name": "api"}]}, "Frozen"),
    ],
)
def test_a_step_is_followed_when_schedule_and_order_let_it(spec: dict[str, Any], reason: str) -> None:
    here = scene(FIFTH, PAUSE, weight=20, spec=spec)
    walked, wait = walk(here)
    assert wait is not None
    assert (wait.reason, walked) == (reason, here)


APPROVAL: Step = {"approval": {"approvers": {"users": ["ann"]}}}


@pytest.mark.parametrize(
    ("steps", "index", "reached"),
    [
        pytest.param([HALF, APPROVAL, PAUSE], 0, 1, id="up to what people have to say"),
        pytest.param([APPROVAL, HALF, APPROVAL], 1, 2, id="what lies behind is not asked for again"),
    ],
)
def test_a_service_of_no_pods_skips_no_approval(steps: list[Step], index: int, reached: int) -> None:
    walked, wait = walk(scene(*steps, index=index, spec={"replicas": 0}, new=0, old=0))
    assert wait is not None
    assert (wait.reason, walked.status.current_step_index) == ("Approval", reached)


def test_a_service_of_no_pods_keeps_the_time_of_the_approval_that_it_waits_for() -> None:
    began = [pause(PauseReason.APPROVAL, ago(9))]
    walked, _ = walk(scene(APPROVAL, spec={"replicas": 0}, new=0, old=0, status={"pause_conditions": began}))
    assert walked.status.pause_conditions == began
