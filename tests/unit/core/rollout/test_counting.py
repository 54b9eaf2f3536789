"""A canary without a router: sizes on the way to the share that is asked for, within both bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.rollout.making import (
    FIFTH,
    HALF,
    NEW,
    NEW_NAME,
    OLD,
    OLD_NAME,
    PAUSE,
    THIRD,
    rs,
    scene,
    service,
    services,
    split,
)
from tidegate.core.rollout.counting import settled, sizes, unsettled, wanted
from tidegate.core.rollout.pins import within_shares
from tidegate.core.rollout.reach import pods_in_use
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


THREE: dict[str, Any] = {"setCanaryScale": {"replicas": 3}}
TWELVE: dict[str, Any] = {"setCanaryScale": {"replicas": 12}}


@pytest.mark.parametrize(
    ("here", "sizes_wanted"),
    [
        pytest.param(counted(HALF, new=5, status={"abort": True}), {NEW: 0, OLD: 10}, id="taken back"),
        pytest.param(counted(HALF, new=5, others=[rs(THIRD, 2)]), {THIRD: 0, OLD: 5, NEW: 5}, id="superseded ones go"),
        pytest.param(counted(HALF, new=5, status={"stable_rs": NEW}), {OLD: 0, NEW: 10}, id="promoted"),
        pytest.param(counted(HALF, old=None, status={"stable_rs": ""}), {NEW: 10}, id="the first version"),
        pytest.param(
            counted(TWELVE, PAUSE, index=1, canary={"dynamicStableScale": True}),
            {NEW: 12, OLD: 0},
            id="given up wholly",
        ),
        pytest.param(
            counted(THREE, PAUSE, index=1, new=3, status={"abort": True}),
            {NEW: 0, OLD: 10},
            id="taken back, with a scale",
        ),
        pytest.param(
            counted(HALF, status={"stable_rs": NEW}, new=None, old=None), {NEW: 10}, id="its ReplicaSet is gone"
        ),
        pytest.param(counted(THREE, index=1), {NEW: 10, OLD: 0}, id="at the end the scale is over"),
    ],
)
def test_the_sizes_that_are_wanted(here: Scene, sizes_wanted: dict[str, int]) -> None:
    assert wanted(here) == sizes_wanted


@pytest.mark.parametrize(
    ("here", "grown"),
    [
        pytest.param(
            counted(HALF, new=rs(NEW, 1, 0), old=4, canary=STRICT | {"maxSurge": 2}),
            {OLD: 5, NEW: 5},
            id="room for both",
        ),
        pytest.param(
            counted(HALF, new=1, old=8, canary=STRICT, status={"abort": True}),
            {OLD: 10, NEW: 1},
            id="taken back: the stable one first",
        ),
        pytest.param(
            counted(HALF, new=1, old=1, canary=STRICT, others=[rs(THIRD, 8)]),
            {OLD: 2, NEW: 1, THIRD: 8},
            id="one place: the version that works has it",
        ),
        pytest.param(
            counted(HALF, new=None, old=9, canary=STRICT, others=[rs(THIRD, 1)]),
            {OLD: 9, NEW: 1, THIRD: 1},
            id="one that is not there yet takes the place that is left",
        ),
        pytest.param(counted(HALF, new=None, old=11, canary=STRICT), {NEW: 0, OLD: 10}, id="no room for the first pod"),
        pytest.param(
            counted(HALF, image="web:1", new=1, old=1, others=[rs(THIRD, 8)], canary=STRICT, status={"stable_rs": NEW}),
            {NEW: 2, OLD: 1, THIRD: 8},
            id="the version that works, whatever its name",
        ),
        pytest.param(
            counted(HALF, status={"stable_rs": NEW}, new=None, old=None), {NEW: 10}, id="a ReplicaSet that is gone"
        ),
        pytest.param(counted(HALF, new=2, old=12, canary=STRICT), {NEW: 2, OLD: 8}, id="no room: none is made greater"),
    ],
)
def test_who_grows_within_the_room_that_there_is(here: Scene, grown: dict[str, int]) -> None:
    assert sizes(here) == grown


@pytest.mark.parametrize(
    ("here", "left"),
    [
        pytest.param(
            counted(HALF, new=1, old=1, spec={"replicas": 1}, canary={"maxSurge": 1, "maxUnavailable": 1}, index=1),
            {NEW: 1, OLD: 0},
            id="one of two that answer goes",
        ),
        pytest.param(
            counted(HALF, new=rs(NEW, 1, 0), old=1, spec={"replicas": 1}, canary={"maxSurge": 1, "maxUnavailable": 1}),
            {NEW: 1},
            id="the last that answers stays where another may come",
        ),
        pytest.param(
            counted(
                HALF, new=rs(NEW, 0), old=1, spec={"replicas": 1}, canary={"maxSurge": 0, "maxUnavailable": 1}, index=1
            ),
            {NEW: 0, OLD: 0},
            id="and goes where none may",
        ),
        pytest.param(
            counted(HALF, new=0, old=2, spec={"replicas": 0}, canary={"maxSurge": 1, "maxUnavailable": 1}),
            {NEW: 0, OLD: 0},
            id="size 0: all go",
        ),
        pytest.param(
            counted(HALF, new=rs(NEW, 5, 5), old=rs(OLD, 8, 6), canary={"maxSurge": 0, "maxUnavailable": 1}),
            {NEW: 5, OLD: 5},
            id="those that do not answer go first and cost nothing",
        ),
        pytest.param(
            counted(HALF, new=rs(NEW, 5, 2), old=rs(OLD, 8, 6), canary={"maxSurge": 3, "maxUnavailable": 1}),
            {NEW: 5, OLD: 6},
            id="no more than are to spare",
        ),
        pytest.param(
            counted(HALF, new=5, old=8, others=[rs(THIRD, 4, 2)], canary=STRICT),
            {NEW: 5, OLD: 5, THIRD: 0},
            id="one that lacks pods leaves the others more to spare",
        ),
        pytest.param(
            counted(HALF, index=1, new=rs(NEW, 5, 0), old=10, canary={"maxSurge": 5, "maxUnavailable": "100%"}),
            {OLD: 1},
            id="one stays, however many more there may be",
        ),
        pytest.param(
            counted(HALF, new=5, old=5, others=[rs(THIRD, 1)], canary=STRICT),
            {NEW: 5, OLD: 5, THIRD: 0},
            id="superseded",
        ),
    ],
)
def test_who_shrinks_within_what_may_be_missing(here: Scene, left: dict[str, int]) -> None:
    assert {key: size for key, size in sizes(here).items() if key in left} == left


@pytest.mark.parametrize(
    ("here", "within"),
    [
        (counted(HALF, new=5, old=9), True),
        (counted(HALF, new=6, old=5), False),
        (counted(HALF, new=5, old=5, others=[rs(THIRD, 1)]), False),
        (counted(HALF, new=5, old=5, others=[rs(THIRD, 0)]), True),
    ],
    ids=["the stable one may have more", "one too many", "a superseded one", "one without pods"],
)
def test_no_version_but_the_stable_one_is_greater_than_its_share(here: Scene, within: bool) -> None:
    assert within_shares(here) is within


@pytest.mark.parametrize(
    ("here", "said"),
    [
        (counted(HALF, new=5, old=5, others=[rs(THIRD, 0)]), ""),
        (counted(HALF, new=5, old=5, others=[rs(THIRD, 1)]), f"ReplicaSet web-{THIRD} has 1 pods on its way to 0"),
        (counted(HALF, new=rs(NEW, 5, replicas=6), old=5), f"ReplicaSet web-{NEW} has 6 pods on its way to 5"),
        (counted(HALF, new=3, old=5), f"ReplicaSet web-{NEW} has 3 pods on its way to 5"),
        (
            counted(HALF, new=5, old=None, status={"stable_rs": NEW}),
            f"ReplicaSet web-{NEW} has 5 pods on its way to 10",
        ),
    ],
)
def test_what_is_still_to_come_or_to_go(here: Scene, said: str) -> None:
    assert unsettled(here) == said


def test_the_last_pod_stays_while_a_service_leads_to_it_alone() -> None:
    named = {"canaryService": "web-canary", "stableService": "web"}
    views = services(service("web-canary", NEW, {NEW_NAME: 5}), service("web", OLD, {OLD_NAME: 5}))
    here = counted(HALF, new=5, canary=named, services=views)
    assert [pods_in_use(here, rs(each, 5)) for each in (OLD, NEW, THIRD)] == [1, 1, 0]
    assert pods_in_use(counted(HALF, new=5), rs(OLD, 5)) == 0


HANDED_OVER = "the traffic is still divided as another strategy did, until the stable version has all its pods"


@pytest.mark.parametrize(
    ("here", "sizes_wanted", "said"),
    [
        pytest.param(
            counted(HALF, index=1, new=4, old=6, split=split(40)), {NEW: 4, OLD: 10}, HANDED_OVER, id="weights yet"
        ),
        pytest.param(
            counted(HALF, index=1, new=None, old=6, others=[rs(THIRD, 2)], split=split(40)),
            {NEW: 0, OLD: 10, THIRD: 2},
            HANDED_OVER,
            id="weights yet, and a superseded version",
        ),
        pytest.param(
            counted(HALF, index=1, new=4, old=6, left=(service("web", OLD),)),
            {NEW: 10, OLD: 10},
            HANDED_OVER,
            id="a Service that leads to one version yet",
        ),
        pytest.param(
            counted(HALF, index=1, new=10, old=0, left=(service("web", ""),)), {NEW: 10, OLD: 0}, "", id="given back"
        ),
        pytest.param(
            counted(HALF, new=10, old=0, status={"stable_rs": NEW}, split=split(0)),
            {NEW: 10, OLD: 0},
            "",
            id="promoted",
        ),
        pytest.param(
            counted(HALF, index=1, new=10, old=None, split=split(40)),
            {NEW: 10, OLD: 0},
            "",
            id="the stable version is gone: nobody to wait for",
        ),
    ],
)
def test_another_strategy_hands_its_traffic_over_first(here: Scene, sizes_wanted: dict[str, int], said: str) -> None:
    assert (wanted(here), unsettled(here)) == (sizes_wanted, said)


def test_the_last_pod_stays_that_a_service_of_another_strategy_leads_to() -> None:
    here = counted(HALF, new=5, left=(service("web", NEW, {NEW_NAME: 5}), service("old", "", {OLD_NAME: 5})))
    assert [pods_in_use(here, rs(each, 5)) for each in (OLD, NEW)] == [0, 1]
