"""How `tidegate status` ends: the exit codes that pipelines rely on."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import FakeCluster, Run
from tests.unit.cli.objects import PATH, rollout

HEALTHY = {"phase": "Healthy", "waitingFor": None, "message": "revision 2 has all the traffic"}
DEGRADED = {"phase": "Degraded", "message": "revision 2 was taken back: error-rate failed"}


def test_a_release_that_gets_all_the_traffic_ends_with_0(api: FakeCluster, tidegate: Run) -> None:
    api.found = {PATH: rollout()}
    api.later = [rollout(phase="Progressing", waitingFor=None, message="moving on"), rollout(**HEALTHY)]
    result = tidegate("status", "shop")
    assert result.code == 0
    assert [line.split()[1] for line in result.out.splitlines()] == ["Paused,", "Progressing,", "Healthy,"]


def test_a_release_that_is_taken_back_ends_with_1_and_says_why(api: FakeCluster, tidegate: Run) -> None:
    api.found = {PATH: rollout()}
    api.later = [rollout(**DEGRADED)]
    result = tidegate("status", "shop")
    assert result.code == 1
    assert "taken back: error-rate failed" in result.err


def test_time_that_is_over_ends_with_3_and_says_what_it_waits_for(api: FakeCluster, tidegate: Run) -> None:
    api.found = {PATH: rollout()}
    result = tidegate("status", "shop", "--timeout", "90s")
    assert result.code == 3
    assert "not over after 1m30s: step 2 of 6 is a pause" in result.err


@pytest.mark.parametrize("end", [HEALTHY, DEGRADED])
def test_the_end_of_the_release_before_is_no_end_of_this_one(
    api: FakeCluster, tidegate: Run, end: dict[str, str]
) -> None:
    api.found = {PATH: rollout(**end, observedGeneration=1)}
    result = tidegate("status", "shop", "--timeout", "5s")
    assert result.code == 3
    assert "does it run?" in result.err


def test_data_for_programs(api: FakeCluster, tidegate: Run) -> None:
    api.found = {PATH: rollout(**HEALTHY)}
    result = tidegate("status", "shop", "-o", "json")
    assert json.loads(result.out)["phase"] == "Healthy"


@pytest.mark.parametrize("timeout", ["soon", "5 minutes", "-1"])
def test_a_timeout_that_is_none_is_a_mistake_in_the_command(tidegate: Run, timeout: str) -> None:
    assert tidegate("status", "shop", "--timeout", timeout).code == 2
