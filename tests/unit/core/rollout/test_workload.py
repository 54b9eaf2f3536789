"""A Deployment gives its template and its place, and gets its pods back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import NEW, NEW_NAME, OLD, OLD_NAME, make_spec, meta, over, rs, scene, service
from tests.unit.core.rollout.making import services as two
from tests.unit.core.rollout.making import template as template_of
from tidegate.api.rollout_status import RolloutStatus
from tidegate.api.workload import ScaleDown, WorkloadRef
from tidegate.core.actions import Create, Merge, Plan, Resource
from tidegate.core.deployments import DeploymentView
from tidegate.core.rollout.pins import PinnedService
from tidegate.core.rollout.replicas import grow
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.workload import give_back, hand_over, resolve
from tidegate.core.world import RolloutView

DEPLOYMENT = "tidegate.dev/scaled-down-by", "tidegate.dev/replicas-before"
BOTH = {"web-abc": 5}
"""Endpoints of the Deployment's own pods."""


def deployment(size: int = 5, *, by: str = "", before: int = 0, template: Any = None, **fields: Any) -> DeploymentView:
    pods = json.dumps(template_of("web:2") if template is None else template).encode()
    known = {"template": pods, "size": size, "available": size, "scaled_by": by, "size_before": before}
    return DeploymentView(meta("legacy"), **{**known, **fields})


def write(size: int | None, by: str | None, before: int | None) -> Merge:
    marks = dict(zip(DEPLOYMENT, (by, None if before is None else str(before)), strict=True))
    spec = {} if size is None else {"spec": {"replicas": size}}
    return Merge(Resource.DEPLOYMENTS, meta("legacy"), {"metadata": {"annotations": marks}, **spec})


def reference(scale_down: ScaleDown = ScaleDown.ON_SUCCESS) -> WorkloadRef:
    return WorkloadRef(api_version="apps/v1", kind="Deployment", name="legacy", scale_down=scale_down)


def adopting(here: Scene, scale_down: ScaleDown) -> Scene:
    return replace(here, spec=here.spec.model_copy(update={"workload_ref": reference(scale_down)}))


def referring(scale_down: ScaleDown = ScaleDown.ON_SUCCESS) -> RolloutView:
    spec = make_spec().model_copy(update={"template": None, "workload_ref": reference(scale_down)})
    return RolloutView(meta("web"), spec, RolloutStatus())


# The template


def test_the_pods_are_those_of_the_deployment() -> None:
    found = resolve(referring(), deployment())
    assert found.spec is not None
    assert found.spec.pods.as_written() == template_of("web:2")


def test_a_rollout_with_pods_of_its_own_is_left_as_it_is() -> None:
    view = RolloutView(meta("web"), make_spec(), RolloutStatus())
    assert resolve(view, None) is view


@pytest.mark.parametrize(
    ("view", "says"),
    [
        pytest.param(None, "Deployment legacy does not exist: create it, or correct the name", id="missing"),
        pytest.param(
            deployment(0, by="other", before=5),
            "Deployment legacy was scaled down by Rollout other, and is given back when that goes: "
            "delete that one, name another Deployment, or write scaleDown: never",
            id="another's",
        ),
        pytest.param(
            deployment(template={**template_of("web:2"), "metadata": {}}),
            "template.metadata.labels of Deployment legacy: Field required; correct it there",
            id="no labels",
        ),
        pytest.param(
            deployment(template={**template_of("web:2"), "metadata": {"labels": {"app": "shop"}}}),
            "the template of Deployment legacy lacks app=web of selector.matchLabels: add it there",
            id="other labels",
        ),
    ],
)
def test_why_it_can_not_be_taken_over_from_is_told(view: DeploymentView | None, says: str) -> None:
    found = resolve(referring(), view)
    assert (found.spec, found.spec_error) == (None, f"workloadRef: {says}")


def test_one_that_stays_may_be_anothers() -> None:
    assert resolve(referring(ScaleDown.NEVER), deployment(0, by="other", before=5)).spec is not None


# The place


UNPINNED = two(service("web-canary", "", {NEW_NAME: 5, **BOTH}), service("web", "", {NEW_NAME: 5, **BOTH}))
ONE_HERE = two(service("web-canary", "", {NEW_NAME: 1, **BOTH}), service("web", "", {NEW_NAME: 2, **BOTH}))
MIXED = two(service("web-canary", NEW, {NEW_NAME: 5}), service("web", NEW, {NEW_NAME: 5, "web-abc": 1}))


