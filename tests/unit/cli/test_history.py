"""What `tidegate history` and `tidegate dora` tell of the releases that were."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from tests.unit.cli.conftest import FakeCluster, Run
from tests.unit.cli.objects import LIST, PATH, rollout
from tidegate.cli import words

Raw = dict[str, Any]
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def at(hours: float) -> str:
    """A moment so many hours ago."""
    return (NOW - timedelta(hours=hours)).isoformat()


def release(revision: int, began: float, ended: float | None, outcome: str | None, **more: Any) -> Raw:
    line = {
        "revision": revision,
        "podTemplateHash": f"h{revision}",
        "images": [f"shop:{revision}"],
        "startedAt": at(began),
    }
    end = {"finishedAt": at(ended), "outcome": outcome} if ended is not None else {}
    return {**line, **end, **more}


HISTORY = [
    release(1, 100, 99, "Promoted"),
    release(2, 90, 89.5, "Promoted", cadenceSeconds=32400.0, stepSeconds=[60.0, 1200.0]),
    release(3, 80, 79.9, "Aborted", cadenceSeconds=34200.0, cause="aborted by jane: red", requester="jane"),
    release(4, 70, 69, "Superseded", cadenceSeconds=35640.0),
    release(5, 69, None, None, cadenceSeconds=0.0),
]


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "now", lambda: NOW)


@pytest.fixture
def shop(api: FakeCluster) -> FakeCluster:
    api.found = {PATH: rollout(history=HISTORY), LIST: [rollout(history=HISTORY)]}
    return api


def test_the_last_release_comes_first_and_the_rhythm_at_the_end(shop: FakeCluster, tidegate: Run) -> None:
    result = tidegate("history", "shop")
    head, *lines, rhythm = result.out.splitlines()
    assert head.split() == ["REVISION", "STARTED", "DURATION", "OUTCOME", "T(D)", "BY", "IMAGES", "CAUSE"]
    started = [
        datetime.fromisoformat(at(hours)).astimezone().strftime("%Y-%m-%d %H:%M:%S") for hours in (69, 70, 80, 90, 100)
    ]
    assert [" ".join(line.split()) for line in lines] == [
        f"5 {started[0]} under way 0s shop:5",
        f"4 {started[1]} 1h Superseded 9h54m shop:4",
        f"3 {started[2]} 6m Aborted 9h30m jane shop:3 aborted by jane: red",
        f"2 {started[3]} 30m Promoted 9h shop:2",
        f"1 {started[4]} 1h Promoted shop:1",
    ]
    assert rhythm == "Cadence: T(D) was 0s for the last release, 9h15m in the middle of 4"


def test_wide_adds_the_hash_and_how_long_the_steps_took(shop: FakeCluster, tidegate: Run) -> None:
    lines = tidegate("history", "shop", "-o", "wide").out.splitlines()
    assert lines[0].split()[-2:] == ["HASH", "STEPS"]
    assert lines[4].split()[-3:] == ["h2", "1m,", "20m"]


@pytest.mark.parametrize(("form", "load"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_history_as_data(shop: FakeCluster, tidegate: Run, form: str, load: Any) -> None:
    found = load(tidegate("history", "shop", "-o", form).out)
    assert [each["revision"] for each in found] == [1, 2, 3, 4, 5]
    assert (found[2]["outcome"], found[2]["durationSeconds"], found[2]["cadenceSeconds"]) == ("Aborted", 360.0, 34200.0)
    assert found[4]["durationSeconds"] is None


def test_before_the_first_release(api: FakeCluster, tidegate: Run) -> None:
    api.found = {PATH: rollout(history=None)}
    assert tidegate("history", "shop").out == "there was no release of shop yet\n"
    assert "no release that began in the last 90 days has ended" in tidegate("dora", "shop").out


def test_the_first_release_has_no_cadence(api: FakeCluster, tidegate: Run) -> None:
    api.found = {PATH: rollout(history=HISTORY[:1])}
    assert tidegate("history", "shop").out.splitlines()[-1] == "Cadence: there is only one release"


def test_the_four_numbers(shop: FakeCluster, tidegate: Run) -> None:
    assert json.loads(tidegate("dora", "shop", "-o", "json").out) == {
        "rollouts": 1,
        "since": "2026-01-27T08:00:00.000Z",
        "releases": 3,
        "deployments": 2,
        "failures": 1,
        "deploymentsPerDay": pytest.approx(2 / (100 / 24)),
        "leadTimeSeconds": 2700.0,
        "changeFailureRate": pytest.approx(1 / 3),
        "timeToRestoreSeconds": pytest.approx(360.0),
    }
    shown = tidegate("dora").out
    assert shown.splitlines()[0] == "1 Rollouts in default: 3 releases that began in the last 90 days have ended"
    assert "33% (1 of 3)" in shown


def test_a_version_from_before_that_comes_back_makes_the_one_between_a_failure(api: FakeCluster, tidegate: Run) -> None:
    back = release(3, 50, 49, "Promoted", podTemplateHash="h1")
    api.found = {PATH: rollout(history=[release(1, 100, 99, "Promoted"), release(2, 90, 89, "Promoted"), back])}
    found = json.loads(tidegate("dora", "shop", "-o", "json").out)
    assert (found["failures"], found["deployments"]) == (1, 3)
    assert found["timeToRestoreSeconds"] == 40 * 3600


def test_only_the_days_that_are_asked_for(shop: FakeCluster, tidegate: Run) -> None:
    found = json.loads(tidegate("dora", "shop", "--days", "3", "-o", "json").out)
    assert (found["releases"], found["leadTimeSeconds"], found["changeFailureRate"]) == (0, None, None)
