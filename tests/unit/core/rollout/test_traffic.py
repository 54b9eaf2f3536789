"""The two Services and the TrafficSplit: each changed at a moment when no request can be lost by it."""

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
    OWNER,
    THIRD,
    aborted,
    first,
    meta,
    over,
    route,
    rs,
    scene,
    service,
    services,
    split,
)
from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.core.actions import Create, Delete, Merge, Resource
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.traffic import divide, pin_services, pinned_to_new, promoting
from tidegate.core.world import ServiceView


def pins(here: Scene) -> dict[str, str]:
    """Which Service is pointed to which version."""
    found = {}
    for action in pin_services(here):
        assert isinstance(action, Merge)
        assert action.resource is Resource.SERVICES
        found[action.meta.name] = action.patch["spec"]["selector"]["tidegate.dev/pod-template-hash"]
    return found


def views(canary: str, stable: str) -> dict[str, ServiceView]:
    return services(service("web-canary", canary), service("web", stable))


def test_a_pin_is_one_label_of_the_selector_and_says_whose_it_is() -> None:
    (action,) = pin_services(scene(FIFTH, services=views(OLD, OLD)))
    patch = {
        "metadata": {"annotations": {"tidegate.dev/pinned-by": "web"}},
        "spec": {"selector": {"tidegate.dev/pod-template-hash": NEW}},
    }
    assert action == Merge(Resource.SERVICES, meta("web-canary"), patch)


BY_PODS = {"trafficRouting": None}
AT_ONCE = {"scaleDownDelaySeconds": 0}
LATE = (route(0, accepted=False),)
OTHER = services(service("web-canary", OLD), service("web", THIRD))