@pytest.mark.parametrize(
    ("mode", "here", "view", "written"),
    [
        pytest.param(ScaleDown.ON_SUCCESS, over(), deployment(), write(0, "web", 5), id="all have moved"),
        pytest.param(ScaleDown.PROGRESSIVELY, over(), deployment(9), write(0, "web", 9), id="all, of a greater one"),
        pytest.param(ScaleDown.ON_SUCCESS, over(), deployment(2, by="web", before=5), write(0, "web", 5), id="again"),
        pytest.param(ScaleDown.ON_SUCCESS, over(), deployment(0, by="web", before=5), None, id="done"),
        pytest.param(ScaleDown.NEVER, over(), deployment(), None, id="it stays"),
        pytest.param(ScaleDown.NEVER, over(), deployment(0, by="web", before=5), write(5, None, None), id="it returns"),
        pytest.param(ScaleDown.NEVER, over(), deployment(0, by="other", before=5), None, id="another's to return"),
        pytest.param(ScaleDown.ON_SUCCESS, over(services=UNPINNED), deployment(), None, id="users may meet its pods"),
        pytest.param(ScaleDown.ON_SUCCESS, over(services=MIXED), deployment(), None, id="an endpoint is left"),
        pytest.param(ScaleDown.ON_SUCCESS, over(new=rs(NEW, 5, 4)), deployment(), None, id="a pod is missing"),
        pytest.param(ScaleDown.ON_SUCCESS, scene({"setWeight": 20}), deployment(), None, id="in mid-release"),
        pytest.param(
            ScaleDown.PROGRESSIVELY,
            over(services=ONE_HERE, new=rs(NEW, 5, 2)),
            deployment(9),
            write(8, "web", 9),
            id="one for each that answers behind every Service",
        ),
        pytest.param(
            ScaleDown.PROGRESSIVELY,
            over(services=ONE_HERE, new=rs(NEW, 5, 2)),
            deployment(8, by="web", before=9),
            None,
            id="none is missed",
        ),
    ],
)
def test_its_size(mode: ScaleDown, here: Scene, view: DeploymentView, written: Merge | None) -> None:
    there = adopting(replace(here, world=replace(here.world, workload=view)), mode)
    assert list(hand_over(there)) == ([] if written is None else [written])


def test_one_that_is_named_no_longer_gets_its_pods_back() -> None:
    left = deployment(0, by="web", before=4)
    assert list(hand_over(over(workloads_left=(left,)))) == [write(4, None, None)]


# A Rollout that is gone


PINNED = PinnedService(service("web", OLD, {OLD_NAME: 5}), rs(OLD))
UNPIN = {
    "metadata": {"annotations": {"tidegate.dev/pinned-by": None}},
    "spec": {"selector": {"tidegate.dev/pod-template-hash": None}},
}
RELEASED = Merge(Resource.SERVICES, PINNED.service.meta, UNPIN)


def test_first_the_pods_come_back_while_orphans_serve() -> None:
    gone = deployment(0, by="web", before=5)
    assert give_back((PINNED,), (gone,)) == Plan((write(5, "web", 5),))


def test_nothing_else_until_they_answer() -> None:
    assert give_back((PINNED,), (deployment(5, by="web", before=5, available=4),)) == Plan()


def test_then_the_services_and_the_marks() -> None:
    back = deployment(5, by="web", before=5)
    assert give_back((PINNED,), (back,)) == Plan((RELEASED, write(None, None, None)))


def test_a_service_whose_pods_are_gone_is_given_back_at_once() -> None:
    gone = deployment(0, by="web", before=5)
    assert give_back((replace(PINNED, target=None),), (gone,)) == Plan((write(5, "web", 5), RELEASED))


def test_without_a_deployment_only_the_services_are() -> None:
    assert give_back((replace(PINNED, target=None),), ()) == Plan((RELEASED,))


def test_its_replicasets_bear_none_of_the_labels_that_a_deployment_looks_for() -> None:
    """By them that would take an orphan for its own, and end its pods."""
    (create,) = grow(adopting(scene({"setWeight": 20}, new=None), ScaleDown.ON_SUCCESS))
    assert isinstance(create, Create)
    assert create.body["metadata"]["labels"] == {"tidegate.dev/pod-template-hash": NEW}
