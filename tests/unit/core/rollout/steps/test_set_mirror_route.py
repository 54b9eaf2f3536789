"""Step `setMirrorRoute`: what it waits for is told by the table of lanes (test_lanes.py); here, that it is asked."""

from __future__ import annotations

from tests.unit.core.rollout.making import NEW_NAME, Step, scene
from tidegate.core.rollout.steps import advance
from tidegate.core.rollout.steps.outcome import Wait

COPIES: Step = {"setMirrorRoute": {"name": "copies", "match": [{"path": {"prefix": "/"}}]}}
ROUTING = {"gatewayAPI": {"httpRoutes": [{"name": "web"}]}, "managedRoutes": [{"name": "testers"}, {"name": "copies"}]}


def test_copies_must_meet_somebody() -> None:
    wait = Wait("PodsNotAvailable", f"0 of 1 pods of ReplicaSet {NEW_NAME} are available", on_pods=True)
    assert advance(scene(COPIES, new=0, canary={"trafficRouting": ROUTING})) == wait


def test_then_the_rule_must_be_in_force() -> None:
    outcome = advance(scene(COPIES, canary={"trafficRouting": ROUTING}))
    assert isinstance(outcome, Wait)
    assert (outcome.reason, outcome.on_pods) == ("ManagedRouteNotSeen", False)
