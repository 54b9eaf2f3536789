"""How far a weight may go now."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.rollout.making import (
    HALF,
    NEW,
    NEW_NAME,
    OLD,
    OLD_NAME,
    aborted,
    first,
    over,
    rs,
    scene,
    service,
    services,
)
from tidegate.core.rollout.clamp import Side, canary_side, clamp_shared, clamp_weight, next_weight, stable_side
from tidegate.core.rollout.targets import pods_for

SIDES = st.builds(Side, st.integers(0, 9), st.integers(0, 9))
PERCENT = st.integers(0, 100)
AT_ONCE, BOUNDED, DYNAMIC = {"scaleDownDelaySeconds": 0}, {"maxSurge": 1}, {"dynamicStableScale": True}
NOBODY, FULL_FIVE = Side(0, 5), Side(5, 5)


@pytest.mark.parametrize(
    ("target", "current", "canary", "stable", "weight"),
    [
        pytest.param(20, 0, Side(1, 1), FULL_FIVE, 20, id="up, with all pods"),
        pytest.param(20, 0, Side(3, 1), FULL_FIVE, 20, id="up, with more than all"),
        pytest.param(50, 20, Side(2, 3), FULL_FIVE, 20, id="not up while a pod is missing"),
        pytest.param(20, 50, Side(1, 1), FULL_FIVE, 20, id="down"),
        pytest.param(0, 50, Side(1, 3), FULL_FIVE, 0, id="down to nothing, whatever is missing"),
        pytest.param(20, 0, Side(0, 1), FULL_FIVE, 0, id="nobody answers for the canary"),
        pytest.param(20, 20, Side(0, 1), FULL_FIVE, 0, id="the canary's pods are gone"),
        pytest.param(0, 0, Side(0, 0), FULL_FIVE, 0, id="nobody and nothing"),
        pytest.param(20, 20, NOBODY, NOBODY, 20, id="nobody answers at all: nothing is moved"),
        pytest.param(20, 0, NOBODY, NOBODY, 0, id="nobody answers at all, before the first weight"),
        pytest.param(0, 50, Side(3, 3), NOBODY, 50, id="not down while the stable side has nobody"),
        pytest.param(50, 20, Side(3, 3), NOBODY, 50, id="up while the stable side has nobody"),
        pytest.param(50, 50, Side(3, 3), NOBODY, 50, id="as it is while the stable side has nobody"),
        pytest.param(50, 20, Side(1, 3), FULL_FIVE, 20, id="nor down: the pods that are there carry it already"),
        pytest.param(50, 50, Side(3, 5), FULL_FIVE, 50, id="nor when pods are lost that the weight doesn't need"),
        pytest.param(80, 80, Side(3, 4), FULL_FIVE, 60, id="a pod is lost: the share of those that are left"),
        pytest.param(50, 50, Side(2, 5), FULL_FIVE, 28, id="pods are lost: an even load over all that are left"),
        pytest.param(50, 50, Side(1, 2), FULL_FIVE, 25, id="a pod is lost of those that the steps said"),
        pytest.param(80, 80, Side(1, 5), Side(1, 5), 50, id="an even load when the stable side has lost pods too"),
        pytest.param(100, 100, Side(4, 5), NOBODY, 100, id="all is on the canary and some of it is lost"),
        pytest.param(50, 10, Side(4, 5), FULL_FIVE, 10, id="a lost pod never makes it more"),
        pytest.param(10, 10, Side(4, 5), FULL_FIVE, 10, id="nor more than the steps ask"),
        pytest.param(20, 50, Side(2, 5), FULL_FIVE, 20, id="down, though pods are missing"),
        pytest.param(20, 20, Side(1, 0), FULL_FIVE, 20, id="a size of none is held by one pod"),
    ],
)
def test_a_weight_goes_only_as_far_as_pods_answer(
    target: int, current: int, canary: Side, stable: Side, weight: int
) -> None:
    assert clamp_weight(target, current, canary, stable) == weight


@pytest.mark.parametrize(
    ("target", "current", "canary", "stable", "bounded", "weight"),
    [
        pytest.param(20, 0, Side(1, 1), FULL_FIVE, False, 20, id="up, with all pods"),
        pytest.param(50, 20, Side(2, 3), FULL_FIVE, False, 20, id="not up while a pod is missing"),
        pytest.param(50, 20, Side(2, 3), FULL_FIVE, True, 40, id="up with each pod that comes, within a bound"),
        pytest.param(30, 20, Side(2, 3), FULL_FIVE, True, 30, id="but no further than the steps ask"),
        pytest.param(50, 50, Side(2, 3), FULL_FIVE, False, 40, id="down to what the pods carry that are left"),
        pytest.param(50, 50, Side(2, 3), FULL_FIVE, True, 40, id="the same within a bound"),
        pytest.param(100, 50, Side(4, 5), Side(2, 5), False, 50, id="not up because the stable side has lost pods"),
        pytest.param(100, 50, Side(3, 5), Side(3, 5), False, 50, id="not beyond what the canary's pods carry"),
        pytest.param(100, 80, Side(3, 5), Side(1, 5), False, 80, id="nor down to what the stable side can't carry"),
        pytest.param(100, 90, Side(3, 5), Side(1, 5), False, 80, id="down as far as the stable side carries it"),
        pytest.param(0, 60, Side(3, 3), Side(2, 5), False, 60, id="back only as fast as the stable side has pods"),
        pytest.param(0, 60, Side(3, 3), Side(4, 5), False, 20, id="back as far as the pods that came carry it"),
        pytest.param(0, 60, Side(3, 3), FULL_FIVE, False, 0, id="back, with all pods of the stable side"),
        pytest.param(30, 60, Side(3, 3), FULL_FIVE, False, 30, id="down to what the steps ask"),
        pytest.param(0, 60, Side(3, 3), Side(7, 5), False, 0, id="more stable pods than the service has"),
        pytest.param(20, 0, Side(0, 1), FULL_FIVE, False, 0, id="nobody answers for the canary"),
        pytest.param(20, 20, NOBODY, NOBODY, False, 20, id="nobody answers at all: nothing is moved"),
        pytest.param(20, 20, Side(0, 1), FULL_FIVE, False, 0, id="the canary's pods are gone"),
        pytest.param(50, 0, Side(1, 3), FULL_FIVE, False, 0, id="nothing before its pods are there"),
        pytest.param(100, 0, Side(1, 2), Side(1, 1), True, 100, id="a service of one pod, up"),
        pytest.param(0, 60, Side(1, 1), Side(1, 1), False, 0, id="a service of one pod, back"),
        pytest.param(50, 0, Side(1, 0), Side(0, 0), False, 50, id="a service of no pods"),
        pytest.param(50, 0, Side(1, 3), Side(0, 0), True, 50, id="a service of no pods whose canary is not whole"),
    ],
)
def test_a_stable_version_that_gives_up_pods_keeps_what_they_carry(
    target: int, current: int, canary: Side, stable: Side, bounded: bool, weight: int
) -> None:
    assert clamp_shared(target, current, canary, stable, bounded=bounded) == weight


WEIGHT = st.integers(0, 100)
SIDE = st.builds(Side, st.integers(0, 12), st.integers(0, 12))


@given(WEIGHT, WEIGHT, SIDE, SIDE)
def test_a_weight_stays_between_where_it_is_and_where_it_goes_or_falls(
    target: int, current: int, canary: Side, stable: Side
) -> None:
    assert 0 <= clamp_weight(target, current, canary, stable) <= max(target, current)


@given(WEIGHT, WEIGHT, SIDE, SIDE)
def test_a_weight_never_rises_without_all_pods_of_the_canary(
    target: int, current: int, canary: Side, stable: Side
) -> None:
    if not canary.full:
        assert clamp_weight(target, current, canary, stable) <= current


@given(WEIGHT, WEIGHT, SIDE, st.integers(1, 12))
def test_there_is_no_weight_for_a_canary_that_does_not_answer(
    target: int, current: int, stable: Side, ready: int
) -> None:
    assert clamp_weight(target, current, Side(0, 5), Side(ready, 5)) == 0


@given(WEIGHT, WEIGHT, st.integers(1, 12), st.integers(0, 12))
def test_nothing_is_taken_back_to_a_stable_side_that_does_not_answer(
    target: int, current: int, ready: int, size: int
) -> None:
    assert clamp_weight(target, current, Side(ready, size), NOBODY) >= current


@given(WEIGHT, st.integers(1, 12), st.integers(1, 12), st.integers(1, 12))
def test_who_loses_pods_falls_but_not_below_an_even_load(weight: int, ready: int, lost: int, stable: int) -> None:
    after = clamp_weight(weight, weight, Side(ready, ready + lost), Side(stable, stable))
    even = 100 * ready // (ready + stable)
    assert min(weight, even) <= after <= weight
    if ready < pods_for(stable, weight):
        assert after <= max(even, weight * ready / (ready + lost))


@given(WEIGHT, WEIGHT, SIDE, SIDE)
def test_a_weight_that_arrived_stays(target: int, current: int, canary: Side, stable: Side) -> None:
    once = clamp_weight(target, current, canary, stable)
    assert clamp_weight(target, once, canary, stable) == once


def leading(canary: str, ready: dict[str, int], stable: str = OLD, behind: int = 5) -> dict[str, Any]:
    views = services(service("web-canary", canary, ready), service("web", stable, {OLD_NAME: behind}))
    return {"services": views}


@pytest.mark.parametrize(
    ("fields", "side"),
    [
        pytest.param({"new": 3}, Side(3, 3), id="all answer"),
        pytest.param({"new": 3, **leading(NEW, {NEW_NAME: 2})}, Side(2, 3), id="one does not answer yet"),
        pytest.param({"new": rs(NEW, 3, 1), **leading(NEW, {NEW_NAME: 3})}, Side(1, 3), id="ready, not yet available"),
        pytest.param({"new": 3, **leading(OLD, {NEW_NAME: 3})}, Side(0, 3), id="the Service leads elsewhere"),
        pytest.param({"new": 3, **leading("", {NEW_NAME: 3})}, Side(0, 3), id="the Service leads anywhere"),
        pytest.param({"new": 3, **leading(NEW, {OLD_NAME: 5})}, Side(0, 3), id="others answer behind it"),
        pytest.param({"new": 3, "services": {}}, Side(0, 3), id="there is no Service"),
        pytest.param({"new": None, **leading(NEW, {NEW_NAME: 3})}, Side(0, 3), id="there is no ReplicaSet"),
    ],
)
def test_the_canary_side_counts_its_own_pods_behind_its_own_service(fields: dict[str, Any], side: Side) -> None:
    assert canary_side(scene(HALF, **fields)) == side


def test_the_stable_side_counts_whoever_answers() -> None:
    views = services(None, service("web", OLD, {OLD_NAME: 3, NEW_NAME: 1}))
    assert stable_side(scene(HALF, services=views)) == Side(4, 5)
    assert stable_side(scene(HALF, services={})) == Side(0, 5)


@pytest.mark.parametrize(
    ("here", "weight"),
    [
        pytest.param(scene(HALF, new=3), 50, id="in a release, as the steps ask"),
        pytest.param(scene(HALF, new=2), 0, id="in a release, not before the pods are there"),
        pytest.param(scene(HALF, new=1, weight=20), 20, id="in a release, it stays until they are"),
        pytest.param(scene(HALF, new=3, weight=None), 50, id="the first split of a Rollout"),
        pytest.param(aborted(HALF, weight=50, new=3), 0, id="taken back"),
        pytest.param(aborted(HALF, weight=50, new=3, **leading(NEW, {}, behind=0)), 50, id="taken back to nobody"),
        pytest.param(aborted(HALF, weight=0, new=3, **leading(NEW, {}, behind=0)), 0, id="taken back already"),
        pytest.param(over(HALF, weight=100), 0, id="promoted"),
        pytest.param(scene(HALF, index=1, weight=50, new=5), 50, id="at the end it stays: the old version lingers"),
        pytest.param(scene(HALF, index=1, weight=50, new=5, canary=AT_ONCE), 100, id="at the end all of it"),
        pytest.param(scene(HALF, index=1, weight=None, new=5), 0, id="at the end, with no split yet"),
        pytest.param(scene(HALF, weight=50, new=1), 16, id="pods were lost: an even load"),
        pytest.param(scene(HALF, weight=20, new=2, canary=BOUNDED), 40, id="pod by pod within maxSurge"),
        pytest.param(scene(HALF, weight=20, new=2, canary=DYNAMIC), 20, id="not without a bound"),
        pytest.param(
            aborted(HALF, weight=60, new=3, canary=DYNAMIC, **leading(NEW, {NEW_NAME: 3}, behind=4)),
            20,
            id="taken back as the stable pods come",
        ),
        pytest.param(over(HALF, weight=100, canary=DYNAMIC), 0, id="promoted, and the pods are all its own"),
        pytest.param(first(HALF, weight=None), 0, id="the first version"),
        pytest.param(scene(HALF, weight=50, spec={"replicas": 0}, old=0, new=0), 50, id="size 0: nobody to send it to"),
    ],
)
def test_the_next_weight_to_ask_for(here: Any, weight: int) -> None:
    assert next_weight(here) == weight


@given(PERCENT, PERCENT, SIDES, SIDES)
def test_a_finer_weight_is_the_same_share_more_exactly(target: int, current: int, canary: Side, stable: Side) -> None:
    coarse = clamp_weight(target, current, canary, stable)
    fine = clamp_weight(10 * target, 10 * current, canary, stable, full=1000)
    assert 0 <= fine - 10 * coarse < 10


@given(PERCENT, PERCENT, SIDES, SIDES, st.booleans())
def test_nor_where_the_stable_version_gives_up_pods(
    target: int, current: int, canary: Side, stable: Side, bounded: bool
) -> None:
    coarse = clamp_shared(target, current, canary, stable, bounded=bounded)
    fine = clamp_shared(10 * target, 10 * current, canary, stable, bounded=bounded, full=1000)
    assert abs(fine - 10 * coarse) < 10


@given(st.integers(0, 60), PERCENT, st.integers(1, 10_000))
def test_as_many_pods_carry_the_same_share(replicas: int, weight: int, times: int) -> None:
    assert pods_for(replicas, weight * times, 100 * times) == pods_for(replicas, weight)


def test_the_weight_is_part_of_what_is_all_the_traffic() -> None:
    fine = {"trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": "web"}]}, "maxTrafficWeight": 1000}}
    here = scene({"setWeight": 5}, weight=0, new=1, canary=fine)
    assert next_weight(here) == 5
    assert next_weight(scene({"setWeight": 5}, index=1, weight=100, new=5, canary={**fine, **AT_ONCE})) == 1000
