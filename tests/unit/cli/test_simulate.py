"""What `tidegate simulate` tells: the release that the operator would make of a manifest, without a cluster."""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.cli.conftest import Result, Run

CANARY = Path(__file__).parents[3] / "examples" / "canary"
Raw = dict[str, Any]
LABELS = {"app": "shop"}


def rollout(steps: list[Raw], *, replicas: int = 4, routed: bool = False, **canary: Any) -> Raw:
    """A Rollout that needs nothing but itself, or with `routed` two Services and a route."""
    router = {
        "canaryService": "shop-canary",
        "stableService": "shop",
        "trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": "shop"}]}},
    }
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "shop", "image": "shop:2"}]}}
    strategy = {"canary": {**(router if routed else {}), "steps": steps, **canary}}
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "shop"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": LABELS},
            "template": template,
            "strategy": strategy,
        },
    }


def template(**metric: Any) -> Raw:
    provider = {"prometheus": {"query": 'errors{hash="{{canary.hash}}"}'}}
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": "judge"},
        "spec": {"metrics": [{"name": "errors", "provider": provider, **metric}]},
    }


@pytest.fixture
def simulate(tidegate: Run, tmp_path: Path) -> Run:
    """`simulate(manifest, …, "--scenario", "bad")` runs it on these manifests, with its data as JSON."""

    def run(*given: Any) -> Result:
        file = tmp_path / "manifest.yaml"
        file.write_text(yaml.safe_dump_all(each for each in given if isinstance(each, dict)))
        return tidegate("simulate", str(file), "-o", "json", *(each for each in given if isinstance(each, str)))

    return run


def course(result: Result) -> Raw:
    found: Raw = json.loads(result.out)["releases"][0]
    return found


def seen(result: Result) -> list[int]:
    """The weights that users met, in their order."""
    weights = [row["seen"] for row in course(result)["timeline"] if row["kind"] == "State"]
    return [weight for weight, before in zip(weights, [None, *weights], strict=False) if weight != before]


def test_the_example_goes_through_its_steps(tidegate: Run) -> None:
    result = tidegate("simulate", str(CANARY))
    assert result.code == 0
    assert result.out.splitlines()[-1] == "promoted: the new version has all the traffic"
    steps = [line[11:15].strip() for line in result.out.splitlines() if line.startswith("0:0")]
    assert [step for step in dict.fromkeys(steps) if step] == ["1/4", "2/4", "3/4", "4/4"]
    assert "Assumed: Rollout web: a version with the image previous runs already" in result.out


def test_the_same_input_gives_the_same_course(tidegate: Run) -> None:
    assert tidegate("simulate", str(CANARY), "-o", "json") == tidegate("simulate", str(CANARY), "-o", "json")


def test_a_version_that_is_bad_at_half_of_the_traffic_is_taken_back_there(tidegate: Run) -> None:
    result = tidegate("simulate", str(CANARY), "--scenario", "bad-at-50", "-o", "json")
    assert result.code == 1
    assert course(result)["outcome"] == "Aborted"
    assert "web-health" in course(result)["verdict"] or "error-rate" in course(result)["verdict"]
    assert max(seen(result)) == 50
    assert seen(result)[-1] == 0
    last = course(result)["timeline"][-1]
    assert (last["new"], last["old"]) == ({"ready": 0, "wanted": 0}, {"ready": 5, "wanted": 5})


def test_what_the_input_lacks_is_assumed_and_told(simulate: Run) -> None:
    steps: list[Raw] = [{"setWeight": 25}, {"analysis": {"templates": [{"templateName": "judge"}]}}]
    result = simulate(rollout(steps, routed=True))
    assert result.code == 0
    assert json.loads(result.out)["assumed"] == [
        "Service shop-canary, with spec.selector.matchLabels as its selector",
        "Service shop, with spec.selector.matchLabels as its selector",
        "HTTPRoute shop, with all traffic on shop",
        "AnalysisTemplate judge, which measures once, good below 1",
        "Rollout shop: a version with the image previous runs already",
    ]


def test_pods_that_never_answer_leave_the_release_standing(simulate: Run) -> None:
    result = simulate(rollout([{"setWeight": 25}], routed=True), "--scenario", "crash")
    assert result.code == 1
    assert course(result)["outcome"] is None
    assert "0 of 1 pods of ReplicaSet shop-" in course(result)["verdict"]
    assert seen(result) == [0]


