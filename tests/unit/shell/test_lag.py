"""A status that holds no decision waits, but not for long, and not anew at each change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.unit.observe import raws
from tidegate.core.actions import STATUS_LAG, Merge, Plan, Resource
from tidegate.core.objects import Key
from tidegate.observe.fields import meta_view
from tidegate.shell.lag import StatusLag

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = Key("Rollout", "shop", "web")
STATUS = Merge(Resource.ROLLOUTS, meta_view(raws.rollout()), {"status": {"replicas": 3}}, status=True)
SECOND = timedelta(seconds=1)


def test_a_decision_is_written_at_once() -> None:
    assert StatusLag().wait(KEY, Plan(status=STATUS, urgent=True), NOW) is None


def test_a_plan_without_a_status_waits_for_nothing() -> None:
    assert StatusLag().wait(KEY, Plan(), NOW) is None


def test_counts_wait_from_their_first_difference_on_whatever_changes_meanwhile() -> None:
    lag = StatusLag()
    assert lag.wait(KEY, Plan(status=STATUS), NOW) == STATUS_LAG
    assert lag.wait(KEY, Plan(status=STATUS), NOW + SECOND) == STATUS_LAG - SECOND
    assert lag.wait(KEY, Plan(status=STATUS), NOW + STATUS_LAG) is None


def test_what_was_written_or_came_to_nothing_begins_anew() -> None:
    lag = StatusLag()
    lag.wait(KEY, Plan(status=STATUS), NOW)
    lag.forget(KEY)
    assert lag.wait(KEY, Plan(status=STATUS), NOW + SECOND) == STATUS_LAG
    lag.wait(KEY, Plan(), NOW + SECOND)
    assert lag.wait(KEY, Plan(status=STATUS), NOW + 2 * SECOND) == STATUS_LAG


def test_each_object_has_its_own_time() -> None:
    lag = StatusLag()
    lag.wait(KEY, Plan(status=STATUS), NOW)
    assert lag.wait(Key("Rollout", "shop", "api"), Plan(status=STATUS), NOW + SECOND) == STATUS_LAG
