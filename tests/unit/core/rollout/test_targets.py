"""How big and how much: sizes and weights that follow from the step."""

from __future__ import annotations

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    HALF,
    PAUSE,
    Step,
    aborted,
    first,
    over,
    scene,
)
from tidegate.core.rollout.targets import (
    canary_size_of_steps,
    enough_pods,
    pods_for,
    weight_of_steps,
)

TEN_PODS: Step = {"setCanaryScale": {"replicas": 10}}
SIXTH: Step = {"setCanaryScale": {"weight": 17}}
EMPTY: Step = {"setCanaryScale": {"replicas": 0}}
FOLLOW: Step = {"setCanaryScale": {"matchTrafficWeight": True}}
KEEP: Step = {"setCanaryScale": {"matchTrafficWeight": False}}


@pytest.mark.parametrize(
    ("steps", "index", "weight"),
    [
        pytest.param([PAUSE, FIFTH], 0, 0, id="before the first weight"),
        pytest.param([FIFTH, HALF], 0, 20, id="at a weight"),
        pytest.param([FIFTH, PAUSE, HALF], 1, 20, id="the last one before"),
        pytest.param([FIFTH, PAUSE, HALF], 2, 50, id="the next one"),
        pytest.param([HALF, {"setWeight": 0}, PAUSE], 2, 0, id="back to nothing"),
        pytest.param([FIFTH, PAUSE], 2, 100, id="all steps are done"),
        pytest.param([], 0, 100, id="no steps"),
    ],
)
def test_the_weight_is_that_of_the_last_step_that_names_one(steps: list[Step], index: int, weight: int) -> None:
    assert weight_of_steps(scene(*steps, index=index)) == weight


def test_there_is_no_weight_without_a_release_or_without_pods() -> None:
    assert weight_of_steps(first(HALF)) == 0
    assert weight_of_steps(over(HALF)) == 0
    assert weight_of_steps(aborted(HALF)) == 0
    assert weight_of_steps(scene(HALF, spec={"replicas": 0})) == 0


@pytest.mark.parametrize(
    ("replicas", "weight", "pods"),
    [
        (5, 0, 0),
        (5, 1, 1),
        (5, 20, 1),
        (5, 21, 2),
        (5, 100, 5),
        (10, 10, 1),
        (3, 33, 1),
        (3, 34, 2),
        (1, 99, 1),
        (0, 50, 0),
    ],
)
def test_pods_for_a_weight_are_rounded_up(replicas: int, weight: int, pods: int) -> None:
    assert pods_for(replicas, weight) == pods


@pytest.mark.parametrize(
    ("steps", "index", "size"),
    [
        pytest.param([HALF], 0, 3, id="it follows the weight"),
        pytest.param([TEN_PODS, HALF], 1, 10, id="a number of pods, even more than the service has"),
        pytest.param([SIXTH, HALF], 1, 1, id="a percentage of the service"),
        pytest.param([EMPTY, HALF], 1, 0, id="none at all"),
        pytest.param([TEN_PODS, SIXTH, HALF], 2, 1, id="the nearest one"),
        pytest.param([HALF, TEN_PODS], 0, 3, id="not before it is reached"),
        pytest.param([TEN_PODS, FOLLOW, HALF], 2, 3, id="it follows the weight again"),
        pytest.param([TEN_PODS, KEEP, HALF], 2, 0, id="matchTrafficWeight: false names no size"),
        pytest.param([TEN_PODS, HALF], 2, 5, id="all pods at the end"),
    ],
)
def test_the_size_is_that_of_the_nearest_scale_or_what_the_weight_needs(
    steps: list[Step], index: int, size: int
) -> None:
    assert canary_size_of_steps(scene(*steps, index=index)) == size


@pytest.mark.parametrize(
    ("threshold", "index", "enough"),
    [
        (None, 0, 3),
        ({"type": "Percent", "value": 50}, 0, 2),
        ({"type": "Percent", "value": 100}, 0, 3),
        ({"type": "Pods", "value": 1}, 0, 1),
        ({"type": "Pods", "value": 9}, 0, 3),
        ({"type": "Pods", "value": 1}, 1, 5),
    ],
    ids=["all", "half, rounded up", "all in percent", "one", "no more than there are", "all to be promoted"],
)
def test_how_many_pods_a_step_needs_to_go_on(threshold: Step | None, index: int, enough: int) -> None:
    assert enough_pods(scene(HALF, index=index, canary={"replicaProgressThreshold": threshold})) == enough


UNROUTED: Step = {"trafficRouting": None, "canaryService": None, "stableService": None}


@pytest.mark.parametrize(
    ("canary", "step", "size"),
    [
        ({}, {"setWeight": 21}, 2),
        (UNROUTED | {"maxSurge": 0}, {"setWeight": 21}, 1),
        ({"minPodsPerReplicaSet": 2}, FIFTH, 2),
        ({"minPodsPerReplicaSet": 2}, HALF, 3),
        ({"minPodsPerReplicaSet": 9}, FIFTH, 5),
        ({"minPodsPerReplicaSet": 2}, PAUSE, 0),
    ],
    ids=["rounded up", "the nearest share", "the least", "more than that", "no more than the service has", "no weight"],
)
def test_the_size_that_a_weight_needs(canary: Step, step: Step, size: int) -> None:
    assert canary_size_of_steps(scene(step, canary=canary)) == size
