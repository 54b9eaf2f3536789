"""The nodes that a new version keeps off: those of the stable one, in an update, and beside what the user wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import FIFTH, NEW, OLD, THIRD, aborted, first, over, rs, scene, template
from tidegate.core.actions import Create, Merge
from tidegate.core.rollout.affinity import PREFERRED, REQUIRED, change
from tidegate.core.rollout.replicas import grow
from tidegate.core.rollout.scene import Scene

MUST = {"antiAffinity": {REQUIRED: {}}}
WISH = {"antiAffinity": {PREFERRED: {"weight": 50}}}


def off(pod_hash: str) -> dict[str, Any]:
    return {
        "labelSelector": {
            "matchExpressions": [{"key": "tidegate.dev/pod-template-hash", "operator": "In", "values": [pod_hash]}]
        },
        "topologyKey": "kubernetes.io/hostname",
    }


def created(here: Scene) -> tuple[Any, Any]:
    """The affinity of the new ReplicaSet's pods, and what it says that they keep off."""
    (create,) = (action for action in grow(here) if isinstance(action, Create))
    notes = create.body["metadata"]["annotations"]
    return create.body["spec"]["template"]["spec"].get("affinity"), notes.get("tidegate.dev/apart-from")


@pytest.mark.parametrize(
    ("canary", "terms"),
    [
        pytest.param(MUST, {REQUIRED: [off(OLD)]}, id="required"),
        pytest.param(WISH, {PREFERRED: [{"weight": 50, "podAffinityTerm": off(OLD)}]}, id="preferred"),
    ],
)
def test_a_new_version_keeps_off_the_stable_one(canary: dict[str, Any], terms: dict[str, Any]) -> None:
    assert created(scene(FIFTH, new=None, canary=canary)) == ({"podAntiAffinity": terms}, OLD)


def test_it_is_no_part_of_the_revision() -> None:
    assert scene(FIFTH, canary=MUST).new_hash == scene(FIFTH).new_hash == NEW


@pytest.mark.parametrize(
    "here",
    [
        pytest.param(scene(FIFTH, new=None), id="nobody asks for it"),
        pytest.param(first(FIFTH, new=None, canary=MUST), id="the first version has nobody to keep off"),
    ],
)
def test_without_it_the_template_is_as_it_was_written(here: Scene) -> None:
    assert created(here) == (None, None)


def test_what_the_user_wrote_stays() -> None:
    other = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "db"}}}
    written = template("web:2")
    written["spec"]["affinity"] = {"nodeAffinity": {"x": 1}, "podAntiAffinity": {REQUIRED: [other]}}
    affinity, _ = created(scene(FIFTH, new=None, canary=MUST, spec={"template": written}))
    assert affinity == {"nodeAffinity": {"x": 1}, "podAntiAffinity": {REQUIRED: [other, off(OLD)]}}
    assert written["spec"]["affinity"]["podAntiAffinity"] == {REQUIRED: [other]}


def test_a_version_that_comes_again_keeps_off_whoever_is_stable_by_then() -> None:
    new = rs(NEW, 0, apart_from=THIRD)
    here = scene(FIFTH, new=new, canary=WISH)
    (merge,) = (action for action in grow(here) if isinstance(action, Merge))
    terms = {REQUIRED: None, PREFERRED: [{"weight": 50, "podAffinityTerm": off(OLD)}]}
    assert merge.patch == {
        "metadata": {"annotations": {"tidegate.dev/apart-from": OLD}},
        "spec": {"replicas": 1, "template": {"spec": {"affinity": {"podAntiAffinity": terms}}}},
    }


def test_and_off_nobody_where_that_is_no_longer_asked_for() -> None:
    new = rs(NEW, 0, apart_from=OLD)
    assert change(scene(FIFTH, new=new), new) == {
        "metadata": {"annotations": {"tidegate.dev/apart-from": None}},
        "spec": {"template": {"spec": {"affinity": {"podAntiAffinity": {REQUIRED: None, PREFERRED: None}}}}},
    }


@pytest.mark.parametrize(
    "here",
    [
        pytest.param(scene(FIFTH, new=rs(NEW, 0, apart_from=OLD), canary=MUST), id="it keeps off the right one"),
        pytest.param(over(new=rs(NEW, 5, apart_from=OLD), canary=MUST), id="it is the stable one by now"),
        pytest.param(aborted(FIFTH, new=rs(NEW, 0, apart_from=OLD), canary=MUST), id="it is taken back"),
    ],
)
def test_all_else_is_left(here: Scene) -> None:
    assert here.new is not None
    assert change(here, here.new) == {}


def test_what_the_user_wrote_stays_when_a_version_comes_again() -> None:
    mine = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}}
    pod = {**template("web:2")["spec"], "affinity": {"podAntiAffinity": {REQUIRED: [mine]}}}
    here = scene(FIFTH, canary=MUST, spec={"template": {**template("web:2"), "spec": pod}})
    patch = change(here, replace(rs(NEW, 0), pod_hash=here.new_hash))
    terms = patch["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]
    assert terms == {REQUIRED: [mine, off(OLD)], PREFERRED: None}