def test_slow_pods_only_take_longer(simulate: Run) -> None:
    manifest = rollout([{"setWeight": 25}], routed=True)
    quick, slow = simulate(manifest), simulate(manifest, "--scenario", "slow-pods")
    assert (quick.code, slow.code) == (0, 0)
    assert course(slow)["seconds"] > course(quick)["seconds"] + 200


@pytest.mark.parametrize("scenario", ["no-data", "prometheus-down"])
def test_without_measurements_it_holds_and_is_neither_promoted_nor_taken_back(simulate: Run, scenario: str) -> None:
    steps: list[Raw] = [{"setWeight": 25}, {"analysis": {"templates": [{"templateName": "judge"}]}}]
    result = simulate(rollout(steps, routed=True), template(successCondition="result[0] < 1"), "--scenario", scenario)
    assert result.code == 1
    assert course(result)["outcome"] is None
    assert seen(result) == [0, 25]


def test_a_pause_without_an_end_is_promoted_once_each_time_or_left(simulate: Run) -> None:
    manifest = rollout([{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}], routed=True)
    result = simulate(manifest)
    assert result.code == 0
    said = [row["says"] for row in course(result)["timeline"] if row["kind"] == "Event"]
    assert said.count("promote: asked for by the simulation (--no-promote leaves it waiting)") == 2
    assert not [text for text in said if "Refused" in text]

    left = simulate(manifest, "--no-promote")
    assert left.code == 1
    assert course(left)["verdict"].startswith("it stands still: step 2 of 4 is a pause without an end")


@pytest.mark.parametrize("approvers", [{"users": ["ann@example.com"]}, {"groups": ["release-managers"]}])
def test_an_approval_is_given_as_one_of_its_approvers(simulate: Run, approvers: Raw) -> None:
    result = simulate(rollout([{"setWeight": 25}, {"approval": {"approvers": approvers}}], routed=True))
    assert (result.code, course(result)["outcome"]) == (0, "Promoted")


@pytest.mark.parametrize(
    "conditions",
    [
        {"successCondition": "result[0] >= 250 && result[0] <= 260"},
        {"successCondition": "result >= 0.995"},
        {"failureCondition": "result[0] > 0.05"},
        {"successCondition": "len(result) == 0 || result[0] < 2.5", "failureCondition": "result[0] > 7"},
    ],
)
def test_values_are_found_that_a_condition_calls_good_and_bad(simulate: Run, conditions: Raw) -> None:
    steps: list[Raw] = [{"setWeight": 25}, {"analysis": {"templates": [{"templateName": "judge"}]}}]
    manifest, judge = rollout(steps, routed=True), template(**conditions)
    assert simulate(manifest, judge).code == 0
    assert course(simulate(manifest, judge, "--scenario", "bad"))["outcome"] == "Aborted"


def test_an_analysis_without_end_holds_a_step_for_ever_and_is_named(simulate: Run) -> None:
    steps: list[Raw] = [{"setWeight": 25}, {"analysis": {"templates": [{"templateName": "judge"}]}}]
    result = simulate(rollout(steps, routed=True), template(interval="1m", successCondition="result[0] < 1"))
    assert result.code == 1
    assert "measures without end: give it a count" in course(result)["verdict"]


def test_without_a_router_the_pods_are_the_weight(simulate: Run) -> None:
    result = simulate(rollout([{"setWeight": 50}, {"pause": {"duration": "1m"}}]))
    assert (result.code, seen(result)[-1]) == (0, 0)
    assert {"ready": 2, "wanted": 2} in [row.get("new") for row in course(result)["timeline"]]


def test_several_rollouts_are_released_together(simulate: Run) -> None:
    other = rollout([{"setWeight": 50}])
    other["metadata"] = {"name": "cart"}
    result = simulate(rollout([{"setWeight": 25}]), other)
    assert [(each["name"], each["outcome"]) for each in json.loads(result.out)["releases"]] == [
        ("shop", "Promoted"),
        ("cart", "Promoted"),
    ]


def test_wrong_manifests_are_told_as_lint_tells_them(tidegate: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(rollout([{"setweight": 25}])))
    linted, result = tidegate("lint", str(file)), tidegate("simulate", str(file))
    assert result.code == 1
    assert result.out == ""
    assert result.err.splitlines() == linted.out.splitlines()


