"""Services that take turns: which one leads where, and what is written when the turn is the other's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import FIFTH, NEW, NEW_NAME, OLD, over, rs, scene, service, services, split
from tidegate.api.strategy_status import CanaryStatus, PingPongRole
from tidegate.core.actions import Merge
from tidegate.core.rollout.plan import decide
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.settle import settle
from tidegate.core.rollout.status import report
from tidegate.core.rollout.steps.outcome import TURN
from tidegate.core.rollout.traffic import divide, pin_services

PING, PONG = PingPongRole.PING, PingPongRole.PONG
IN_TURN = {
    "canaryService": None,
    "stableService": None,
    "pingPong": {"pingService": "web", "pongService": "web-canary"},
}


def here(turn: PingPongRole | None, make: Any = scene, **fields: Any) -> Scene:
    status = {"canary": CanaryStatus(stable_ping_pong=turn), **fields.pop("status", {})}
    found: Scene = make(FIFTH, canary={**IN_TURN, **fields.pop("canary", {})}, status=status, **fields)
    return found


def promoting(**fields: Any) -> Scene:
    """All users are on pong, and it leads to the new version."""
    return here(None, **{"index": 1, "new": 5, "weight": 100, **fields})


@pytest.mark.parametrize(
    ("turn", "stable", "canary", "fields"),
    [
        (None, "web", "web-canary", ("pingPong.pingService", "pingPong.pongService")),
        (PING, "web", "web-canary", ("pingPong.pingService", "pingPong.pongService")),
        (PONG, "web-canary", "web", ("pingPong.pongService", "pingPong.pingService")),
    ],
)
def test_whose_turn_it_is(turn: PingPongRole | None, stable: str, canary: str, fields: tuple[str, str]) -> None:
    strategy = here(turn).strategy
    assert (strategy.stable_service, strategy.canary_service) == (stable, canary)
    assert strategy.service_fields == fields
    assert strategy.stable_ping_pong is (turn or PING)
    assert strategy.backends == ("web", "web-canary")
    assert not strategy.lingers


def test_the_turn_is_written_down_before_anything_else_is_done() -> None:
    after, wait, actions = decide(promoting())
    assert (after.status.stable_rs, after.status.canary.stable_ping_pong) == (NEW, PONG)
    assert wait is TURN
    assert actions == ()
    status, urgent = report(after, wait)
    assert urgent
    assert status is not None
    assert status.patch["status"]["canary"]["stablePingPong"] == "pong"
    assert status.patch["status"]["stableRS"] == NEW


def test_the_second_release_comes_back_to_the_first_service() -> None:
    pinned = services(service("web-canary", OLD, {f"web-{OLD}": 5}), service("web", NEW, {NEW_NAME: 5}))
    after, wait = settle(here(PONG, index=1, new=5, weight=0, services=pinned))
    assert (after.status.stable_rs, after.status.canary.stable_ping_pong, wait) == (NEW, PING, TURN)


@pytest.mark.parametrize(
    ("waiting", "reason"),
    [
        (promoting(new=rs(NEW, 5, 4)), "PodsNotAvailable"),
        (promoting(weight=80), "WeightNotSeen"),
        (promoting(weight=80, services=services(None, service("web", NEW, {NEW_NAME: 5}))), "EndpointsNotReady"),
        (promoting(weight=80, canary={"scaleDownDelaySeconds": 60}), "WeightNotSeen"),
    ],
    ids=["a pod is missing", "not all yet", "the stable Service says nothing", "the old version lingers"],
)
def test_it_has_all_the_traffic_before_its_turn(waiting: Scene, reason: str) -> None:
    after, wait = settle(waiting)
    assert after == waiting
    assert wait is not None
    assert wait.reason == reason


def pins(scene: Scene) -> dict[str, str]:
    return {
        action.meta.name: action.patch["spec"]["selector"]["tidegate.dev/pod-template-hash"]
        for action in pin_services(scene)
        if isinstance(action, Merge)
    }


def test_the_service_that_lost_the_traffic_is_not_led_elsewhere_before_the_turn_is_the_others() -> None:
    assert pins(promoting()) == {}


def test_afterwards_it_leads_to_the_stable_version_too() -> None:
    stood = services(service("web-canary", NEW, {NEW_NAME: 5}), service("web", OLD, {f"web-{OLD}": 5}))
    after = here(PONG, over, weight=100, services=stood)
    assert pins(after) == {"web": NEW}
    assert list(divide(after)) == []


def test_without_pods_there_is_no_traffic_that_could_take_a_turn() -> None:
    nobody = promoting(new=0, old=0, weight=0, spec={"replicas": 0})
    assert pins(nobody) == {"web": NEW}
    led = services(service("web-canary", NEW), service("web", NEW))
    after, _ = settle(promoting(new=0, old=0, weight=0, spec={"replicas": 0}, services=led))
    assert (after.status.stable_rs, after.status.canary.stable_ping_pong) == (NEW, None)


@pytest.mark.parametrize(("turn", "told"), [(None, PING), (PING, PING), (PONG, PONG)])
def test_the_status_says_whose_turn_it_is(turn: PingPongRole | None, told: PingPongRole) -> None:
    status, _ = report(here(turn), None)
    assert status is not None
    canary = status.patch["status"].get("canary") or {}
    assert canary.get("stablePingPong", turn) == told


def test_services_that_have_their_roles_for_good_have_no_turn() -> None:
    status, _ = report(scene(FIFTH, status={"canary": CanaryStatus(stable_ping_pong=PONG)}), None)
    assert status is not None
    assert status.patch["status"]["canary"]["stablePingPong"] is None


def test_the_order_of_the_backends_stays() -> None:
    written = here(PONG, weight=80, new=5, split=split(90))
    (change,) = divide(written)
    assert isinstance(change, Merge)
    assert [backend["service"] for backend in change.patch["spec"]["backends"]] == ["web", "web-canary"]
