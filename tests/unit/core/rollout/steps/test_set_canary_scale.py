"""Step `setCanaryScale`."""

from __future__ import annotations

from tests.unit.core.rollout.making import HALF, NEW_NAME, Step, route, scene
from tidegate.core.rollout.steps import advance
from tidegate.core.rollout.steps.outcome import Done, Wait

THREE: Step = {"setCanaryScale": {"replicas": 3}}
FOLLOW: Step = {"setCanaryScale": {"matchTrafficWeight": True}}


def test_it_waits_for_its_pods() -> None:
    wait = Wait("PodsNotAvailable", f"1 of 3 pods of ReplicaSet {NEW_NAME} are available", on_pods=True)
    assert advance(scene(THREE, new=1)) == wait


def test_it_does_not_look_at_the_weight() -> None:
    assert advance(scene(THREE, new=3, routes=(route(50, accepted=False),))) == Done(fleeting=True)


def test_that_follows_the_weight_waits_for_what_the_weight_needs() -> None:
    wait = Wait("PodsNotAvailable", f"1 of 3 pods of ReplicaSet {NEW_NAME} are available", on_pods=True)
    assert advance(scene(HALF, FOLLOW, index=1, new=1)) == wait
    assert advance(scene(HALF, FOLLOW, index=1, new=3)) == Done(fleeting=True)
