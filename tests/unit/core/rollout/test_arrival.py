"""What a step waits for, in words for whoever looks at it at night."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    HALF,
    NEW,
    NEW_NAME,
    OLD,
    OLD_NAME,
    route,
    rs,
    scene,
    service,
    services,
    split,
)
from tidegate.core.rollout.arrival import arrived, endpoints_arrived, pods_arrived, weight_arrived
from tidegate.core.rollout.steps.outcome import Done, Outcome, Wait
from tidegate.core.world import RouteView

QUOTA = "pods is forbidden: exceeded quota"


def pods(message: str) -> Wait:
    return Wait("PodsNotAvailable", message, on_pods=True)


def weight(message: str) -> Wait:
    return Wait("WeightNotSeen", message)


@pytest.mark.parametrize(
    ("fields", "wait"),
    [
        pytest.param({"new": 3}, None, id="all available"),
        pytest.param({"new": 4}, None, id="more than that"),
        pytest.param({"new": None}, pods(f"0 of 3 pods of ReplicaSet {NEW_NAME} are available"), id="not created"),
        pytest.param(
            {"new": rs(NEW, 3, 2)}, pods(f"2 of 3 pods of ReplicaSet {NEW_NAME} are available"), id="one is missing"
        ),
        pytest.param(
            {"new": rs(NEW, 3, 0, failure=QUOTA)},
            pods(f"0 of 3 pods of ReplicaSet {NEW_NAME} are available: {QUOTA}"),
            id="what the API server says of it",
        ),
        pytest.param(
            {"new": rs(NEW, 1, 3)},
            pods(f"3 of 3 pods of ReplicaSet {NEW_NAME} are available"),
            id="three are there, but two of them are about to go",
        ),
    ],
)
def test_pods_have_arrived_when_they_are_asked_for_and_available(fields: dict[str, Any], wait: Wait | None) -> None:
    assert pods_arrived(scene(HALF, **fields)) == wait


@pytest.mark.parametrize(
    ("ready", "wait"),
    [
        pytest.param(3, None, id="all"),
        pytest.param(
            2,
            Wait(
                "EndpointsNotReady",
                "2 of 3 pods answer behind Service web-canary; check its selector and the readiness probes",
                on_pods=True,
            ),
            id="one is missing",
        ),
    ],
)
def test_endpoints_have_arrived_when_all_pods_answer_behind_the_service(ready: int, wait: Wait | None) -> None:
    views = services(service("web-canary", NEW, {NEW_NAME: ready}), service("web", OLD, {OLD_NAME: 5}))
    assert endpoints_arrived(scene(HALF, new=3, services=views)) == wait


TWO_ROUTES = {"trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": "web"}, {"name": "inner"}]}}}


@pytest.mark.parametrize(
    ("fields", "wait"),
    [
        pytest.param({"weight": 50}, None, id="in force"),
        pytest.param(
            {"weight": 20},
            weight("the routes carry 20 % for web-canary; 50 % is asked for and not in force yet"),
            id="another weight",
        ),
        pytest.param(
            {"weight": None},
            weight("the routes carry nothing for web-canary; 50 % is asked for and not in force yet"),
            id="no route could be read",
        ),
        pytest.param(
            {"weight": 50, "routes": (route(50, accepted=False, message="Gateway public has seen generation 3 of 4"),)},
            weight(
                "the routes carry 50 % for web-canary; 50 % is asked for and not in force yet; "
                "HTTPRoute web: Gateway public has seen generation 3 of 4"
            ),
            id="who is late",
        ),
        pytest.param(
            {"weight": 50, "routes": (route(50, accepted=False),)},
            weight("the routes carry 50 % for web-canary; 50 % is asked for and not in force yet"),
            id="nobody knows who is late",
        ),
        pytest.param(
            {
                "weight": 50,
                "canary": TWO_ROUTES,
                "routes": (route(50, message="all well"), route(20, name="inner", accepted=False, message="late")),
            },
            weight(
                "the routes carry 50 % for web-canary; 50 % is asked for and not in force yet; HTTPRoute inner: late"
            ),
            id="only those that are late",
        ),
        pytest.param(
            {
                "weight": 50,
                "canary": TWO_ROUTES,
                "routes": tuple(route(20, name=each, accepted=False, message="late") for each in ("web", "inner")),
            },
            weight(
                "the routes carry 20 % for web-canary; 50 % is asked for and not in force yet; "
                "HTTPRoute web: late; HTTPRoute inner: late"
            ),
            id="all that are late",
        ),
        pytest.param(
            {
                "weight": 50,
                "canary": TWO_ROUTES,
                "routes": (RouteView("web", problem="does not exist"), RouteView("inner", problem="has no such rule")),
            },
            weight("HTTPRoute web: does not exist; HTTPRoute inner: has no such rule"),
            id="what is wrong with the routes",
        ),
        pytest.param(
            {
                "split": replace(split(20), spec=None, spec_error="spec.backends: name both"),
                "routes": (RouteView("web", problem="no split"),),
            },
            weight("TrafficSplit web: spec.backends: name both"),
            id="somebody has spoilt the split",
        ),
    ],
)
def test_a_weight_has_arrived_when_it_is_in_force(fields: dict[str, Any], wait: Wait | None) -> None:
    assert weight_arrived(scene(HALF, new=3, **fields), 50) == wait


NO_ENDPOINTS = services(service("web-canary", NEW), service("web", OLD, {OLD_NAME: 5}))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"new": None, "services": NO_ENDPOINTS, "weight": 0}, "PodsNotAvailable", id="pods come first"),
        pytest.param({"services": NO_ENDPOINTS, "weight": 0}, "EndpointsNotReady", id="then their endpoints"),
        pytest.param({"weight": 0}, "WeightNotSeen", id="then the weight"),
    ],
)
def test_pods_then_endpoints_then_the_weight(fields: dict[str, Any], reason: str) -> None:
    outcome = arrived(scene(FIFTH, **fields), 20)
    assert isinstance(outcome, Wait)
    assert outcome.reason == reason


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        pytest.param(
            {"weight": 20, "new": rs(NEW, 1, 0)},
            weight("the routes carry 20 % for web-canary; 0 % is asked for and not in force yet"),
            id="the weight goes first",
        ),
        pytest.param(
            {"weight": 0, "new": None}, pods(f"0 of 0 pods of ReplicaSet {NEW_NAME} are available"), id="pods"
        ),
        pytest.param({"weight": 0, "new": 0}, Done(fleeting=True), id="no endpoints are needed for no weight"),
    ],
)
def test_a_weight_of_nothing_is_taken_away_before_any_pod_is(fields: dict[str, Any], outcome: Outcome) -> None:
    assert arrived(scene({"setWeight": 0}, **fields), 0) == outcome


def test_what_has_arrived_may_change_again_so_it_must_be_written_down() -> None:
    assert arrived(scene(FIFTH, weight=20), 20) == Done(fleeting=True)


def test_one_percent_is_a_weight_like_any_other() -> None:
    outcome = arrived(scene({"setWeight": 1}, new=None, weight=1), 1)
    assert isinstance(outcome, Wait)
    assert outcome.reason == "PodsNotAvailable"
    late = arrived(scene({"setWeight": 1}, new=rs(NEW, 1, 0), weight=0), 1)
    assert isinstance(late, Wait)
    assert late.reason == "PodsNotAvailable"


UNROUTED = {"trafficRouting": None, "canaryService": None, "stableService": None}


def test_without_a_router_the_weight_is_a_matter_of_pods() -> None:
    here = scene(HALF, canary=UNROUTED, spec={"replicas": 4}, new=2, old=4)
    said = f"ReplicaSet web-{OLD} has 4 pods on its way to 2"
    assert weight_arrived(here, 50) == Wait("PodsNotAvailable", said, on_pods=True)
