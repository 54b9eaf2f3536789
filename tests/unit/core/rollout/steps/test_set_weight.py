"""Step `setWeight`."""

from __future__ import annotations

from tests.unit.core.rollout.making import FIFTH, HALF, NEW_NAME, PAUSE, scene
from tidegate.core.rollout.steps import advance
from tidegate.core.rollout.steps.outcome import Done, Wait


def test_it_waits_for_the_pods_that_its_weight_needs() -> None:
    wait = Wait("PodsNotAvailable", f"1 of 3 pods of ReplicaSet {NEW_NAME} are available", on_pods=True)
    assert advance(scene(FIFTH, HALF, index=1, new=1, weight=20)) == wait


def test_it_waits_for_its_own_weight() -> None:
    wait = Wait("WeightNotSeen", "the routes carry 20 % for web-canary; 50 % is asked for and not in force yet")
    assert advance(scene(FIFTH, HALF, index=1, new=3, weight=20)) == wait


def test_it_is_done_when_the_weight_is_in_force() -> None:
    assert advance(scene(FIFTH, HALF, PAUSE, index=1, new=3, weight=50)) == Done(fleeting=True)


def test_a_weight_of_0_needs_no_pods() -> None:
    assert advance(scene(HALF, {"setWeight": 0}, index=1, new=0, weight=0)) == Done(fleeting=True)
