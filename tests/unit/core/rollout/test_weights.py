"""The canary's weight: asked for, seen, in force."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    NEW,
    OLD,
    THIRD,
    meta,
    route,
    rs,
    scene,
    split,
)
from tidegate.api.trafficsplit import TrafficSplitSpec, TrafficSplitStatus
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.weights import asked, percent, seen, verified
from tidegate.core.world import RouteView, SplitView

TWO_ROUTES = {"trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": "web"}, {"name": "inner"}]}}}


def test_what_is_asked_is_what_the_split_says() -> None:
    assert asked(scene(weight=20)) == 20
    assert asked(scene(weight=None)) is None


@pytest.mark.parametrize(
    ("routes", "carried"),
    [
        pytest.param([], None, id="no route could be read"),
        pytest.param([RouteView("web", problem="it does not exist")], None, id="it carries nothing of ours"),
        pytest.param([route(20)], 20, id="one"),
        pytest.param([route(20), route(50)], 50, id="the greatest of two"),
        pytest.param([route(20), RouteView("inner", problem="gone")], 20, id="one of two can't be read"),
        pytest.param([RouteView("web", weights={"web": 2, "web-canary": 1})], 33, id="a share, in percent"),
        pytest.param([RouteView("web", weights={"web": 0, "web-canary": 0})], None, id="all zero is nothing"),
        pytest.param([RouteView("web", weights={"web": 7})], 0, id="the canary is not named"),
    ],
)
def test_the_weight_seen_is_the_greatest_that_a_route_carries(routes: list[RouteView], carried: int | None) -> None:
    assert seen(scene(routes=tuple(routes))) == carried


@pytest.mark.parametrize(
    ("fields", "in_force"),
    [
        pytest.param({}, True, id="in force"),
        pytest.param({"split": split(50)}, False, id="another weight was asked for"),
        pytest.param({"split": None}, False, id="none was asked for"),
        pytest.param({"routes": (route(50),)}, False, id="the route carries another"),
        pytest.param({"routes": (route(20, accepted=False),)}, False, id="a parent has not taken it over"),
        pytest.param({"routes": (route(20, problem="not accepted"),)}, False, id="refused by a parent"),
        pytest.param({"routes": ()}, False, id="the route was not seen"),
        pytest.param({"routes": (route(20), route(20))}, False, id="more routes than are named"),
        pytest.param({"canary": TWO_ROUTES}, False, id="one of two routes was not seen"),
        pytest.param({"canary": TWO_ROUTES, "routes": (route(20), route(19))}, False, id="one of two is late"),
        pytest.param({"canary": TWO_ROUTES, "routes": (route(20), route(20))}, True, id="both"),
        pytest.param({"routes": (RouteView("web", accepted=True),)}, False, id="it carries nothing of ours"),
        pytest.param(
            {"routes": (RouteView("web", weights={"web": 4, "web-canary": 1}, accepted=True),)},
            True,
            id="the same share in other numbers",
        ),
        pytest.param(
            {"routes": (RouteView("web", weights={"web": 8001, "web-canary": 2000}, accepted=True),)},
            False,
            id="nearly is not there",
        ),
    ],
)
def test_a_weight_is_in_force_when_all_parents_of_all_routes_have_taken_it_over(
    fields: dict[str, Any], in_force: bool
) -> None:
    assert verified(scene(**{"weight": 20, **fields}), 20) is in_force


UNROUTED = {"trafficRouting": None, "canaryService": None, "stableService": None}


@pytest.mark.parametrize(
    ("fields", "carried"),
    [
        pytest.param({"new": 1, "old": 4}, 20, id="one pod of five"),
        pytest.param({"new": rs(NEW, 3, 1), "old": 2}, 33, id="only those that are available"),
        pytest.param({"new": 1, "old": 2, "others": [rs(THIRD, 1)]}, 25, id="of all versions"),
        pytest.param({"new": None, "old": 4}, 0, id="it has none"),
        pytest.param({"new": rs(NEW, 1, 0), "old": rs(OLD, 4, 0)}, 0, id="nobody answers at all"),
        pytest.param({"new": 5, "old": None, "status": {"stable_rs": NEW}}, 0, id="no release"),
    ],
)
def test_without_a_router_the_share_of_the_pods_is_seen(fields: dict[str, Any], carried: int) -> None:
    assert seen(scene(canary=UNROUTED, **fields)) == carried


def fine(most: int, **fields: Any) -> Scene:
    """The steps ask for 5 of `most`."""
    routing = {"gatewayAPI": {"httpRoutes": [{"name": "web"}]}, "maxTrafficWeight": most}
    return scene({"setWeight": 5}, canary={"trafficRouting": routing}, **fields)


@pytest.mark.parametrize(
    ("most", "weights", "was_asked", "was_seen", "in_force", "told"),
    [
        (1000, (995, 5), 5, 5, True, "0.5"),
        (100, (995, 5), 1, 0, False, "1"),
        (2000, (995, 5), 10, 10, True, "0.5"),
        (150, (50, 100), 100, 100, True, "66.6667"),
    ],
    ids=["as written", "less of it now", "more of it now", "no whole percent"],
)
def test_a_weight_is_part_of_what_is_all_the_traffic_now(
    most: int, weights: tuple[int, int], was_asked: int, was_seen: int, in_force: bool, told: str
) -> None:
    backends = [{"service": s, "weight": w} for s, w in zip(("web", "web-canary"), weights, strict=True)]
    spec = {"routes": [{"kind": "HTTPRoute", "name": "web"}], "backends": backends}
    written = SplitView(meta("web"), TrafficSplitSpec.model_validate(spec), TrafficSplitStatus())
    seen_route = RouteView("web", weights={"web": weights[0], "web-canary": weights[1]}, accepted=True)
    here = fine(most, split=written, routes=(seen_route,))
    assert (asked(here), seen(here), verified(here, was_asked)) == (was_asked, was_seen, in_force)
    assert percent(here, was_asked) == told
