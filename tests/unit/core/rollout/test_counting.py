"""A canary without a router: sizes on the way to the share that is asked for, within both bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.rollout.making import FIFTH, HALF, NEW, OLD, PAUSE, THIRD, rs, scene
from tidegate.core.rollout.counting import settled, sizes, unsettled, wanted
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.targets import divide, surge, unavailable


@pytest.mark.parametrize(
    ("replicas", "weight", "more", "pods"),
    [
        (10, 10, 1, (1, 9)),
        (3, 33, 1, (1, 2)),
        (3, 50, 0, (2, 1)),
        (3, 50, 1, (2, 2)),
        (1, 10, 0, (0, 1)),
        (1, 10, 1, (1, 1)),
        (1, 60, 0, (1, 0)),
        (5, 1, 0, (1, 4)),
        (5, 99, 0, (4, 1)),
        (5, 0, 1, (0, 5)),
        (5, 100, 1, (5, 0)),
        (0, 50, 1, (0, 0)),
    ],
)
def test_pods_are_divided_as_near_as_they_can(replicas: int, weight: int, more: int, pods: tuple[int, int]) -> None:
    assert divide(replicas, weight, more) == pods


@given(st.integers(2, 60), st.integers(1, 99), st.booleans())
def test_both_versions_have_a_pod_and_the_total_is_kept(replicas: int, weight: int, more: bool) -> None:
    canary, stable = divide(replicas, weight, int(more))
    assert canary >= 1
    assert stable >= 1
    assert canary + stable in (replicas, replicas + more)


def counted(*steps: Any, canary: dict[str, Any] | None = None, **fields: Any) -> Scene:
    """A canary of ten pods without a router."""
    strategy = {"trafficRouting": None, "canaryService": None, "stableService": None, **(canary or {})}
    return scene(*steps, canary=strategy, spec={"replicas": 10, **fields.pop("spec", {})}, **fields)


@pytest.mark.parametrize(
    ("bounds", "up", "down"),
    [
        ({}, 3, 2),
        ({"maxSurge": 1, "maxUnavailable": 0}, 1, 0),
        ({"maxSurge": 0, "maxUnavailable": "9%"}, 0, 1),
        ({"maxSurge": "1%", "maxUnavailable": "100%"}, 1, 10),
    ],
)
def test_percentages_of_the_bounds_are_rounded_as_in_a_deployment(bounds: dict[str, Any], up: int, down: int) -> None:
    here = counted(FIFTH, canary=bounds)
    assert (surge(here), unavailable(here)) == (up, down)


STRICT = {"maxSurge": 1, "maxUnavailable": 0}


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        pytest.param(counted(HALF, new=None, old=10), {NEW: 3, OLD: 8}, id="new ones come first, as far as surge lets"),
        pytest.param(counted(HALF, new=3, old=10), {NEW: 3, OLD: 5}, id="old ones go, as far as enough answer"),
        pytest.param(counted(HALF, new=3, old=10, canary=STRICT), {NEW: 3, OLD: 7}, id="none may be missing"),
        pytest.param(counted(HALF, new=rs(NEW, 3, 0), old=10), {NEW: 3, OLD: 8}, id="new ones that do not answer"),
        pytest.param(
            counted(HALF, new=rs(NEW, 3, 0), old=10, canary=STRICT),
            {NEW: 3, OLD: 10},
            id="strict: nothing goes for them",
        ),
        pytest.param(
            counted(HALF, new=5, old=rs(OLD, 8, 5)), {NEW: 5, OLD: 5}, id="pods that do not answer cost nothing"
        ),
        pytest.param(
            counted(HALF, new=2, old=8, others=(rs(THIRD, 3),)),
            {NEW: 2, OLD: 6, THIRD: 0},
            id="a version between goes first",
        ),
        pytest.param(counted(HALF, index=1, new=8, old=3), {NEW: 10, OLD: 0}, id="all steps done"),
        pytest.param(counted(HALF, new=5, old=5, status={"abort": True}), {NEW: 3, OLD: 8}, id="taken back"),
        pytest.param(
            counted(HALF, PAUSE, new=5, old=5, spec={"replicas": 4}), {NEW: 2, OLD: 2}, id="scaled down in the middle"
        ),
    ],
)
def test_the_sizes_of_one_pass(here: Scene, expected: dict[str, int]) -> None:
    found = sizes(here)
    assert found == expected


@given(
    st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.sampled_from([0, 1, 3]),
    st.sampled_from([0, 1, 4]), st.booleans(),
)  # fmt: skip
def test_no_pass_breaks_the_bounds(new: int, ready: int, old: int, up: int, more: int, less: int, abort: bool) -> None:
    bounds = {"maxSurge": more or 1, "maxUnavailable": less}
    here = counted(
        HALF, new=rs(NEW, new, min(new, ready)), old=rs(OLD, old, min(old, up)), canary=bounds, status={"abort": abort}
    )
    found = sizes(here)
    grown = sum(max(0, found[key] - size) for key, size in ((NEW, new), (OLD, old)))
    assert grown == 0 or new + old + grown <= 10 + (more or 1)
    left = min(found[NEW], min(new, ready)) + min(found[OLD], min(old, up))
    assert left >= min(10 - less, min(new, ready) + min(old, up))


def test_it_is_settled_when_every_version_has_its_size() -> None:
    assert wanted(counted(HALF, new=5, old=5)) == {NEW: 5, OLD: 5}
    assert settled(counted(HALF, new=5, old=5))
    assert unsettled(counted(HALF, new=5, old=8)) == f"ReplicaSet web-{OLD} has 8 pods on its way to 5"


def test_workers_keep_their_number_beside_a_canary_of_a_size_of_its_own() -> None:
    step = {"setCanaryScale": {"replicas": 3}}
    assert wanted(counted(step, PAUSE, index=1)) == {NEW: 3, OLD: 10}
    assert wanted(counted(step, PAUSE, index=1, canary={"dynamicStableScale": True})) == {NEW: 3, OLD: 7}