@pytest.mark.parametrize(
    ("here", "pinned"),
    [
        # The first release
        pytest.param(first(services=views("", ""), weight=None), {"web-canary": NEW, "web": NEW}, id="first: full"),
        pytest.param(first(services=views("", ""), weight=None, new=rs(NEW, 5, 4)), {}, id="first: a pod is missing"),
        pytest.param(first(services=views("", ""), weight=None, new=None), {}, id="first: nothing there"),
        pytest.param(first(services=views(NEW, NEW)), {}, id="first: done"),
        # The canary Service
        pytest.param(scene(FIFTH, services=views(OLD, OLD)), {"web-canary": NEW}, id="a release begins"),
        pytest.param(
            scene(FIFTH, new=rs(NEW, 1, 0), services=views(OLD, OLD)),
            {"web-canary": NEW},
            id="before its pods are there: nobody is sent there",
        ),
        pytest.param(scene(FIFTH, new=None, services=views(OLD, OLD)), {}, id="before its ReplicaSet is there"),
        pytest.param(scene(FIFTH, weight=20, services=views(OLD, OLD)), {}, id="under traffic it stays"),
        pytest.param(scene(FIFTH, weight=0, routes=LATE, services=views(OLD, OLD)), {}, id="0 is not in force yet"),
        pytest.param(aborted(FIFTH, weight=0), {"web-canary": OLD}, id="taken back, and the traffic has left"),
        pytest.param(aborted(FIFTH, weight=20), {}, id="taken back, under traffic"),
        pytest.param(over(FIFTH, weight=0, services=views(OLD, NEW)), {"web-canary": NEW}, id="promoted"),
        pytest.param(
            scene(FIFTH, image="web:3", others=[rs(THIRD, 1)], services=views(NEW, OLD), weight=0),
            {"web-canary": THIRD},
            id="superseded, and the traffic has left",
        ),
        pytest.param(
            scene(FIFTH, image="web:3", others=[rs(THIRD, 1)], services=views(NEW, OLD), weight=20),
            {},
            id="superseded, under traffic",
        ),
        # The stable Service
        pytest.param(scene(FIFTH, weight=20, services=views(NEW, "")), {"web": OLD}, id="somebody took the pin away"),
        pytest.param(
            scene(FIFTH, weight=20, old=rs(OLD, 5, 4), services=views(NEW, "")),
            {},
            id="it goes to a version that has all its pods",
        ),
        pytest.param(
            scene(FIFTH, weight=100, old=rs(OLD, 5, 4), services=views(NEW, "")),
            {"web": OLD},
            id="or to any, when no traffic is on it",
        ),
        pytest.param(scene(FIFTH, weight=20, old=None, services=views(NEW, "")), {}, id="the stable version is gone"),
        pytest.param(scene(FIFTH, index=1, weight=100, new=5), {"web": NEW}, id="promoting: all on the canary"),
        pytest.param(scene(FIFTH, index=1, weight=20, new=5), {"web": NEW}, id="promoting: the old version lingers"),
        pytest.param(scene(FIFTH, index=1, weight=20, new=rs(NEW, 5, 4)), {}, id="promoting: a pod is missing"),
        pytest.param(scene(FIFTH, index=1, weight=50, new=5, canary=AT_ONCE), {}, id="promoting: not all yet"),
        pytest.param(
            scene(FIFTH, index=1, weight=100, new=5, routes=(route(100, accepted=False),), canary=AT_ONCE),
            {},
            id="promoting: a gateway has not taken it over",
        ),
        pytest.param(
            scene(FIFTH, index=1, weight=None, new=0, old=0, spec={"replicas": 0}),
            {"web": NEW},
            id="promoting: nobody to lose a request",
        ),
        pytest.param(over(FIFTH, weight=100, services=views(NEW, OLD)), {"web": NEW}, id="promoted, put right"),
        pytest.param(aborted(FIFTH, weight=100, services=views(NEW, NEW)), {"web": OLD}, id="back from the promotion"),
        pytest.param(
            aborted(FIFTH, weight=50, old=rs(OLD, 5, 4), services=views(NEW, NEW)), {}, id="back, when it has its pods"
        ),
        # Without a router
        pytest.param(aborted(FIFTH, canary=BY_PODS, services=views(OLD, NEW)), {"web": OLD}, id="back, by pods"),
        pytest.param(
            aborted(FIFTH, canary=BY_PODS, old=rs(OLD, 5, 1), services=views(OLD, NEW)), {"web": OLD}, id="to any pod"
        ),
        pytest.param(
            aborted(FIFTH, canary=BY_PODS, old=rs(OLD, 5, 0), services=views(OLD, NEW)), {}, id="never to nobody"
        ),
        # What is not there
        pytest.param(scene(FIFTH, services=services(None, service("web", ""))), {"web": OLD}, id="no canaryService"),
        pytest.param(scene(FIFTH, services={}), {}, id="neither"),
    ],
)
def test_at_which_moment_a_service_is_pointed_to_a_version(here: Scene, pinned: dict[str, str]) -> None:
    assert pins(here) == pinned


@pytest.mark.parametrize(
    ("here", "told"),
    [
        (scene(FIFTH), False),
        (scene(FIFTH, index=1), True),
        (aborted(FIFTH, status={"current_step_index": 1}), False),
        (over(FIFTH), False),
        (first(FIFTH), False),
    ],
)
def test_a_release_whose_steps_are_done_is_being_promoted(here: Scene, told: bool) -> None:
    assert promoting(here) is told


@pytest.mark.parametrize(
    ("view", "told"),
    [
        pytest.param(None, False, id="no Service"),
        pytest.param(service("web", OLD, {NEW_NAME: 5}), False, id="pinned to another"),
        pytest.param(service("web", NEW, {NEW_NAME: 4}), False, id="one does not answer yet"),
        pytest.param(service("web", NEW, {NEW_NAME: 5, OLD_NAME: 1}), False, id="another version answers yet"),
        pytest.param(service("web", NEW, {NEW_NAME: 5}), True, id="all of it, and nothing else"),
        pytest.param(service("web", NEW, {NEW_NAME: 6}), True, id="more than enough"),
    ],
)
def test_a_service_leads_to_the_new_version_when_its_endpoints_were_seen(view: ServiceView | None, told: bool) -> None:
    assert pinned_to_new(scene(FIFTH), view) is told


def backends(weight: int) -> list[dict[str, Any]]:
    return [{"service": "web", "weight": 100 - weight}, {"service": "web-canary", "weight": weight}]


