"""Blue/green is a release of its own steps: who the active Service leads to, and what may be told of the traffic."""

from __future__ import annotations

import pytest

from tests.unit.core.rollout.making import NEW, NEW_NAME, OLD, OLD_NAME, rs, service, split
from tests.unit.core.rollout.switching import ACTIVE_BOTH, ACTIVE_NEW, ACTIVE_OLD, PREVIEW_OLD, switched
from tidegate.core.actions import Merge
from tidegate.core.rollout.reach import pods_in_use
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.traffic import pin_services
from tidegate.core.rollout.weights import asked, seen, unverified, verified
from tidegate.core.world import HASH_LABEL

ABORTED = {"abort": True}
FIRST = {"stable_rs": ""}
OVER = {"stable_rs": NEW}


@pytest.mark.parametrize(
    ("here", "is_asked", "is_seen"),
    [
        pytest.param(switched(), 0, 0, id="all users are on the old version"),
        pytest.param(switched(active=ACTIVE_BOTH), 100, 50, id="switched, and half of the endpoints are the old ones"),
        pytest.param(switched(active=ACTIVE_NEW), 100, 100, id="switched"),
        pytest.param(switched(active=service("web", NEW)), 100, 100, id="switched, and nobody answers"),
        pytest.param(switched(active=service("web", OLD)), 0, 0, id="not switched, and nobody answers"),
        pytest.param(switched(active=service("web", OLD, {OLD_NAME: 3, NEW_NAME: 1})), 0, 25, id="switched back"),
        pytest.param(switched(active=ACTIVE_NEW, status=OVER), 0, 0, id="promoted: no release, no weight"),
        pytest.param(switched(active=None), None, None, id="no Service, and nothing can be told"),
    ],
)
def test_a_weight_is_where_the_active_service_leads(here: Scene, is_asked: int | None, is_seen: int | None) -> None:
    assert (asked(here), seen(here)) == (is_asked, is_seen)


@pytest.mark.parametrize(
    ("here", "weight", "in_force", "version"),
    [
        pytest.param(switched(), 0, True, OLD, id="all users are on the old version"),
        pytest.param(switched(), 100, False, NEW, id="not switched yet"),
        pytest.param(switched(active=ACTIVE_NEW), 100, True, NEW, id="switched"),
        pytest.param(switched(active=ACTIVE_NEW), 0, False, OLD, id="not switched back yet"),
        pytest.param(switched(active=ACTIVE_BOTH), 100, False, NEW, id="old endpoints yet"),
        pytest.param(
            switched(active=service("web", NEW)), 100, True, NEW, id="size 0: nobody answers, and nobody else"
        ),
        pytest.param(switched(active=None), 0, False, OLD, id="no Service"),
        pytest.param(switched(active=ACTIVE_NEW, status=FIRST), 0, True, NEW, id="the first version of all"),
    ],
)
def test_a_switch_is_in_force_when_no_other_pod_answers(here: Scene, weight: int, in_force: bool, version: str) -> None:
    assert verified(here, weight) is in_force
    assert unverified(here, weight) == f"Service web does not lead to {version} alone yet"


SWITCH, SWITCH_BACK = ("web", NEW), ("web", OLD)
PREVIEW, LEAVE_PREVIEW = ("web-preview", NEW), ("web-preview", OLD)


@pytest.mark.parametrize(
    ("here", "pinned"),
    [
        pytest.param(switched(), [], id="the new version stands in its preview"),
        pytest.param(switched(preview=PREVIEW_OLD), [PREVIEW], id="it gets the preview"),
        pytest.param(switched(preview=PREVIEW_OLD, new=rs(NEW, 5, 4)), [], id="but not before all its pods answer"),
        pytest.param(switched(preview=PREVIEW_OLD, new=None), [], id="nor before it is there"),
        pytest.param(
            switched(preview=PREVIEW_OLD, new=2, blue_green={"previewReplicaCount": 2}),
            [PREVIEW],
            id="all it is to have",
        ),
        pytest.param(
            switched(preview=PREVIEW_OLD, new=1, blue_green={"previewReplicaCount": 1}), [PREVIEW], id="a single pod"
        ),
        pytest.param(
            switched(preview=PREVIEW_OLD, new=rs(NEW, 0), old=rs(OLD, 0), spec={"replicas": 0}), [PREVIEW], id="size 0"
        ),
        pytest.param(switched(index=1), [SWITCH], id="the switch"),
        pytest.param(switched(index=1, new=rs(NEW, 5, 4)), [], id="the switch waits for all pods"),
        pytest.param(switched(index=2), [SWITCH], id="the switch again, when somebody undid it before the promotion"),
        pytest.param(switched(active=ACTIVE_NEW), [SWITCH_BACK], id="the steps ask for the old version"),
        pytest.param(switched(active=ACTIVE_NEW, status=ABORTED), [LEAVE_PREVIEW, SWITCH_BACK], id="taken back"),
        pytest.param(
            switched(active=ACTIVE_NEW, old=rs(OLD, 5, 1), status=ABORTED),
            [LEAVE_PREVIEW, SWITCH_BACK],
            id="taken back to the one pod that is left",
        ),
        pytest.param(
            switched(active=ACTIVE_NEW, old=rs(OLD, 5, 0), status=ABORTED), [LEAVE_PREVIEW], id="never back to nobody"
        ),
        pytest.param(
            switched(active=ACTIVE_NEW, old=rs(OLD, 5, 0), new=rs(NEW, 5, 0), status=ABORTED),
            [LEAVE_PREVIEW, SWITCH_BACK],
            id="unless nobody answers here either",
        ),
        pytest.param(
            switched(active=ACTIVE_NEW, old=rs(OLD, 5, 0), new=None, status=ABORTED),
            [LEAVE_PREVIEW, SWITCH_BACK],
            id="or has no pods",
        ),
        pytest.param(switched(active=ACTIVE_NEW, old=None, status=ABORTED), [], id="the old version is gone"),
        pytest.param(switched(active=ACTIVE_OLD, status=FIRST), [SWITCH], id="the first version, when it is there"),
        pytest.param(switched(active=ACTIVE_OLD, new=rs(NEW, 5, 4), status=FIRST), [], id="and not before"),
        pytest.param(switched(active=None, preview=None), [], id="no Services"),
    ],
)
def test_who_the_services_lead_to(here: Scene, pinned: list[tuple[str, str]]) -> None:
    written = [action for action in pin_services(here) if isinstance(action, Merge)]
    assert [(each.meta.name, each.patch["spec"]["selector"][HASH_LABEL]) for each in written] == pinned


@pytest.mark.parametrize(
    ("here", "old", "new"),
    [
        pytest.param(switched(), 5, 0, id="all users are on the old version"),
        pytest.param(switched(active=ACTIVE_NEW), 0, 5, id="switched: nobody is left on the old one"),
        pytest.param(switched(active=ACTIVE_BOTH), 5, 5, id="an old pod answers yet"),
        pytest.param(switched(active=None), 5, 5, id="no Service: it may lead anywhere"),
        pytest.param(switched(preview=PREVIEW_OLD, active=ACTIVE_NEW), 0, 5, id="a preview needs no pods"),
        pytest.param(switched(split=split(40)), 5, 1, id="weights of another strategy are in the route yet"),
    ],
)
def test_pods_that_the_active_service_may_lead_to_stay(here: Scene, old: int, new: int) -> None:
    assert (pods_in_use(here, rs(OLD, 5)), pods_in_use(here, rs(NEW, 5))) == (old, new)
