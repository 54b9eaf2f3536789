"""Services are pinned with a mark, and given back when the pin has no sense any more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import NEW, OLD, THIRD, meta, rs, scene, service, split
from tidegate.core.actions import Merge, Plan, Resource
from tidegate.core.rollout.pins import PinnedService, give_back, pin, unpin_left
from tidegate.core.world import ServiceView

UNPIN = {
    "metadata": {"annotations": {"tidegate.dev/pinned-by": None}},
    "spec": {"selector": {"tidegate.dev/pod-template-hash": None}},
}


def test_what_is_pinned_and_marked_is_left_alone() -> None:
    assert list(pin(service("web", OLD), "web", OLD)) == []


@pytest.mark.parametrize(
    "view",
    [service("web", NEW), service("web", ""), ServiceView(meta("web"), service("web", OLD).selector)],
    ids=["to another version", "not pinned", "its mark was taken away"],
)
def test_a_pin_is_put_right(view: ServiceView) -> None:
    patch = {
        "metadata": {"annotations": {"tidegate.dev/pinned-by": "web"}},
        "spec": {"selector": {"tidegate.dev/pod-template-hash": OLD}},
    }
    assert list(pin(view, "web", OLD)) == [Merge(Resource.SERVICES, view.meta, patch)]


def test_a_rollout_that_is_gone_gives_back_the_services_whose_pods_are_gone() -> None:
    orphaned, left = service("web", OLD), service("web-canary", NEW)
    plan = give_back([PinnedService(orphaned, rs(OLD)), PinnedService(left, None)])
    assert plan == Plan((Merge(Resource.SERVICES, left.meta, UNPIN),))


@pytest.mark.parametrize(
    ("world", "given_back"),
    [
        ({"status": {"stable_rs": NEW}, "old": 0}, True),
        ({"status": {"stable_rs": NEW}, "old": 1}, False),
        ({"others": (rs(THIRD, 0),)}, False),
    ],
    ids=["one version", "the pods of another stand", "in mid-release"],
)
def test_a_service_that_is_named_no_longer_is_given_back_when_it_can_lead_to_one_version_only(
    world: dict[str, Any], given_back: bool
) -> None:
    left = service("web-before", OLD)
    found = list(unpin_left(scene(left=(left,), **world)))
    assert found == ([Merge(Resource.SERVICES, left.meta, UNPIN)] if given_back else [])


@pytest.mark.parametrize(
    ("world", "given_back"),
    [
        ({"new": 2, "old": 5}, True),
        ({"new": 3, "old": 5}, False),
        ({"new": 2, "old": 3, "others": (rs(THIRD, 1),)}, False),
        ({"new": 2, "old": 5, "split": split(40)}, False),
        ({"new": 2, "old": 5, "status": {"abort": True}}, False),
        ({"new": 0, "old": 5, "status": {"abort": True}}, True),
        ({"new": 1, "old": 5, "status": {"abort": True}, "left": (service("web", NEW),)}, True),
    ],
    ids=[
        "the new version has its share",
        "it has more",
        "a version before it stands",
        "the routes are not given back yet",
        "taken back, with pods",
        "taken back",
        "taken back, and the last pod is what the Service leads to",
    ],
)
def test_without_a_router_it_leads_to_all_as_soon_as_no_version_has_more_than_its_share(
    world: dict[str, Any], given_back: bool
) -> None:
    (left,) = world.get("left", (service("web", OLD),))
    bare = {"trafficRouting": None, "canaryService": None, "stableService": None}
    known = {"index": 1, "weight": None, "left": (left,), "canary": bare, **world}
    here = scene({"setWeight": 40}, {"pause": {}}, **known)
    assert list(unpin_left(here)) == ([Merge(Resource.SERVICES, left.meta, UNPIN)] if given_back else [])
