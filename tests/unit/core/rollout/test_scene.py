"""The roles: which version is new, stable, old, and what the routes are known to carry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    HALF,
    NEW,
    NEW_NAME,
    OLD,
    THIRD,
    aborted,
    first,
    over,
    route,
    rs,
    scene,
    service,
    split,
)
from tidegate.core.rollout.scene import Scene, ready_behind
from tidegate.core.world import RouteView

TWO_ROUTES = {"trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": "web"}, {"name": "inner"}]}}}


def test_new_stable_and_others_are_told_by_their_hash() -> None:
    here = scene(others=[rs(THIRD, 0)])
    assert here.new_name == NEW_NAME
    assert (here.new, here.stable, here.others) == (rs(NEW, 1), rs(OLD, 5), (rs(THIRD, 0),))


def test_a_version_that_is_not_there_is_none() -> None:
    assert scene(new=None, old=None).new is None
    assert scene(new=None, old=None).stable is None
    assert first().stable is None


@pytest.mark.parametrize(
    ("here", "told"),
    [
        pytest.param(first(FIFTH), (True, False, False), id="the first release"),
        pytest.param(scene(FIFTH), (False, True, True), id="a release"),
        pytest.param(aborted(FIFTH), (False, True, False), id="taken back"),
        pytest.param(over(FIFTH), (False, False, False), id="over"),
    ],
)
def test_what_is_going_on(here: Scene, told: tuple[bool, bool, bool]) -> None:
    assert (here.first_release, here.releasing, here.stepping) == told


@pytest.mark.parametrize(
    ("index", "at", "done"),
    [
        pytest.param(None, 0, False, id="not said: the first"),
        pytest.param(1, 1, False, id="in the middle"),
        pytest.param(2, 2, True, id="behind the last"),
        pytest.param(7, 2, True, id="steps were taken away"),
    ],
)
def test_the_current_step_never_lies_beyond_the_end(index: int | None, at: int, done: bool) -> None:
    here = scene(FIFTH, HALF, status={"current_step_index": index})
    assert (here.index, here.steps_done) == (at, done)


def test_what_is_asked_is_what_the_split_says() -> None:
    assert scene(weight=20).asked == 20
    assert scene(weight=None).asked is None


@pytest.mark.parametrize(
    ("routes", "seen"),
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
def test_the_weight_seen_is_the_greatest_that_a_route_carries(routes: list[RouteView], seen: int | None) -> None:
    assert scene(routes=tuple(routes)).seen == seen


@pytest.mark.parametrize(
    ("fields", "verified"),
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
    fields: dict[str, Any], verified: bool
) -> None:
    assert scene(**{"weight": 20, **fields}).verified(20) is verified


def test_facts_make_another_scene_and_leave_this_one_as_it_was() -> None:
    here = scene(FIFTH)
    there = here.facts(abort=True, abort_cause="it hurts")
    assert (there.status.abort, there.status.abort_cause, there.world) == (True, "it hurts", here.world)
    assert here.status.abort is False


def test_nobody_answers_behind_a_service_that_is_not_there() -> None:
    assert ready_behind(None, NEW_NAME) == 0
    assert ready_behind(service("web", NEW, {NEW_NAME: 2}), NEW_NAME) == 2
    assert ready_behind(service("web", NEW, {NEW_NAME: 2}), "other") == 0