ROUTES = [{"kind": "HTTPRoute", "name": "web"}]


def test_the_split_is_created_under_the_name_of_the_rollout() -> None:
    (action,) = divide(scene(HALF, new=3, weight=None))
    body = {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "TrafficSplit",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "labels": {"app.kubernetes.io/managed-by": "tidegate"},
            "ownerReferences": [OWNER],
        },
        "spec": {"routes": ROUTES, "backends": backends(50)},
    }
    assert action == Create(Resource.SPLITS, "shop", "web", body, "uid-web")


def test_a_rule_is_named_where_the_user_named_one() -> None:
    named = [{"name": "web", "rule": "main"}, {"name": "inner"}]
    here = scene(HALF, weight=None, canary={"trafficRouting": {"gatewayAPI": {"httpRoutes": named}}})
    (action,) = divide(here)
    assert isinstance(action, Create)
    assert action.body["spec"]["routes"] == [
        {"kind": "HTTPRoute", "name": "web", "rule": "main"},
        {"kind": "HTTPRoute", "name": "inner"},
    ]


def answering(ready: int, pod_hash: str = NEW) -> dict[str, Any]:
    return {"services": services(None, service("web", pod_hash, {NEW_NAME: ready}))}


@pytest.mark.parametrize(
    ("here", "created"),
    [
        pytest.param(first(weight=None, **answering(1)), True, id="as soon as one pod answers"),
        pytest.param(first(weight=None, **answering(0)), False, id="not while nobody answers"),
        pytest.param(first(weight=None, **answering(5, "")), False, id="not before the Service leads there"),
        pytest.param(first(weight=None, services={}), False, id="not without the Service"),
        pytest.param(
            first(weight=None, new=0, spec={"replicas": 0}, **answering(0)), True, id="at once, when there are no pods"
        ),
        pytest.param(scene(FIFTH, weight=None, services={}), True, id="later always: somebody deleted it"),
    ],
)
def test_the_users_route_is_left_as_it_is_until_the_first_version_answers(here: Scene, created: bool) -> None:
    assert bool(list(divide(here))) is created


def foreign(**spec: Any) -> TrafficSplitSpec:
    return TrafficSplitSpec.model_validate({"routes": ROUTES, "backends": backends(20), **spec})


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(split(0), id="the weight moves"),
        pytest.param(split(50), id="somebody else's weight"),
        pytest.param(replace(split(20), spec=foreign(routes=[{"name": "other"}])), id="somebody else's route"),
        pytest.param(replace(split(20), spec=foreign(backends=backends(20)[::-1])), id="the other way round"),
        pytest.param(
            replace(split(20), spec=foreign(backends=[*backends(20), {"service": "third", "weight": 0}])), id="one more"
        ),
        pytest.param(replace(split(20), spec=None, spec_error="it can't be read"), id="spoilt"),
    ],
)
def test_the_split_says_what_is_asked_for_now_whoever_wrote_something_else(view: Any) -> None:
    (action,) = divide(scene(FIFTH, split=view, routes=(route(20),)))
    assert action == Merge(
        Resource.SPLITS, meta("web", owner_uid="uid-web"), {"spec": {"routes": ROUTES, "backends": backends(20)}}
    )


def test_a_split_that_says_so_already_is_left_alone() -> None:
    assert list(divide(scene(FIFTH, weight=20))) == []


BARE = {"trafficRouting": None, "canaryService": None, "stableService": None}


@pytest.mark.parametrize(
    ("view", "old", "goes"),
    [
        pytest.param(split(40), 5, True, id="the stable version can carry all"),
        pytest.param(split(40), 4, False, id="not yet"),
        pytest.param(replace(split(40), meta=meta("web", owner_uid="uid-other")), 5, False, id="somebody else's"),
        pytest.param(None, 5, False, id="there is none"),
    ],
)
def test_without_routes_the_split_goes_when_nobody_needs_it(view: Any, old: int, goes: bool) -> None:
    found = list(divide(scene(FIFTH, split=view, old=old, canary=BARE)))
    assert found == ([Delete(Resource.SPLITS, view.meta)] if goes else [])
