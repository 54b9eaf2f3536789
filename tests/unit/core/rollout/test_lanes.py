"""Header and mirror routes: which are asked for at which step, and what has to be so before they stand or go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    HALF,
    NEW,
    NEW_NAME,
    OLD,
    OLD_NAME,
    PAUSE,
    Step,
    aborted,
    over,
    route,
    rs,
    scene,
    service,
    services,
    split,
)
from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.core.actions import Merge
from tidegate.core.rollout.lanes import left_canary, next_lanes
from tidegate.core.rollout.reach import pods_in_use
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps import advance
from tidegate.core.rollout.steps.outcome import Done, Wait
from tidegate.core.rollout.targets import canary_size_of_steps, managed_routes
from tidegate.core.rollout.traffic import divide
from tidegate.core.world import SplitView

TESTERS: Step = {
    "setHeaderRoute": {"name": "testers", "match": [{"headerName": "x-tester", "headerValue": {"prefix": "a.b"}}]}
}
COPIES: Step = {"setMirrorRoute": {"name": "copies", "percentage": 30, "match": [{"path": {"prefix": "/api"}}]}}
NO_TESTERS: Step = {"setHeaderRoute": {"name": "testers"}}
TESTERS_LANE = {
    "name": "testers",
    "match": [{"headers": [{"name": "x-tester", "type": "RegularExpression", "value": r"a\.b.*"}]}],
    "backend": "web-canary",
}
COPIES_LANE = {
    "name": "copies",
    "match": [{"path": {"type": "PathPrefix", "value": "/api"}, "headers": []}],
    "mirror": {"backend": "web-canary", "percent": 30},
}
ROUTING = {
    "gatewayAPI": {"httpRoutes": [{"name": "web"}]},
    "managedRoutes": [{"name": "copies"}, {"name": "testers"}],
}


def laned(weight: int, *lanes: Any) -> SplitView:
    """The TrafficSplit with these lanes."""
    plain = split(weight)
    assert plain.spec is not None
    spec = {**plain.spec.model_dump(mode="json", exclude_none=True), "lanes": list(lanes)}
    return SplitView(plain.meta, TrafficSplitSpec.model_validate(spec), plain.status)


def at(*steps: Step, index: int = 0, **fields: Any) -> Scene:
    return scene(*steps, index=index, canary={"trafficRouting": ROUTING}, **fields)


@pytest.mark.parametrize(
    ("steps", "index", "names"),
    [
        pytest.param([TESTERS, PAUSE], 0, ["testers"], id="from its own step on"),
        pytest.param([PAUSE, TESTERS], 0, [], id="not before it"),
        pytest.param([TESTERS, COPIES, PAUSE], 2, ["copies", "testers"], id="in the order of managedRoutes"),
        pytest.param([TESTERS, COPIES, NO_TESTERS], 2, ["copies"], id="until a step takes it away"),
        pytest.param([TESTERS], 1, [], id="not after the last step"),
    ],
)
def test_which_lanes_the_steps_ask_for(steps: list[Step], index: int, names: list[str]) -> None:
    assert [lane.name for lane in next_lanes(at(*steps, index=index))] == names


def test_the_split_carries_them_whole() -> None:
    (merge,) = divide(at(TESTERS, COPIES, index=1))
    assert isinstance(merge, Merge)
    assert merge.patch["spec"]["lanes"] == [
        {**COPIES_LANE},
        {**TESTERS_LANE},
    ]


def test_those_that_go_are_named_in_the_patch() -> None:
    (merge,) = divide(at(TESTERS, NO_TESTERS, index=1, split=laned(0, TESTERS_LANE)))
    assert isinstance(merge, Merge)
    assert merge.patch["spec"]["lanes"] is None


NOBODY = services(service("web-canary", NEW, {NEW_NAME: 0}), service("web", OLD, {OLD_NAME: 5}))


def test_no_lane_is_asked_for_while_nobody_answers() -> None:
    assert next_lanes(at(TESTERS, services=NOBODY, new=rs(NEW, 1, 0))) == ()


def test_a_lane_goes_when_nobody_answers_any_more() -> None:
    view = at(TESTERS, PAUSE, index=1, split=laned(0, TESTERS_LANE), services=NOBODY, new=rs(NEW, 1, 0))
    assert next_lanes(view) == ()


def test_a_lane_stays_while_some_of_the_pods_are_lost_and_no_other_comes() -> None:
    some = services(service("web-canary", NEW, {NEW_NAME: 1}), service("web", OLD, {OLD_NAME: 5}))
    view = at(TESTERS, HALF, COPIES, index=2, split=laned(0, TESTERS_LANE), services=some, new=rs(NEW, 3, 1))
    assert [lane.name for lane in next_lanes(view)] == ["testers"]


def test_an_abort_takes_them_away_at_once() -> None:
    view = aborted(TESTERS, canary={"trafficRouting": ROUTING}, split=laned(0, TESTERS_LANE))
    assert next_lanes(view) == ()


@pytest.mark.parametrize(
    ("asked", "carried", "left"),
    [
        pytest.param([], {}, True, id="none asked for, none seen"),
        pytest.param([TESTERS_LANE], {"lanes": ("testers",)}, False, id="one stands"),
        pytest.param([], {"strays": ("testers",)}, False, id="one is still seen"),
        pytest.param([], {"accepted": False}, False, id="gone and not taken over"),
    ],
)
def test_the_canary_is_left_when_no_rule_is_seen_any_more(
    asked: list[Any], carried: dict[str, Any], left: bool
) -> None:
    view = aborted(TESTERS, canary={"trafficRouting": ROUTING}, split=laned(0, *asked), routes=(route(0, **carried),))
    assert left_canary(view) is left
    assert view.new is not None
    assert (pods_in_use(view, view.new) == 0) is left


def test_a_lane_needs_a_pod_at_weight_0_whatever_the_scale_says() -> None:
    assert canary_size_of_steps(at(TESTERS)) == 1
    assert canary_size_of_steps(at({"setCanaryScale": {"replicas": 0}}, TESTERS, index=1)) == 1
    assert canary_size_of_steps(at({"setCanaryScale": {"replicas": 3}}, TESTERS, index=1)) == 3
    assert canary_size_of_steps(at(TESTERS, NO_TESTERS, index=1)) == 0


def test_the_step_waits_for_the_pods_then_for_the_route() -> None:
    assert advance(at(TESTERS, new=0)) == Wait(
        "PodsNotAvailable", f"0 of 1 pods of ReplicaSet {NEW_NAME} are available", on_pods=True
    )
    late = advance(at(TESTERS, split=laned(0, TESTERS_LANE)))
    assert late == Wait(
        "ManagedRouteNotSeen",
        "managed routes testers are asked for and that is not in force yet; HTTPRoute web carries no managed route",
    )
    there = at(TESTERS, split=laned(0, TESTERS_LANE), routes=(route(0, lanes=("testers",)),))
    assert advance(there) == Done(fleeting=True)


def test_a_step_that_takes_away_waits_until_it_is_seen_gone_and_for_no_pods() -> None:
    steps = (TESTERS, NO_TESTERS)
    assert isinstance(advance(at(*steps, index=1, new=0, routes=(route(0, strays=("testers",)),))), Wait)
    assert advance(at(*steps, index=1, new=0)) == Done(fleeting=True)


EMPTY = services(service("web-canary", NEW, {NEW_NAME: 1}), service("web", OLD, {OLD_NAME: 0}))


def test_whoever_a_rule_serves_stays_served_while_nobody_else_answers() -> None:
    view = aborted(TESTERS, canary={"trafficRouting": ROUTING}, split=laned(0, TESTERS_LANE), services=EMPTY)
    assert [lane.name for lane in next_lanes(view)] == ["testers"]


@pytest.mark.parametrize(("delay", "names"), [(30, ["testers"]), (0, [])])
def test_at_the_end_rules_go_in_one_write_with_the_weight(delay: int, names: list[str]) -> None:
    canary = {"trafficRouting": ROUTING, "scaleDownDelaySeconds": delay}
    view = scene(TESTERS, index=1, new=5, canary=canary, split=laned(0, TESTERS_LANE))
    assert [lane.name for lane in next_lanes(view)] == names


def test_no_rule_is_said_to_go_that_stays() -> None:
    (merge,) = divide(at(TESTERS, COPIES, index=1, split=laned(0, TESTERS_LANE)))
    assert isinstance(merge, Merge)
    assert [lane["name"] for lane in merge.patch["spec"]["lanes"]] == ["copies", "testers"]


def test_the_pod_that_a_rule_leads_to_stays_under_a_scale_too() -> None:
    carried = (route(0, lanes=("testers",)),)
    view = at({"setCanaryScale": {"replicas": 0}}, TESTERS, index=1, split=laned(0, TESTERS_LANE), routes=carried)
    assert view.new is not None
    assert pods_in_use(view, view.new) == 1
    elsewhere = services(service("web-canary", OLD, {OLD_NAME: 5}), service("web", OLD, {OLD_NAME: 5}))
    aside = at(TESTERS, split=laned(0, TESTERS_LANE), services=elsewhere, routes=(route(0, lanes=("testers",)),))
    assert aside.new is not None
    assert pods_in_use(aside, aside.new) == 0


def test_what_a_step_that_takes_away_waits_for_is_told() -> None:
    view = at(TESTERS, NO_TESTERS, index=1, split=laned(0), routes=(route(0, strays=("testers", "copies")),))
    assert advance(view) == Wait(
        "ManagedRouteNotSeen",
        "no managed route is asked for any more and that is not in force yet; "
        "HTTPRoute web carries managed routes testers, copies",
    )


def test_what_a_route_lacks_is_told_of_each() -> None:
    seen = (route(0, message="late"), route(0, name="inner", problem="gone"), route(0, name="third"))
    outcome = advance(at(TESTERS, split=laned(0, TESTERS_LANE), routes=seen))
    assert isinstance(outcome, Wait)
    assert outcome.message.endswith("; late; gone; HTTPRoute third carries no managed route")


def test_a_step_that_takes_away_waits_for_no_pods_even_when_some_are_lacking() -> None:
    half = at(HALF, TESTERS, NO_TESTERS, index=2, new=rs(NEW, 3, 1), weight=50)
    assert advance(half) == Done(fleeting=True)


@pytest.mark.parametrize(
    ("view", "names"),
    [
        pytest.param(at(TESTERS, PAUSE, index=1), ["testers"], id="on the way"),
        pytest.param(at(TESTERS, index=1), [], id="the steps are done"),
        pytest.param(at(TESTERS, PAUSE, index=1, spec={"replicas": 0}), [], id="size 0"),
        pytest.param(aborted(TESTERS, canary={"trafficRouting": ROUTING}), [], id="taken back"),
        pytest.param(
            over(TESTERS, canary={"trafficRouting": ROUTING}, status={"current_step_index": 0}), [], id="promoted"
        ),
    ],
)
def test_which_rules_the_steps_have_set(view: Scene, names: list[str]) -> None:
    assert [found.name for found in managed_routes(view)] == names
