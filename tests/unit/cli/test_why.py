"""The story that `tidegate why` tells."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import FakeCluster, Run
from tests.unit.cli.objects import EVENTS, PATH, RUNS, release, rollout, run
from tidegate.cli.story import WAYS

CORE = Path(__file__).parents[3] / "operator" / "tidegate" / "core" / "rollout"


def reasons() -> set[str]:
    """Every reason that a release can wait for, read from the code that decides."""
    calls = (node for path in CORE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text())))
    waits = (node for node in calls if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Wait")
    firsts = (node.args[0] for node in waits if node.args)
    return {first.value for first in firsts if isinstance(first, ast.Constant)}


def test_every_wait_has_an_end_and_something_to_do() -> None:
    assert len(reasons()) > 5
    assert reasons() - WAYS.keys() == set()


def test_a_release_that_waits_for_a_person(api: FakeCluster, tidegate: Run) -> None:
    api.found = release()
    lines = tidegate("why", "shop").out.splitlines()
    assert lines[0] == "What has happened"
    assert lines[1].startswith("  Revision 2 (shop:2) began ")
    assert lines[1].endswith(" ago, 2h after the end of the one before.")
    assert "  AnalysisRun shop-new-2 is Running (3 good, 1 bad, 0 undecided measurements, 0 errors)." in lines
    assert "  step 2 of 6 is a pause without an end." in lines
    assert "  Somebody promotes it." in lines
    assert "  `tidegate promote shop` lets it go on, `tidegate abort shop` takes it back." in lines


def test_a_pause_with_an_end_tells_when(api: FakeCluster, tidegate: Run) -> None:
    wait = {"reason": "Paused", "message": "a pause", "until": "2199-01-31T12:00:00Z"}
    api.found = release() | {PATH: rollout(waitingFor=wait)}
    shown = tidegate("why", "shop").out
    assert "It ends by itself at " in shown
    assert "Or: somebody promotes it." in shown


def test_an_aborted_release_tells_its_cause_and_that_git_still_names_it(api: FakeCluster, tidegate: Run) -> None:
    last = {
        **rollout()["status"]["history"][0],
        "finishedAt": "2026-01-31T12:05:00Z",
        "outcome": "Aborted",
        "cause": "error-rate is 0.2",
    }
    api.found = release() | {
        PATH: rollout(phase="Degraded", abort=True, waitingFor=None, history=[last]),
        RUNS: [run("shop-new-2", "Failed", "error-rate failed")],
    }
    shown = tidegate("why", "shop").out
    assert "It was taken back " in shown
    assert "error-rate is 0.2" in shown
    assert "AnalysisRun shop-new-2 is Failed" in shown
    assert "`tidegate undo shop --print`" in shown
    assert "`tidegate retry shop`" in shown


def test_who_approved_is_told_when_the_events_are_long_gone(api: FakeCluster, tidegate: Run) -> None:
    given = {"step": 1, "stepHash": "abc", "by": "ann", "reason": "looks good", "at": "2026-01-31T12:00:10Z"}
    last = {
        "revision": 2,
        "podTemplateHash": "new",
        "images": ["shop:2"],
        "startedAt": "2026-01-31T12:00:00Z",
        "approvals": [given],
    }
    api.found = release() | {PATH: rollout(history=[last])}
    shown = tidegate("why", "shop").out
    assert "Step 2 was approved by ann " in shown
    assert "ago: looks good." in shown


def test_events_of_this_release_are_told_and_older_ones_are_not(api: FakeCluster, tidegate: Run) -> None:
    old = {"reason": "ReleaseCompleted", "message": "revision 1", "lastTimestamp": "2026-01-30T12:00:00Z"}
    new = {"reason": "StepCompleted", "message": "step 1 of 6", "eventTime": "2026-01-31T12:01:00.000000Z"}
    api.found = release() | {EVENTS: [new, old]}
    shown = tidegate("why", "shop").out
    assert "StepCompleted: step 1 of 6" in shown
    assert "revision 1" not in shown


def test_nothing_to_wait_for(api: FakeCluster, tidegate: Run) -> None:
    api.found = release() | {PATH: rollout(phase="Healthy", waitingFor=None)}
    assert "Nothing: no release is on its way." in tidegate("why", "shop").out


@pytest.mark.parametrize("status", [{"phase": None}, {"observedGeneration": 1}])
def test_an_operator_that_has_not_looked_is_told(api: FakeCluster, tidegate: Run, status: dict[str, object]) -> None:
    api.found = release() | {PATH: rollout(**status)}
    assert "the operator has not looked at" in tidegate("why", "shop").out.lower()


def test_data_for_programs(api: FakeCluster, tidegate: Run) -> None:
    api.found = release()
    story = json.loads(tidegate("why", "shop", "-o", "json").out)
    assert story["What ends the wait"] == ["Somebody promotes it."]
