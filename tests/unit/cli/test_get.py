"""What `tidegate get` shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.unit.cli.conftest import FakeCluster, Run
from tests.unit.cli.objects import LIST, PATH, PODS, SETS, pod, release, replicaset, rollout


def test_the_tree_of_a_release(api: FakeCluster, tidegate: Run) -> None:
    api.found = release()
    result = tidegate("get", "shop")
    assert result.code == 0
    assert result.out.splitlines() == [
        "Rollout    shop in default",
        "Phase      Paused",
        "Message    step 2 of 6 is a pause",
        "Step       2 of 6: pause 10s",
        "Weight     20 % seen",
        "Waits for  step 2 of 6 is a pause without an end",
        "Pods       5 wanted, 6 ready, 6 available",
        "",
        "revision 2 canary  shop:2",
        "├── ReplicaSet shop-new  1/1 ready",
        "│   └── Pod shop-new-1  Running  1/1 ready  2 restarts",
        "└── AnalysisRun shop-new-2 (background)  Running  3 good, 1 bad, 0 undecided, 0 errors",
        "revision 1 stable  shop:1",
        "└── ReplicaSet shop-old  5/5 ready",
        "    └── Pod shop-old-1  Running  1/1 ready",
        "kept without pods: revision 0",
    ]


def test_off_a_terminal_there_are_no_colours(api: FakeCluster, tidegate: Run) -> None:
    api.found = release()
    assert "\x1b" not in tidegate("get", "shop").out
    assert "\x1b" not in tidegate("get").out


def test_text_from_outside_is_data(api: FakeCluster, tidegate: Run) -> None:
    hostile = "[bold red]hi[/] \x1b[2J\x1b]0;title\x07 [link=http://x]y[/link]"
    api.found = release() | {
        PATH: rollout(message=hostile, waitingFor={"reason": "X", "message": hostile}),
        SETS: [replicaset("new", 2, 1)],
        PODS: [pod("shop-new-1", "new", phase="[blink]Running")],
    }
    shown = tidegate("get", "shop").out
    assert "[bold red]hi[/]" in shown
    assert "[blink]Running" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_a_weight_that_no_route_carries_yet_is_told_apart(api: FakeCluster, tidegate: Run) -> None:
    weights = {"canary": {"weight": 20}, "stable": {"weight": 80}, "asked": 40, "verified": False}
    api.found = release() | {PATH: rollout(canary={"weights": weights})}
    assert "40 % asked, 20 % seen" in tidegate("get", "shop").out


def test_the_weight_of_a_release_that_is_over_is_that_of_the_stable_version(api: FakeCluster, tidegate: Run) -> None:
    weights = {"canary": {"weight": 0}, "stable": {"weight": 100}, "asked": 0, "verified": True}
    api.found = release() | {PATH: rollout(stableRS="new", canary={"weights": weights})}
    assert "100 % on the stable version" in tidegate("get", "shop").out


def test_a_pause_on_request_is_told_beside_another_wait(api: FakeCluster, tidegate: Run) -> None:
    pause = {"reason": "PauseRequest", "startTime": "2026-01-31T12:00:00Z"}
    api.found = release() | {PATH: rollout(pauseConditions=[pause])}
    assert "no step is taken before `tidegate resume shop`" in tidegate("get", "shop").out
    assert "no step is taken before `tidegate resume shop`" in tidegate("why", "shop").out


def test_a_wait_tells_since_when_and_until_when(api: FakeCluster, tidegate: Run) -> None:
    wait = {"reason": "Paused", "message": "a pause", "since": "2026-01-31T12:00:00Z", "until": "2199-01-31T12:00:00Z"}
    api.found = release() | {PATH: rollout(waitingFor=wait)}
    shown = tidegate("get", "shop").out
    assert "a pause (for " in shown
    assert "until " in shown


def test_a_status_of_nobody_is_no_obstacle(api: FakeCluster, tidegate: Run) -> None:
    broken = rollout()
    broken["status"] = {"phase": "Sideways"}
    broken["spec"]["strategy"] = "canary"
    api.found = release() | {PATH: broken}
    result = tidegate("get", "shop")
    assert result.code == 0
    assert "not seen yet" in result.out


def test_the_list(api: FakeCluster, tidegate: Run) -> None:
    api.found = release()
    rows = [line.split() for line in tidegate("get").out.splitlines()]
    assert rows[0] == ["NAMESPACE", "NAME", "PHASE", "STEP", "WEIGHT", "READY", "WAITS", "FOR"]
    assert rows[1][:6] == ["default", "shop", "Paused", "1/6", "20", "6/5"]


def test_an_empty_list_says_where_it_looked(api: FakeCluster, tidegate: Run) -> None:
    result = tidegate("get")
    assert result.code == 0
    assert "no Rollouts in namespace default" in result.out


def test_data_for_programs(api: FakeCluster, tidegate: Run) -> None:
    api.found = release()
    tree = json.loads(tidegate("get", "shop", "-o", "json").out)
    assert tree["name"] == "shop"
    assert tree["status"]["waitingFor"]["reason"] == "Paused"
    assert [revision["number"] for revision in tree["revisions"]] == [2, 1, 0]
    assert tree["revisions"][0]["roles"] == ["canary"]
    assert tree["revisions"][0]["podHash"] == "new"
    assert yaml.safe_load(tidegate("get", "shop", "-o", "yaml").out) == tree
    assert json.loads(tidegate("get", "-o", "json").out) == api.found[LIST]


def test_watching_into_a_file_writes_a_line_for_each_change(api: FakeCluster, tidegate: Run) -> None:
    api.found = release()
    api.later = [rollout(), rollout(phase="Healthy", waitingFor=None, message="all the traffic", step="6/6")]
    lines = tidegate("get", "shop", "-w").out.splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("Paused, step 1/6, weight 20 % seen: step 2 of 6 is a pause without an end")
    assert lines[1].endswith("Healthy, step 6/6, weight 20 % seen: all the traffic")


def test_watch_and_output_do_not_go_together(api: FakeCluster, tidegate: Run) -> None:
    result = tidegate("get", "shop", "-w", "-o", "json")
    assert result.code == 2
    assert "without -o" in result.err


HEADER = {"setHeaderRoute": {"name": "testers", "match": [{"headerName": "x-tester", "headerValue": {"exact": "yes"}}]}}
MIRROR = {"setMirrorRoute": {"name": "copies", "percentage": 30, "match": [{"method": {"exact": "GET"}}]}}


@pytest.mark.parametrize(
    ("steps", "index", "shown"),
    [
        pytest.param([HEADER, {"pause": {}}], 1, "testers: requests with x-tester to the canary", id="header"),
        pytest.param([MIRROR, {"pause": {}}], 1, "copies: copies of 30 % to the canary", id="mirror"),
        pytest.param([HEADER, {"setHeaderRoute": {"name": "testers"}}], 1, "", id="removed"),
        pytest.param([{"pause": {}}, HEADER], 0, "", id="not yet"),
    ],
)
def test_who_meets_the_new_version_whatever_its_weight(
    api: FakeCluster, tidegate: Run, steps: list[Any], index: int, shown: str
) -> None:
    raw = rollout(currentStepIndex=index)
    raw["spec"]["strategy"]["canary"]["steps"] = steps
    api.found = release() | {PATH: raw}
    lines = [line for line in tidegate("get", "shop").out.splitlines() if line.startswith("Routes")]
    assert lines == ([f"Routes     {shown}"] if shown else [])
    assert (f"Managed routes: {shown}." in tidegate("why", "shop").out) is bool(shown)