def test_standard_input_and_what_is_no_rollout(tidegate: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(yaml.safe_dump(rollout([{"setWeight": 25}]))))
    assert tidegate("simulate", "-").code == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO("kind: Namespace\napiVersion: v1\n"))
    nothing = tidegate("simulate", "-")
    assert (nothing.code, nothing.err) == (
        2,
        "tidegate: there is no Rollout in the input: name a file that holds one\n",
    )


def test_the_pods_of_a_referenced_deployment_are_released(simulate: Run) -> None:
    raw = rollout([{"setWeight": 50}, {"pause": {"duration": "10s"}}])
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "legacy"}
    referring = {**raw, "spec": {**{k: v for k, v in raw["spec"].items() if k != "template"}, "workloadRef": reference}}
    pods = {"template": raw["spec"]["template"], "selector": raw["spec"]["selector"]}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "legacy"}, "spec": pods}
    assert simulate(referring, deployment).out == simulate(raw).out
    alone = simulate(referring)
    said = "tidegate: Deployment legacy, which workloadRef names, is not in the input: name its file too\n"
    assert (alone.code, alone.err) == (2, said)


def test_a_scenario_that_is_not_there_is_told_with_those_that_are(tidegate: Run) -> None:
    result = tidegate("simulate", str(CANARY), "--scenario", "bad-at-140")
    assert result.code == 2
    assert "bad-at-WEIGHT" in result.err


def test_a_long_release_takes_a_moment(simulate: Run) -> None:
    steps = [step for weight in (5, 20, 40, 60, 80) for step in ({"setWeight": weight}, {"pause": {"duration": "48m"}})]
    began = time.process_time()
    result = simulate(rollout(steps, replicas=50, routed=True))
    assert time.process_time() - began < 2
    assert result.code == 0
    assert course(result)["seconds"] > 4 * 3600


def test_a_pause_of_days_is_no_standing_still(simulate: Run) -> None:
    result = simulate(rollout([{"setWeight": 25}, {"pause": {"duration": "72h"}}], routed=True))
    assert (result.code, course(result)["outcome"]) == (0, "Promoted")


OFFICE = {"timeZone": "Europe/Berlin", "windows": [{"cron": "0 9 * * MON-FRI", "duration": "8h"}]}


def waits(result: Result) -> list[str]:
    """What the release said that it waits for before its first weight."""
    return [row["says"] for row in course(result)["timeline"] if row["kind"] == "State" and not row["seen"]]


def test_on_a_friday_evening_it_waits_for_monday(simulate: Run) -> None:
    released = rollout([{"setWeight": 25}], routed=True)
    released["spec"]["schedule"] = OFFICE
    friday = simulate(released, "--at", "2026-11-27T17:00+01:00")
    assert friday.code == 0
    assert waits(friday)[0] == "the schedule opens Mon 2026-11-30 09:00 CET"
    assert course(friday)["seconds"] > 64 * 3600
    thursday = simulate(released, "--at", "2026-11-26T16:00Z")
    assert waits(thursday)[0] == "the schedule opens Fri 2026-11-27 09:00 CET"
    at_noon = simulate(released, "--at", "2026-11-27T12:00+01:00")
    assert not [says for says in waits(at_noon) if "schedule" in says]


def test_a_freeze_for_ever_is_told(simulate: Run) -> None:
    released = rollout([{"setWeight": 25}], routed=True)
    frozen = {"from": "2026-11-01T00:00:00Z", "to": "9999-12-31T00:00:00Z", "reason": "end of life"}
    released["spec"]["schedule"] = {"freezes": [frozen]}
    result = simulate(released, "--at", "2026-11-27T12:00Z")
    assert result.code == 1
    assert waits(result)[0] == "nothing moves on as long as this freeze is there: end of life"
    assert course(result)["verdict"] == f"no release begins: {waits(result)[0]}"


@pytest.mark.parametrize(("text", "says"), [("2026-11-27T17:00", "no time zone"), ("tomorrow", "2026-11-27T16:30")])
def test_a_moment_that_can_not_be_told_is_a_mistake(simulate: Run, text: str, says: str) -> None:
    result = simulate(rollout([{"setWeight": 25}]), "--at", text)
    assert (result.code, says in result.err) == (2, True)
