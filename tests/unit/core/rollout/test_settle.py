"""The ends of a release: the first version works, the new one is promoted, or it was taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    FIRST,
    NEW,
    NEW_NAME,
    NOW,
    OLD,
    OLD_NAME,
    aborted,
    ago,
    first,
    line,
    over,
    route,
    rs,
    scene,
    service,
    services,
)
from tidegate.api.rollout_status import Outcome
from tidegate.core.actions import Event
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.settle import overtaken, settle
from tidegate.core.rollout.steps.outcome import Wait

COMPLETED = Event("ReleaseCompleted", f"revision 2 ({NEW}) has all the traffic", instead_of="StepCompleted")


def ended(outcome: Outcome, cause: str = "") -> Any:
    return line(2, finished_at=NOW, outcome=outcome, cause=cause, started_at=ago(60))


def pods(message: str) -> Wait:
    return Wait("PodsNotAvailable", message, on_pods=True)


def weight(seen: str, wanted: int = 0) -> Wait:
    return Wait(
        "WeightNotSeen", f"the routes carry {seen} for web-canary; {wanted} % is asked for and not in force yet"
    )


def endpoints(name: str) -> Wait:
    message = (
        f"the endpoints of Service {name} are not the 5 pods of {NEW_NAME} yet; "
        "where that stays so, its selector asks for labels that the template doesn't give"
    )
    return Wait("EndpointsNotReady", message, on_pods=True)


CANARY, STABLE = service("web-canary", NEW, {NEW_NAME: 5}), service("web", NEW, {NEW_NAME: 5})
UNROUTED = {"trafficRouting": None, "canaryService": None, "stableService": None}
PARTLY = service("web", NEW, {NEW_NAME: 4})


@pytest.mark.parametrize(
    ("here", "wait"),
    [
        pytest.param(
            first(FIFTH, new=None), pods(f"0 of 5 pods of ReplicaSet {NEW_NAME} are available"), id="first: created"
        ),
        pytest.param(
            first(FIFTH, new=rs(NEW, 5, 4, failure="exceeded quota")),
            pods(f"4 of 5 pods of ReplicaSet {NEW_NAME} are available: exceeded quota"),
            id="first: a pod is missing",
        ),
        pytest.param(first(FIFTH, services=services(CANARY, PARTLY)), endpoints("web"), id="first: one doesn't answer"),
        pytest.param(
            first(FIFTH, services=services(service("web-canary", "", {NEW_NAME: 5}), STABLE)),
            endpoints("web-canary"),
            id="first: the canary Service too",
        ),
        pytest.param(first(FIFTH, weight=None), weight("nothing"), id="first: the route"),
        pytest.param(
            over(FIFTH, weight=100), weight("100 %"), id="promoted: the weight goes back to the stable Service"
        ),
        pytest.param(
            over(FIFTH, new=rs(NEW, 5, 4)),
            pods(f"4 of 5 pods of ReplicaSet {NEW_NAME} are available"),
            id="promoted: a pod is lost",
        ),
        pytest.param(
            over(FIFTH, new=None),
            pods(f"0 of 5 pods of ReplicaSet {NEW_NAME} are available"),
            id="promoted: it is gone",
        ),
        pytest.param(aborted(FIFTH, weight=20), weight("20 %"), id="taken back: the traffic"),
        pytest.param(
            scene(FIFTH, index=1, new=3, weight=20),
            pods(f"3 of 5 pods of ReplicaSet {NEW_NAME} are available"),
            id="promoting: all its pods first",
        ),
        pytest.param(
            scene(FIFTH, index=1, new=3, canary=UNROUTED),
            pods(f"3 of 5 pods of ReplicaSet {NEW_NAME} are available"),
            id="promoting without a router and Services: all its pods",
        ),
        pytest.param(
            scene(FIFTH, index=1, new=5, weight=20, canary={"scaleDownDelaySeconds": 9}),
            weight("20 %", 100),
            id="promoting: then all the traffic",
        ),
        pytest.param(
            scene(FIFTH, index=1, new=5, weight=20, canary={"scaleDownDelaySeconds": 10}),
            endpoints("web"),
            id="promoting: the old version lingers, the Service at once",
        ),
        pytest.param(scene(FIFTH, index=1, new=5, weight=100), endpoints("web"), id="promoting: then the Service"),
        pytest.param(
            scene(FIFTH, index=1, new=5, weight=100, services=services(CANARY, PARTLY)),
            endpoints("web"),
            id="promoting: a pod doesn't answer there",
        ),
        pytest.param(
            scene(FIFTH, index=1, new=0, old=0, weight=None, spec={"replicas": 0}),
            Wait(
                "EndpointsNotReady",
                f"the endpoints of Service web are not the 0 pods of {NEW_NAME} yet; "
                "where that stays so, its selector asks for labels that the template doesn't give",
                on_pods=True,
            ),
            id="promoting nobody: just the Service",
        ),
    ],
)
def test_what_is_waited_for(here: Scene, wait: Wait) -> None:
    assert settle(here) == (here, wait)


def test_the_new_version_is_stable_as_soon_as_the_stable_service_leads_to_it() -> None:
    here = scene(FIFTH, index=1, new=5, weight=100, services=services(CANARY, STABLE))
    after, wait = settle(here)
    assert wait == weight("100 %")
    assert after == here.facts(stable_rs=NEW)


@pytest.mark.parametrize(
    ("here", "facts"),
    [
        pytest.param(
            first(FIFTH), {"stable_rs": NEW, "history": [ended(Outcome.PROMOTED)]}, id="the first version works"
        ),
        pytest.param(over(FIFTH), {"history": [FIRST, ended(Outcome.PROMOTED)]}, id="promoted"),
        pytest.param(
            over(FIFTH, status={"promote_full": True}),
            {"history": [FIRST, ended(Outcome.FAST_PROMOTED)], "promote_full": False},
            id="promoted, steps skipped",
        ),
        pytest.param(
            scene(FIFTH, index=1, new=5, weight=0, services=services(CANARY, STABLE)),
            {"stable_rs": NEW, "history": [FIRST, ended(Outcome.PROMOTED)]},
            id="promoted, and the operator died before it wrote so",
        ),
    ],
)
def test_the_release_is_over(here: Scene, facts: dict[str, Any]) -> None:
    after, wait = settle(here)
    assert wait is None
    assert after.status == here.status.model_copy(update=facts)
    assert after.events == (COMPLETED,)


def test_a_release_that_was_taken_back_is_over_when_the_traffic_has_left_it() -> None:
    here = aborted(FIFTH, weight=0)
    after, wait = settle(here)
    assert wait is None
    assert after == here.facts(history=[FIRST, ended(Outcome.ABORTED, "it hurts")])


BOTH_OLD = services(service("web-canary", OLD, {OLD_NAME: 5}), service("web", OLD, {OLD_NAME: 5}))


@pytest.mark.parametrize(
    "here",
    [
        pytest.param(over(FIFTH, status={"history": [line(2, outcome=Outcome.PROMOTED)]}), id="promoted long ago"),
        pytest.param(over(FIFTH, status={"history": []}), id="nothing is known of it"),
        pytest.param(
            scene(
                FIFTH,
                image="web:1",
                services=BOTH_OLD,
                status={"current_revision": 3, "history": [FIRST, line(2, outcome=Outcome.ROLLED_BACK)]},
            ),
            id="back at the stable template: that release was closed when it began",
        ),
        pytest.param(
            aborted(FIFTH, weight=0, status={"history": [FIRST, line(2, outcome=Outcome.ABORTED)]}), id="taken back"
        ),
    ],
)
def test_what_is_over_is_not_told_twice(here: Scene) -> None:
    assert settle(here) == (here, None)


def test_traffic_that_somebody_moves_after_the_end_is_waited_for() -> None:
    here = over(FIFTH, routes=(route(50),), status={"history": [line(2, outcome=Outcome.PROMOTED)]})
    assert settle(here) == (here, weight("50 %"))


SWITCHED = services(CANARY, STABLE)
NEXT: dict[str, Any] = {"image": "web:3", "status": {"current_pod_hash": NEW}, "canary": {"scaleDownDelaySeconds": 0}}


def test_a_promotion_that_lacks_but_its_status_is_one_when_the_next_template_comes() -> None:
    here = scene(services=SWITCHED, **NEXT)
    told = [FIRST, ended(Outcome.PROMOTED)]
    assert overtaken(here) == here.facts(COMPLETED, stable_rs=NEW, history=told, promote_full=False)


@pytest.mark.parametrize(
    "here",
    [
        pytest.param(scene(services=SWITCHED, canary=NEXT["canary"]), id="no other template"),
        pytest.param(scene(**NEXT), id="the Service leads to the version before"),
        pytest.param(scene(services={"web-canary": CANARY}, **NEXT), id="the Service is gone"),
        pytest.param(first(services=SWITCHED, **NEXT), id="nothing has worked yet"),
        pytest.param(aborted(services=SWITCHED, **NEXT), id="it was taken back"),
        pytest.param(
            scene(services=SWITCHED, **{**NEXT, "canary": {"scaleDownDelaySeconds": 10}}),
            id="the version before lingers: it can still take all back",
        ),
    ],
)
def test_nothing_else_is(here: Scene) -> None:
    assert overtaken(here) is here


@pytest.mark.parametrize(("skipped", "outcome"), [(False, Outcome.PROMOTED), (True, Outcome.FAST_PROMOTED)])
def test_a_promotion_that_lacks_but_its_status_ended_as_it_was_asked_for(skipped: bool, outcome: Outcome) -> None:
    views = services(service("web-canary", NEW, {NEW_NAME: 5}), service("web", NEW, {NEW_NAME: 5}))
    canary = {"scaleDownDelaySeconds": 0}
    facts = {"current_pod_hash": NEW, "promote_full": skipped}
    here = scene(FIFTH, index=1, image="web:3", weight=100, new=5, services=views, canary=canary, status=facts)
    assert overtaken(here).status.history[-1].outcome is outcome
