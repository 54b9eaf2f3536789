"""Open and closed, over the changes of summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tidegate.api.schedule import Schedule
from tidegate.core.schedule import closed, next_opening

BERLIN = "Europe/Berlin"


def schedule(cron: str = "0 9 * * MON-FRI", duration: str = "8h", zone: str = BERLIN, **more: Any) -> Schedule:
    windows = [{"cron": cron, "duration": duration}] if cron else []
    return Schedule.model_validate({"timeZone": zone, "windows": windows, **more})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        ("2026-03-27T07:59:59", "2026-03-27T08:00:00"),
        ("2026-03-27T08:00:00", None),
        ("2026-03-27T15:59:59.999999", None),
        ("2026-03-27T16:00:00", "2026-03-30T07:00:00"),
        ("2026-10-23T15:00:00", "2026-10-26T08:00:00"),
    ],
    ids=["before", "first moment", "last moment", "over the weekend of spring", "over the weekend of autumn"],
)
def test_a_window_follows_the_wall_clock(when: str, opens: str | None) -> None:
    found = closed(schedule(), at(when))
    assert (found.until if found else None) == (at(opens) if opens else None)


# On 29 March 2026 the clock goes from 02:00 to 03:00 at 01:00 UTC, on 25 October from 03:00 to 02:00 at 01:00 UTC.
@pytest.mark.parametrize(
    ("cron", "since", "opens"),
    [
        ("30 2 * * *", "2026-03-29T00:00:00", "2026-03-29T01:00:00"),
        ("30 2 * * *", "2026-03-29T01:01:01", "2026-03-30T00:30:00"),
        ("0 3 * * *", "2026-03-29T00:00:00", "2026-03-29T01:00:00"),
        ("30 2 * * *", "2026-10-24T23:00:00", "2026-10-25T00:30:00"),
        ("30 2 * * *", "2026-10-25T00:31:00", "2026-10-26T01:30:00"),
        ("30 2 * * *", "2026-10-25T01:10:00", "2026-10-26T01:30:00"),
        ("0 3 * * *", "2026-10-25T00:00:00", "2026-10-25T02:00:00"),
        ("*/30 * * * *", "2026-10-25T01:10:00", "2026-10-25T01:30:00"),
    ],
)
def test_an_opening_near_a_change_of_summer_time(cron: str, since: str, opens: str) -> None:
    assert next_opening(schedule(cron, "1m"), at(since)) == at(opens)


@pytest.mark.parametrize(
    ("cron", "opened"), [("0 1 * * *", "2026-03-29T00:00:00"), ("0 1 * * *", "2026-10-24T23:00:00")]
)
def test_a_window_is_open_for_as_long_as_it_says_whatever_the_clock_does(cron: str, opened: str) -> None:
    asked = schedule(cron, "3h")
    assert closed(asked, at(opened)) is None
    assert closed(asked, at(opened) + timedelta(hours=3, seconds=-1)) is None
    assert closed(asked, at(opened) + timedelta(hours=3)) is not None


def test_no_windows_are_always_open() -> None:
    assert closed(schedule(""), at("2026-03-28T23:00:00")) is None


FREEZE = {"from": "2026-03-27T00:00:00Z", "to": "2026-03-30T12:00:00Z", "reason": "end of the quarter"}


@pytest.mark.parametrize(
    ("when", "until"),
    [("2026-03-27T09:00:00", "2026-03-30T12:00:00"), ("2026-03-26T09:00:00", None), ("2026-03-30T12:00:00", None)],
)
def test_a_freeze_closes_windows(when: str, until: str | None) -> None:
    found = closed(schedule(freezes=[FREEZE]), at(when))
    assert (found.until if found else None) == (at(until) if until else None)
    assert found is None or (found.freeze is not None and found.freeze.reason == "end of the quarter")


@pytest.mark.parametrize("cron", ["", "0 9 * * MON-FRI"])
@pytest.mark.parametrize("zone", [BERLIN, "America/New_York"])
def test_a_freeze_for_ever_has_no_end_in_sight(cron: str, zone: str) -> None:
    for_ever = {**FREEZE, "to": "9999-12-31T23:59:59Z"}
    found = closed(schedule(cron, zone=zone, freezes=[for_ever]), at("2026-03-28T12:00:00"))
    assert found is not None
    assert (found.until, found.freeze and found.freeze.reason) == (None, "end of the quarter")


def test_it_opens_after_all_freezes_that_follow_one_another() -> None:
    days = [
        {**FREEZE, "from": f"2026-03-{day:02}T00:00:00Z", "to": f"2026-03-{day + 1:02}T00:00:00Z"} for day in (27, 28)
    ]
    asked = schedule("0 12 27,28 3 *", "1m", freezes=days)
    assert next_opening(asked, at("2026-03-27T00:00:00")) == at("2027-03-27T11:00:00")


def test_it_opens_in_the_first_window_after_a_freeze() -> None:
    late = {**FREEZE, "to": "2026-03-30T18:00:00Z"}
    assert next_opening(schedule(freezes=[late]), at("2026-03-28T12:00:00")) == at("2026-03-31T07:00:00")


def test_the_earliest_of_several_windows() -> None:
    more = {"windows": [{"cron": "0 9 * * MON", "duration": "1h"}, {"cron": "0 7 * * SUN", "duration": "1h"}]}
    assert next_opening(Schedule.model_validate(more), at("2026-03-28T12:00:00")) == at("2026-03-29T07:00:00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeZone": "Europe/Berln"},
        {"timeZone": "../etc/passwd"},
        {"windows": [{"cron": "61 * * * *", "duration": "1h"}]},
        {"windows": [{"cron": "0 9 * *", "duration": "1h"}]},
        {"windows": [{"cron": "0 0 9 * * *", "duration": "1h"}]},
        {"windows": [{"cron": "0 0 31 2 *", "duration": "1h"}]},
        {"freezes": [{"from": "2026-03-30T12:00:00Z", "to": "2026-03-27T00:00:00Z", "reason": "no"}]},
        {"override": {"by": "ann", "reason": "hotfix"}},
    ],
)
def test_what_can_not_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Schedule.model_validate(wrong)
