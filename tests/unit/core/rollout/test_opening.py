"""What the schedule holds up, and what never asks it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.unit.core.rollout.life import Life
from tests.unit.core.rollout.making import DAY_BEFORE, FIFTH, FIRST, HALF, NOW, PAUSE, SECOND, ago, line, scene, seconds
from tidegate.api.meta import time_text
from tidegate.api.rollout_status import Outcome
from tidegate.core.actions import Event
from tidegate.core.rollout.opening import may_move_on, may_start, overridden
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait

# NOW is a Sunday at noon, UTC.
WEEKDAYS = {"windows": [{"cron": "0 9 * * MON-FRI", "duration": "8h"}]}
MONDAY = datetime.fromisoformat("2026-03-02T09:00:00Z")
FREEZE = {"from": "2026-02-28T00:00:00Z", "to": "2026-03-03T00:00:00Z", "reason": "fair"}
TUESDAY = datetime.fromisoformat("2026-03-03T00:00:00Z")
OVERRIDE = {"by": "ann", "reason": "hotfix", "until": time_text(NOW + seconds(60))}


def scheduled(schedule: dict[str, Any], *steps: Any, **fields: Any) -> Scene:
    return scene(*steps, spec={"schedule": schedule}, **fields)


@pytest.mark.parametrize(
    ("schedule", "wait"),
    [
        ({}, None),
        (WEEKDAYS, Wait("OutsideWindow", "the schedule opens Mon 2026-03-02 09:00 UTC", MONDAY)),
        ({"freezes": [FREEZE]}, Wait("Frozen", "nothing moves on before Tue 2026-03-03 00:00 UTC: fair", TUESDAY)),
        ({**WEEKDAYS, "override": OVERRIDE}, None),
    ],
)
def test_a_release_moves_on_when_it_is_open(schedule: dict[str, Any], wait: Wait | None) -> None:
    here = scheduled(schedule)
    assert may_move_on(here) == wait
    assert may_start(here) == wait


def test_an_override_ends_by_itself() -> None:
    over = {**WEEKDAYS, "override": {**OVERRIDE, "until": time_text(NOW)}}
    assert may_move_on(scheduled(over)) is not None


def test_an_override_is_told_where_it_matters() -> None:
    said = (Event("ScheduleOverridden", "ann: hotfix", warning=True),)
    assert overridden(scheduled({**WEEKDAYS, "override": OVERRIDE})) == said
    assert overridden(scheduled({"override": OVERRIDE})) == ()
    assert overridden(scheduled(WEEKDAYS)) == ()


ENDED = line(2, outcome=Outcome.PROMOTED, finished_at=ago(100))


@pytest.mark.parametrize(
    ("interval", "until"), [(99, None), (100, None), (101, NOW + seconds(1)), (3600, NOW + seconds(3500))]
)
def test_the_interval_runs_from_the_end_of_the_release_before(interval: int, until: datetime | None) -> None:
    wait = may_start(scheduled({"minIntervalSeconds": interval}, status={"history": [FIRST, ENDED]}))
    assert (wait.until if wait else None) == until
    assert wait is None or wait.reason == "MinInterval"


def test_after_the_interval_comes_the_next_window() -> None:
    schedule = {**WEEKDAYS, "minIntervalSeconds": 3600}
    wait = may_start(scheduled(schedule, status={"history": [FIRST, ENDED]}))
    assert wait is not None
    assert (wait.reason, wait.until) == ("MinInterval", MONDAY)


def test_a_template_in_mid_release_waits_for_no_interval() -> None:
    assert may_start(scheduled({"minIntervalSeconds": 9999}, status={"history": [FIRST, SECOND]})) is None


def test_the_interval_does_not_begin_before_the_traffic_is_back() -> None:
    status = {"history": [FIRST, SECOND], "abort": True, "aborted_at": ago(1)}
    wait = may_start(scheduled({"minIntervalSeconds": 5}, status=status))
    assert wait is not None
    assert (wait.reason, wait.until) == ("MinInterval", None)


def test_a_release_waits_for_the_window_and_somebody_looks_again_then() -> None:
    life = Life(now=DAY_BEFORE - seconds(3600))
    life.run()
    life.now = NOW
    life.change(FIFTH, HALF, PAUSE, schedule=WEEKDAYS)
    assert life.run()[-1] == ["Paused 3/3 OutsideWindow"]
    assert life.status.current_revision == 1
    assert life.plan.wake_at is not None
    assert life.plan.wake_at >= MONDAY
    life.now = MONDAY
    assert life.run()[-1][0] == "Paused 2/3 Paused"
    assert life.status.history[-1].started_at == MONDAY


def test_people_are_refused_while_it_is_closed() -> None:
    life = Life(now=NOW - seconds(3600))
    life.run()
    life.change(FIFTH, PAUSE, HALF)
    life.run()
    life.change(FIFTH, PAUSE, HALF, schedule=WEEKDAYS)
    for action in ("promote", "promoteFull", "skipStep"):
        life.now += seconds(1)
        life.ask(action, step=1)
        life.step()
        assert life.status.last_request is not None
        assert life.status.last_request.outcome == "Refused"
        assert "the schedule opens" in life.status.last_request.message
    life.now += seconds(1)
    life.ask("abort")
    life.run()
    assert life.status.abort


NEVER = {"freezes": [{"reason": "for good", "from": "2026-01-01T00:00:00Z", "to": "9999-12-31T00:00:00Z"}]}


def test_the_first_release_of_all_waits_for_no_interval() -> None:
    assert may_start(scheduled({"minIntervalSeconds": 100}, status={"history": []})) is None


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({}, "may start Sun 2026-03-01 12:58 UTC"),
        (NEVER, "may start not in sight"),
    ],
)
def test_what_is_said_of_the_interval(schedule: dict[str, Any], said: str) -> None:
    wait = may_start(scheduled({"minIntervalSeconds": 3600, **schedule}, status={"history": [FIRST, ENDED]}))
    assert wait is not None
    assert wait.message == f"the last release ended a short while ago: the next {said}"


def test_what_is_said_while_the_traffic_goes_back() -> None:
    status = {"history": [FIRST, line(1, outcome=Outcome.PROMOTED), SECOND], "abort": True, "aborted_at": ago(1)}
    wait = may_start(scheduled({"minIntervalSeconds": 5}, status=status))
    assert wait is not None
    assert wait.message == "the release before is still being taken back, and the interval runs from its end"
