"""How much traffic may reach a version: what was seen, and the worst where nothing was."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    HALF,
    NEW,
    NEW_NAME,
    OLD,
    OLD_NAME,
    THIRD,
    THIRD_NAME,
    Step,
    aborted,
    over,
    route,
    rs,
    scene,
    service,
    services,
)
from tidegate.core.rollout.reach import pods_in_use, traffic_left
from tidegate.core.rollout.scene import Scene

CANARY_OLD = service("web-canary", OLD, {OLD_NAME: 5})
CANARY_NEW = service("web-canary", NEW, {NEW_NAME: 3})
STABLE_OLD = service("web", OLD, {OLD_NAME: 5})
STABLE_NEW = service("web", NEW, {NEW_NAME: 5})
STABLE_BOTH = service("web", NEW, {NEW_NAME: 5, OLD_NAME: 1})
BOTH_OLD, BOTH_NEW = services(CANARY_OLD, STABLE_OLD), services(CANARY_NEW, STABLE_NEW)
LATE = (route(20, accepted=False),)


@pytest.mark.parametrize(
    ("here", "old", "new"),
    [
        pytest.param(scene(weight=20, new=3), False, False, id="divided"),
        pytest.param(scene(weight=0, new=3), False, True, id="nothing on the canary"),
        pytest.param(scene(weight=100, new=3), True, False, id="everything on the canary"),
        pytest.param(scene(weight=0, new=3, routes=LATE), False, False, id="0 is asked for, a gateway does 20 yet"),
        pytest.param(scene(weight=None, new=3), False, False, id="nobody knows what the routes carry"),
        pytest.param(scene(weight=0, new=3, routes=()), False, False, id="the route was not seen"),
        pytest.param(scene(split=None, routes=(route(0),), new=3), False, False, id="somebody deleted the split"),
        pytest.param(scene(weight=100, new=3, routes=LATE), False, False, id="100 is asked for and not there yet"),
        pytest.param(scene(weight=0, new=3, services=BOTH_OLD), False, True, id="both Services lead to the old"),
        pytest.param(scene(weight=50, new=3, services=BOTH_NEW), True, False, id="both Services lead to the new"),
        pytest.param(
            scene(weight=0, new=5, services=services(CANARY_NEW, STABLE_BOTH)),
            False,
            False,
            id="a pod of the old is among the endpoints yet",
        ),
        pytest.param(
            scene(weight=0, new=3, services=services(None, STABLE_OLD)), False, True, id="no canaryService, no weight"
        ),
        pytest.param(scene(weight=100, new=3, services=services(CANARY_NEW, None)), True, False, id="no stableService"),
        pytest.param(scene(weight=0, new=3, services=services(CANARY_NEW, None)), False, False, id="nor a weight"),
        pytest.param(
            scene(weight=50, new=3, services=services(service("web-canary", ""), service("web", ""))),
            False,
            False,
            id="Services that are not pinned lead anywhere",
        ),
        pytest.param(
            scene(
                weight=50,
                new=3,
                services=services(service("web-canary", "", {OLD_NAME: 5}), service("web", "", {OLD_NAME: 5})),
            ),
            False,
            False,
            id="whatever was seen behind them",
        ),
    ],
)
def test_when_traffic_has_left_a_version(here: Scene, old: bool, new: bool) -> None:
    assert traffic_left(here, here.stable) is old
    assert traffic_left(here, here.new) is new


def test_no_traffic_reaches_a_version_that_is_not_there() -> None:
    assert traffic_left(scene(weight=None, services={}), None) is True


def test_no_traffic_reaches_a_version_that_no_service_leads_to() -> None:
    assert traffic_left(scene(weight=50), rs(THIRD, 2)) is True
    behind = services(CANARY_NEW, service("web", OLD, {OLD_NAME: 5, THIRD_NAME: 1}))
    assert traffic_left(scene(weight=50, services=behind), rs(THIRD, 2)) is False


TEN: Step = {"setCanaryScale": {"replicas": 10}}
FOLLOW: Step = {"setCanaryScale": {"matchTrafficWeight": True}}


@pytest.mark.parametrize(
    ("here", "old", "new"),
    [
        pytest.param(scene(HALF, weight=20, new=3), 4, 1, id="each what its share needs"),
        pytest.param(scene(HALF, weight=50, new=3), 3, 3, id="rounded up on both sides"),
        pytest.param(scene(HALF, weight=0, new=3), 5, 0, id="nothing on the canary"),
        pytest.param(scene(HALF, weight=20, new=3, routes=LATE), 5, 5, id="nobody knows: all of it, on both"),
        pytest.param(scene(HALF, weight=None, new=3), 5, 5, id="no route was read"),
        pytest.param(scene(HALF, weight=50, new=3, services=BOTH_NEW), 0, 5, id="both Services lead to the new"),
        pytest.param(scene(HALF, weight=50, new=3, routes=LATE, services=BOTH_NEW), 0, 5, id="never more than all"),
        pytest.param(scene(TEN, HALF, index=1, weight=50, new=10), 3, 1, id="who sets the size wants one pod at least"),
        pytest.param(scene(TEN, HALF, index=1, weight=0, new=10), 5, 0, id="or none, for no weight"),
        pytest.param(scene(HALF, TEN, weight=50, new=3), 3, 3, id="a size that is not reached yet"),
        pytest.param(scene(TEN, FOLLOW, HALF, index=2, weight=50, new=3), 3, 3, id="the size follows the weight again"),
        pytest.param(
            scene(TEN, HALF, index=1, weight=50, new=10, services=BOTH_NEW), 0, 3, id="what the stable Service needs"
        ),
        pytest.param(aborted(TEN, HALF, weight=50, new=10), 3, 3, id="taken back, the steps say nothing any more"),
        pytest.param(
            over(TEN, HALF, weight=100, services=services(CANARY_OLD, STABLE_NEW)), 5, 0, id="the canary Service is old"
        ),
        pytest.param(over(TEN, HALF, weight=0, services=BOTH_NEW), 0, 5, id="promoted"),
    ],
)
def test_how_many_pods_the_traffic_needs_that_may_reach_a_version(here: Scene, old: int, new: int) -> None:
    assert pods_in_use(here, rs(OLD, 5)) == old
    assert pods_in_use(here, rs(NEW, 5)) == new


def test_a_service_without_pods_needs_none() -> None:
    fields: dict[str, Any] = {"spec": {"replicas": 0}}
    assert pods_in_use(scene(HALF, weight=50, **fields), rs(OLD, 5)) == 0


BOUNDED, DYNAMIC = {"maxSurge": 1}, {"dynamicStableScale": True}


@pytest.mark.parametrize(
    ("here", "old", "new"),
    [
        pytest.param(scene(HALF, weight=50, new=3, canary=DYNAMIC), 3, 3, id="each what its share needs"),
        pytest.param(scene(HALF, weight=100, new=5, canary=DYNAMIC), 0, 5, id="it gives all of them up"),
        pytest.param(scene(HALF, weight=50, new=3, routes=LATE, canary=DYNAMIC), 5, 5, id="nobody knows"),
        pytest.param(scene(HALF, weight=0, new=1, canary=DYNAMIC), 5, 0, id="nothing was taken over"),
        pytest.param(
            scene(HALF, weight=50, new=3, canary=DYNAMIC, services=services(CANARY_OLD, STABLE_OLD)),
            5,
            0,
            id="both Services lead to the old one",
        ),
        pytest.param(aborted(HALF, weight=50, new=3, canary=DYNAMIC), 3, 3, id="taken back: as much as it carries"),
    ],
)
def test_a_stable_version_that_gives_up_pods_keeps_those_that_are_in_use(here: Scene, old: int, new: int) -> None:
    assert here.stable is not None
    assert here.new is not None
    assert (pods_in_use(here, here.stable), pods_in_use(here, here.new)) == (old, new)


def test_a_stable_version_that_gives_up_nothing_keeps_the_pods_of_its_rounded_share() -> None:
    here = scene(HALF, weight=16, new=1, old=6, spec={"replicas": 6})
    assert here.stable is not None
    assert pods_in_use(here, here.stable) == 6


def test_nothing_in_force_is_all_of_it_in_a_great_service_too() -> None:
    here = scene(HALF, weight=0, new=3, old=200, spec={"replicas": 200})
    assert pods_in_use(here, rs(OLD, 200)) == 200
