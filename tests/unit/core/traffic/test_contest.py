"""A war over weights: told from accidents, fought slowly, and over when nobody writes any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tidegate.core.traffic.contest import is_first, is_war, may_correct_at, peace_at, remembered

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def at(*seconds: float) -> list[datetime]:
    return [NOON + timedelta(seconds=second) for second in seconds]


@pytest.mark.parametrize(
    ("corrections", "now", "war"),
    [
        pytest.param(at(), 0, False, id="never corrected"),
        pytest.param(at(0, 1, 2, 3), 4, False, id="four are not enough"),
        pytest.param(at(0, 1, 2, 3, 4), 5, True, id="five in seconds"),
        pytest.param(at(0, 60, 120, 180, 240), 299, True, id="five, one a minute"),
        pytest.param(at(0, 1, 2, 3, 4), 299, True, id="until the first of them is five minutes old"),
        pytest.param(at(0, 1, 2, 3, 4), 300, False, id="then no longer"),
        pytest.param(at(0, 600, 1200, 1800, 2400), 2401, False, id="a GitOps tool that comes every ten minutes"),
    ],
)
def test_five_corrections_in_five_minutes_are_a_war(corrections: list[datetime], now: float, war: bool) -> None:
    assert is_war(corrections, at(now)[0]) is war


def test_a_correction_waits_in_a_war_only() -> None:
    war = at(0, 1, 2, 3, 4)
    assert may_correct_at(war, *at(5)) == at(64)[0]
    assert may_correct_at(war, *at(70)) == at(70)[0]
    assert may_correct_at(war[1:], *at(5)) == at(5)[0]


def test_a_war_is_over_when_the_oldest_of_five_is_five_minutes_old() -> None:
    assert peace_at(at(0, 1, 2, 3, 4)) == at(300)[0]


def test_the_last_five_are_remembered() -> None:
    assert remembered(at(0, 1, 2, 3, 4), *at(9)) == at(1, 2, 3, 4, 9)


def test_a_correction_is_news_after_five_quiet_minutes() -> None:
    assert is_first([], *at(0))
    assert not is_first(at(0), *at(299))
    assert is_first(at(0), *at(300))


def test_a_writer_who_never_gives_up_is_corrected_five_times_and_then_once_a_minute() -> None:
    """Whoever resets the weights each second for ten minutes: the total stays small."""
    corrections: list[datetime] = []
    count = 0
    for now in at(*range(600)):
        if may_correct_at(corrections, now) <= now:
            corrections, count = remembered(corrections, now), count + 1
    assert count == 5 + 9
