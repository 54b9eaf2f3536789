"""A release from the change of the template to its end, and its line in history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    DAY_BEFORE,
    FIFTH,
    FIRST,
    HALF,
    NEW,
    NEW_NAME,
    NOW,
    OLD,
    PAUSE,
    SECOND,
    STEP,
    THIRD,
    Step,
    aborted,
    ago,
    first,
    line,
    make_spec,
    over,
    pause,
    rs,
    scene,
    seconds,
    service,
    services,
    steps_hash,
)
from tidegate.api.meta import time_text
from tidegate.api.rollout_status import Outcome, PauseReason, Release, RolloutStatus
from tidegate.api.strategy_status import CanaryStatus, RunStatus, WeightDestination, Weights
from tidegate.core.actions import Event
from tidegate.core.rollout.release import again, begin, close
from tidegate.core.rollout.scene import Scene

WEIGHTS = Weights(canary=WeightDestination(weight=20), stable=WeightDestination(weight=80), asked=20)
SPENT: dict[str, Any] = {
    "attempt": 3,
    "pause_conditions": [pause(PauseReason.REQUEST, ago(9))],
    "abort": True,
    "aborted_at": ago(9),
    "abort_cause": "it hurts",
    "promote_full": True,
    "canary": CanaryStatus(
        weights=WEIGHTS, current_step_analysis_run_status=RunStatus(name="web-2-0", status="Failed", message="slow")
    ),
}
FRESH: dict[str, Any] = {
    "current_step_started_at": NOW,
    "progressed_at": NOW,
    "attempt": 0,
    "pause_conditions": [],
    "abort": False,
    "aborted_at": None,
    "abort_cause": "",
    "promote_full": False,
    # The weights are those of the routes, whatever begins.
    "canary": CanaryStatus(weights=WEIGHTS),
}


def changed(here: Any, **facts: Any) -> RolloutStatus:
    return here.status.model_copy(update=facts)  # type: ignore[no-any-return]


def test_nothing_begins_when_nothing_was_changed() -> None:
    here = scene(FIFTH, PAUSE, index=1)
    assert begin(here) == here


def test_the_first_release() -> None:
    here = first(FIFTH, new=None, status={"current_pod_hash": "", "current_revision": 0, "history": []})
    after = begin(here)
    started = Release(revision=1, pod_template_hash=NEW, images=["web:2"], started_at=NOW)
    expected = changed(
        here,
        current_pod_hash=NEW,
        current_revision=1,
        current_step_index=1,
        history=[started],
        **{**FRESH, "canary": CanaryStatus()},
    )
    assert after.status == expected
    assert after.events == (Event("ReleaseStarted", f"revision 1 ({NEW}): web:2"),)


def test_another_template_begins_another_release_from_the_first_step() -> None:
    status = {**SPENT, "current_pod_hash": OLD, "current_revision": 1, "current_step_hash": "", "history": [FIRST]}
    here = scene(FIFTH, new=None, index=1, status=status)
    after = begin(here)
    cadence = (NOW - DAY_BEFORE).total_seconds()
    started = Release(revision=2, pod_template_hash=NEW, images=["web:2"], started_at=NOW, cadence_seconds=cadence)
    expected = changed(
        here,
        current_pod_hash=NEW,
        current_revision=2,
        current_step_hash=steps_hash(make_spec(FIFTH)),
        current_step_index=0,
        history=[FIRST, started],
        **FRESH,
    )
    assert after.status == expected
    assert after.events == (Event("ReleaseStarted", f"revision 2 ({NEW}): web:2"),)


def test_a_release_under_way_is_superseded() -> None:
    sets = (rs(OLD), rs(NEW, 1))
    here = scene(
        FIFTH,
        PAUSE,
        index=1,
        image="web:3",
        replicasets=sets,
        status={**SPENT, "abort": False, "current_pod_hash": NEW},
    )
    after = begin(here)
    ended = line(2, finished_at=NOW, outcome=Outcome.SUPERSEDED, started_at=ago(60))
    started = Release(revision=3, pod_template_hash=THIRD, images=["web:3"], started_at=NOW, cadence_seconds=0)
    expected = changed(
        here,
        current_pod_hash=THIRD,
        current_revision=3,
        current_step_index=0,
        history=[FIRST, ended, started],
        **FRESH,
    )
    assert after.status == expected


@pytest.mark.parametrize(
    ("steps", "index", "status", "begins_at"),
    [
        pytest.param((FIFTH, PAUSE, HALF, PAUSE), 3, {}, 2, id="with the last weight that was reached"),
        pytest.param((FIFTH, PAUSE, HALF, PAUSE), 1, {}, 0, id="with the first"),
        pytest.param((PAUSE, FIFTH), 0, {}, 0, id="no weight yet"),
        pytest.param((FIFTH, PAUSE, HALF, PAUSE), 3, {"abort": True}, 0, id="the one before was taken back"),
        pytest.param((FIFTH, HALF), 1, {"current_step_hash": "other"}, 1, id="other steps"),
    ],
)
def test_a_release_that_keeps_the_step_of_the_one_before(
    steps: tuple[Step, ...], index: int, status: dict[str, Any], begins_at: int
) -> None:
    facts = {**SPENT, "abort": False, "current_pod_hash": NEW, **status}
    known = {"image": "web:3", "replicasets": (rs(OLD), rs(NEW, 3)), "weight": 50, "spec": {"onSupersede": "KeepStep"}}
    assert begin(scene(*steps, index=index, status=facts, **known)).status.current_step_index == begins_at


def test_the_stable_template_again_takes_the_release_back() -> None:
    here = scene(
        FIFTH,
        PAUSE,
        index=1,
        image="web:1",
        replicasets=(rs(OLD), rs(NEW)),
        status={**SPENT, "abort": False, "current_pod_hash": NEW},
    )
    after = begin(here)
    ended = line(2, finished_at=NOW, outcome=Outcome.ROLLED_BACK, started_at=ago(60))
    expected = changed(
        here, current_pod_hash=OLD, current_revision=3, current_step_index=2, history=[FIRST, ended], **FRESH
    )
    assert after.status == expected
    told = "the template is the stable version's again: taking revision 2 back"
    assert after.events == (Event("RollingBack", told),)


def test_a_first_release_that_is_superseded_is_followed_by_a_first_release() -> None:
    here = first(FIFTH, image="web:3", status={"current_pod_hash": NEW})
    after = begin(here)
    assert after.status.current_step_index == 1
    assert [release.outcome for release in after.status.history] == [Outcome.SUPERSEDED, None]
    assert after.events[-1].reason == "ReleaseStarted"


@pytest.mark.parametrize(
    ("sets", "current", "revision"),
    [
        pytest.param((rs(OLD),), 1, 2, id="one more than the last"),
        pytest.param((rs(OLD), rs(NEW, 0), rs(THIRD, 0)), 3, 4, id="a version that comes again is the latest"),
        pytest.param((rs(OLD), rs(THIRD, 0)), 1, 4, id="one more than any ReplicaSet, whatever status says"),
        pytest.param((rs(OLD), rs(NEW)), 1, 2, id="it was created, and the operator died before it wrote so"),
        pytest.param((rs(OLD), rs(NEW)), 2, 3, id="of this number there was another since"),
        pytest.param((rs(OLD), rs(NEW), rs(THIRD)), 1, 4, id="created, but another one after it"),
        pytest.param((), 0, 1, id="the very first"),
    ],
)
def test_the_number_of_a_revision(sets: tuple[Any, ...], current: int, revision: int) -> None:
    here = scene(FIFTH, replicasets=sets, status={"current_pod_hash": "another", "current_revision": current})
    assert begin(here).status.current_revision == revision


def test_history_keeps_the_last_twenty() -> None:
    history = [line(number, outcome=Outcome.PROMOTED) for number in range(1, 21)]
    here = scene(FIFTH, status={"current_pod_hash": "another", "current_revision": 20, "history": history})
    after = begin(here).status.history
    assert [release.revision for release in after] == list(range(2, 22))
    again_after = again(here).status.history
    assert [release.revision for release in again_after] == [*range(2, 21), 20]


@pytest.mark.parametrize(
    ("ends", "cadence"),
    [
        pytest.param([], None, id="the first of all"),
        pytest.param([ago(90)], 90.0, id="since the end of the last"),
        pytest.param([ago(30), ago(90.5)], 30.0, id="since the latest end"),
    ],
)
def test_the_cadence_is_from_the_end_of_one_release_to_the_start_of_the_next(
    ends: list[datetime], cadence: float | None
) -> None:
    history = [line(1, outcome=Outcome.PROMOTED, finished_at=end) for end in ends]
    here = scene(FIFTH, status={"current_pod_hash": "another", "history": history})
    assert begin(here).status.history[-1].cadence_seconds == cadence


def test_all_images_of_the_pods_are_named() -> None:
    pod = {"containers": [{"name": "web", "image": "web:9"}, {"name": "log", "image": "log:1"}]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    after = begin(scene(FIFTH, spec={"template": template}, status={"current_pod_hash": NEW}))
    assert after.status.history[-1].images == ["web:9", "log:1"]
    assert after.events[-1].message.endswith(": web:9, log:1")


def test_an_aborted_version_is_tried_again_from_the_first_step_with_runs_of_its_own() -> None:
    ended = line(2, outcome=Outcome.ABORTED, finished_at=ago(5))
    here = scene(FIFTH, PAUSE, index=1, status={**SPENT, "history": [FIRST, ended]})
    after = again(here)
    started = Release(revision=2, pod_template_hash=NEW, images=["web:2"], started_at=NOW, cadence_seconds=5)
    expected = changed(here, current_step_index=0, history=[FIRST, ended, started], **{**FRESH, "attempt": 4})
    assert after.status == expected


def test_a_release_that_is_being_taken_back_ended_so_whatever_comes_next() -> None:
    under_way = {"abort": True, "abort_cause": "too slow", "current_pod_hash": NEW}
    ended = line(2, finished_at=NOW, outcome=Outcome.ABORTED, cause="too slow", started_at=ago(60))
    for here, act in (
        (scene(FIFTH, image="web:3", status=under_way), begin),
        (scene(FIFTH, image="web:1", status=under_way), begin),
        (scene(FIFTH, status=under_way), again),
    ):
        assert act(here).status.history[:2] == [FIRST, ended]


@pytest.mark.parametrize(
    ("history", "after"),
    [
        pytest.param([], [], id="there is none"),
        pytest.param([FIRST], [FIRST], id="it is over already"),
        pytest.param(
            [FIRST, SECOND],
            [FIRST, line(2, finished_at=NOW, outcome=Outcome.ABORTED, cause="too slow", started_at=ago(60))],
            id="it ends",
        ),
    ],
)
def test_the_open_line_of_history_is_closed_once(history: list[Release], after: list[Release]) -> None:
    here = scene(FIFTH, status={"history": history})
    assert close(here, Outcome.ABORTED, "too slow").status.history == after


TWENTY, FIFTY, EIGHTY = ({"setWeight": weight} for weight in (20, 50, 80))
PROMOTED = services(service("web-canary", NEW, {NEW_NAME: 5}), service("web", NEW, {NEW_NAME: 5}))


@pytest.mark.parametrize(
    ("steps", "fields", "index"),
    [
        pytest.param([TWENTY, STEP, FIFTY, PAUSE], {"weight": 50}, 2, id="at the same weight"),
        pytest.param([TWENTY, PAUSE, EIGHTY], {"weight": 50}, 2, id="at the next one above"),
        pytest.param([TWENTY, STEP, TWENTY, EIGHTY], {"weight": 20}, 0, id="at the first of them"),
        pytest.param([TWENTY, STEP, FIFTY], {"weight": 80}, 2, id="at the last, when none is as high"),
        pytest.param([PAUSE, TWENTY], {"weight": 0}, 0, id="at the beginning, when no weight is in force"),
        pytest.param([PAUSE, TWENTY], {"weight": None}, 0, id="at the beginning, when there is no split"),
        pytest.param([PAUSE, STEP], {"weight": 50}, 0, id="at the beginning, when none names a weight"),
        pytest.param([], {"weight": 50}, 0, id="there are none any more"),
        pytest.param([TWENTY, EIGHTY], {"weight": 100, "services": PROMOTED}, 2, id="all were done: promoted soon"),
        pytest.param([TWENTY, EIGHTY], {"weight": 100}, 1, id="all on the canary, not yet promoted"),
        pytest.param([TWENTY, EIGHTY], {"weight": 20, "services": {}}, 0, id="there is no Service"),
    ],
)
def test_changed_steps_go_on_from_the_same_weight(steps: list[Step], fields: dict[str, Any], index: int) -> None:
    """Their analyses are measured anew: a run is known by the index of its step, and another step stands there now."""
    paused = {"pause_conditions": [pause(PauseReason.CANARY_PAUSE_STEP, ago(9))], "attempt": 1}
    here = scene(*steps, index=1, status={"current_step_hash": "other steps", **paused}, **fields)
    expected = changed(
        here,
        current_step_hash=steps_hash(make_spec(*steps)),
        current_step_index=index,
        current_step_started_at=NOW,
        pause_conditions=[],
        attempt=2,
    )
    after = begin(here)
    assert after.status == expected
    assert after.events == ()


def test_changed_steps_leave_the_release_paused_that_a_person_paused() -> None:
    asked = pause(PauseReason.REQUEST, ago(9))
    others = [pause(PauseReason.CANARY_PAUSE_STEP, ago(9)), pause(PauseReason.INCONCLUSIVE_ANALYSIS, ago(9))]
    here = scene(TWENTY, weight=20, status={"current_step_hash": "other steps", "pause_conditions": [*others, asked]})
    assert begin(here).status.pause_conditions == [asked]


@pytest.mark.parametrize(
    ("make", "index"),
    [
        pytest.param(over, 2, id="promoted"),
        pytest.param(first, 2, id="the first release"),
        pytest.param(aborted, 0, id="taken back"),
    ],
)
def test_changed_steps_outside_a_release_have_no_step_to_go_on_from(make: Callable[..., Scene], index: int) -> None:
    status = {"current_step_hash": "other steps", "current_step_index": index}
    here = make(TWENTY, EIGHTY, weight=20, services={}, status=status)
    after = begin(here).status
    assert (after.current_step_index, after.attempt) == (index, 0)


def test_the_steps_are_known_by_what_was_written() -> None:
    assert steps_hash(make_spec(HALF)) != steps_hash(make_spec(FIFTH))
    written = begin(scene(HALF, {"pause": {"duration": "1m"}}, status={"current_step_hash": ""}))
    assert written.status.current_step_hash == "wpcl76p42w"


CLOSED = {
    "schedule": {
        "freezes": [{"from": "2026-02-28T00:00:00Z", "to": "2026-03-03T00:00:00Z", "reason": "fair"}],
        "override": {"by": "ann", "reason": "hotfix", "until": time_text(NOW + seconds(60))},
    }
}
TOLD = Event("ScheduleOverridden", "ann: hotfix", warning=True)
WINDOW = {"rollbackWindow": {"revisions": 5}}
WAS_STABLE = line(2, outcome=Outcome.PROMOTED)


@pytest.mark.parametrize(
    ("here", "told"),
    [
        pytest.param(scene(PAUSE, spec=CLOSED, status={"current_pod_hash": OLD}), True, id="a release"),
        pytest.param(scene(PAUSE, image="web:1", spec=CLOSED, status={"current_pod_hash": NEW}), False, id="back"),
        pytest.param(
            scene(PAUSE, spec=CLOSED | WINDOW, status={"current_pod_hash": OLD, "history": [FIRST, WAS_STABLE]}),
            False,
            id="at once",
        ),
        pytest.param(
            scene(PAUSE, spec=CLOSED, status={"current_pod_hash": "", "stable_rs": ""}), False, id="the first"
        ),
    ],
)
def test_a_release_that_begins_in_a_closed_schedule_is_told_of_and_no_way_back_is(here: Scene, told: bool) -> None:
    assert (TOLD in begin(here).events) is told


def test_no_step_is_kept_when_nothing_was_under_way() -> None:
    status = {**SPENT, "abort": False, "current_pod_hash": ""}
    here = scene(FIFTH, PAUSE, HALF, index=2, image="web:3", weight=50, status=status, spec={"onSupersede": "KeepStep"})
    assert begin(here).status.current_step_index == 0


def test_steps_with_durations_are_known_by_their_text() -> None:
    timed = ({"pause": {"duration": "90s"}}, {"pause": {"duration": "1m30s"}})
    assert len({begin(scene(step, status={"current_step_hash": ""})).status.current_step_hash for step in timed}) == 1
