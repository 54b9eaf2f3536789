"""Requests: what is written, in whose name, and what becomes of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.cli.conftest import FakeCluster, Run
from tests.unit.cli.objects import PATH, rollout

ACTIONS = {
    "promote": ("promote",),
    "promoteFull": ("promote", "--full"),
    "skipStep": ("skip-step",),
    "approve": ("approve",),
    "abort": ("abort",),
    "retry": ("retry",),
    "pause": ("pause",),
    "resume": ("resume",),
    "restart": ("restart",),
}


def answered(outcome: str, message: str, *, as_id: str | None = None) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(patch: dict[str, Any]) -> dict[str, Any]:
        request = asked(patch)
        last = {
            "id": as_id or request["id"],
            "action": request["action"],
            "outcome": outcome,
            "message": message,
            "at": "2026-01-31T12:00:00Z",
        }
        return rollout(lastRequest=last)

    return answer


def asked(patch: dict[str, Any]) -> dict[str, Any]:
    return json.loads(patch["metadata"]["annotations"]["tidegate.dev/request"])


@pytest.mark.parametrize("action", ACTIONS)
def test_the_request_is_meant_for_this_release_and_carries_the_users_own_name(
    api: FakeCluster, tidegate: Run, action: str
) -> None:
    api.found, api.answer = {PATH: rollout()}, answered("Done", "as you wish")
    command, *flags = ACTIONS[action]
    result = tidegate(command, "shop", *flags, "--reason", "looks good")
    assert (result.code, result.out) == (0, f"{action}: as you wish\n")
    _, path, patch = api.writes[-1]
    request = asked(patch)
    assert path == PATH
    assert (request["action"], request["revision"], request["reason"]) == (action, 2, "looks good")
    assert patch["metadata"]["annotations"]["tidegate.dev/requested-by"] == "jane@example.com"


@pytest.mark.parametrize(
    ("command", "step"), [("promote", 1), ("skip-step", 1), ("approve", 1), ("abort", None), ("pause", None)]
)
def test_what_passes_a_step_is_meant_for_one_step(
    api: FakeCluster, tidegate: Run, command: str, step: int | None
) -> None:
    # An abort that comes when the step has just ended must still abort.
    api.found, api.answer = {PATH: rollout()}, answered("Done", "")
    tidegate(command, "shop")
    assert asked(api.writes[-1][2]).get("step") == step


def test_only_groups_that_may_approve_here_are_told(api: FakeCluster, tidegate: Run) -> None:
    steps = [{"approval": {"approvers": {"groups": ["sre", "leads"]}}}, {"setWeight": 50}]
    shop = rollout()
    shop["spec"] = {**shop.get("spec", {}), "strategy": {"canary": {"steps": steps}}}
    api.found, api.answer, api.groups = {PATH: shop}, answered("Done", ""), ["system:authenticated", "sre", "chess"]
    tidegate("approve", "shop")
    assert api.writes[-1][2]["metadata"]["annotations"]["tidegate.dev/requested-groups"] == "sre"


def test_the_groups_of_whoever_asked_before_are_taken_away(api: FakeCluster, tidegate: Run) -> None:
    api.found, api.answer = {PATH: rollout()}, answered("Done", "")
    tidegate("promote", "shop")
    assert api.writes[-1][2]["metadata"]["annotations"]["tidegate.dev/requested-groups"] is None


def test_two_requests_never_have_the_same_id(api: FakeCluster, tidegate: Run) -> None:
    api.found, api.answer = {PATH: rollout()}, answered("Done", "")
    tidegate("promote", "shop")
    tidegate("promote", "shop")
    first, second = (asked(patch)["id"] for kind, _, patch in api.writes if kind == "merge")
    assert first != second


def test_a_refusal_ends_with_1_and_says_why(api: FakeCluster, tidegate: Run) -> None:
    api.found, api.answer = {PATH: rollout()}, answered("Refused", "there is nothing to retry")
    result = tidegate("retry", "shop")
    assert (result.code, result.out) == (1, "")
    assert "refused: there is nothing to retry" in result.err


def test_the_answer_to_somebody_elses_request_is_not_ours(api: FakeCluster, tidegate: Run) -> None:
    api.found, api.answer = {PATH: rollout()}, answered("Done", "hello", as_id="another")
    result = tidegate("promote", "shop", "--timeout", "1s")
    assert result.code == 3
    assert "does the operator run?" in result.err


def test_data_for_programs(api: FakeCluster, tidegate: Run) -> None:
    api.found, api.answer = {PATH: rollout()}, answered("Refused", "no")
    result = tidegate("abort", "shop", "-o", "json")
    assert result.code == 1
    assert json.loads(result.out)["outcome"] == "Refused"
