"""What pods bear by the role of their version: in the template, then on the pods, then told to be done."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import FIFTH, NEW, OLD, THIRD, aborted, first, over, rs, scene, template
from tidegate.core.actions import Create, MarkPods, Merge, Resource
from tidegate.core.marks import Marks
from tidegate.core.rollout.pod_metadata import Role, change, metadata_of, role_of, swap
from tidegate.core.rollout.replicas import grow
from tidegate.core.rollout.scene import Scene
from tidegate.core.world import ReplicaSetView
from tidegate.observe.marks import marks_view

ROLES = {
    "canaryMetadata": {"labels": {"role": "canary"}, "annotations": {"look": "here"}},
    "stableMetadata": {"labels": {"role": "stable"}},
}
CANARY = {"labels": {"role": "canary"}, "annotations": {"look": "here"}}
STABLE = {"labels": {"role": "stable"}, "annotations": {}}
NOTHING: dict[str, Any] = {"labels": {}, "annotations": {}}
NOTE, DONE = "tidegate.dev/pod-metadata", "tidegate.dev/pod-metadata-done"


def bearing(pod_hash: str, put: Any, *, done: bool = True, observed: bool = True, **fields: Any) -> ReplicaSetView:
    """A ReplicaSet whose template and pods have this."""
    marks = Marks(put, NOTHING, fields.pop("pods", put), "t1", done, observed)
    return rs(pod_hash, **{"size": 5, **fields}, marks=marks)


def put_on(patch: dict[str, Any]) -> Any:
    """What the patch of a ReplicaSet does to the template's metadata."""
    return patch["spec"]["template"]["metadata"]


@pytest.mark.parametrize(
    ("here", "roles"),
    [
        pytest.param(scene(FIFTH), {NEW: Role.NEW, OLD: Role.STABLE, THIRD: Role.OTHER}, id="a release"),
        pytest.param(aborted(FIFTH), {NEW: Role.NEW, OLD: Role.STABLE}, id="taken back"),
        pytest.param(over(), {NEW: Role.STABLE, OLD: Role.OTHER}, id="promoted"),
        pytest.param(first(), {NEW: Role.STABLE, THIRD: Role.OTHER}, id="the first version"),
    ],
)
def test_roles(here: Scene, roles: dict[str, Role]) -> None:
    assert {pod_hash: role_of(here, pod_hash) for pod_hash in roles} == roles


def test_what_each_role_has() -> None:
    strategy = scene(FIFTH, canary=ROLES).strategy
    assert [metadata_of(strategy, role) for role in Role] == [CANARY, STABLE, NOTHING]


def test_a_new_version_is_born_with_it_and_nothing_is_left_to_do() -> None:
    (create,) = grow(scene(FIFTH, new=None, canary=ROLES))
    assert isinstance(create, Create)
    metadata = create.body["spec"]["template"]["metadata"]
    assert metadata["labels"] == {"app": "web", "role": "canary", "tidegate.dev/pod-template-hash": NEW}
    assert metadata["annotations"] == {"look": "here"}
    assert "role" not in create.body["spec"]["selector"]["matchLabels"]
    notes = create.body["metadata"]["annotations"]
    assert notes.keys() >= {NOTE, DONE}
    marks = marks_view(notes, observed=True)
    assert marks is not None
    assert (marks.put, marks.done) == (CANARY, True)


def test_a_rollout_without_the_fields_costs_nothing() -> None:
    for here in (scene(FIFTH), over(), first(), aborted(FIFTH)):
        assert list(swap(here, ())) == []
    (create,) = grow(scene(FIFTH, new=None))
    assert isinstance(create, Create)
    assert not create.body["metadata"]["annotations"].keys() & {NOTE, DONE}


def test_at_the_promotion_the_new_version_gets_the_other_role_and_the_old_one_none() -> None:
    here = over(canary=ROLES, new=bearing(NEW, CANARY), old=bearing(OLD, STABLE))
    old, new = swap(here, ())
    assert isinstance(old, Merge)
    assert isinstance(new, Merge)
    assert put_on(dict(new.patch)) == {"labels": {"role": "stable"}, "annotations": {"look": None}}
    assert put_on(dict(old.patch)) == {"labels": {"role": None}}
    assert DONE not in new.patch["metadata"]["annotations"]


def test_pods_are_patched_when_the_template_is_in_force_and_only_then() -> None:
    pods = {"labels": {"role": "stable"}, "annotations": {"look": None}}
    waits = bearing(NEW, STABLE, done=False, observed=False, pods=pods)
    assert list(swap(over(canary=ROLES, new=waits, old=None), ())) == []
    ready = bearing(NEW, STABLE, done=False, pods=pods)
    done = {"metadata": {"annotations": {DONE: "t1"}}}
    assert list(swap(over(canary=ROLES, new=ready, old=None), ())) == [
        MarkPods(ready.meta, NEW, pods),
        Merge(Resource.REPLICASETS, ready.meta, done, unconditional=True),
    ]


def test_what_is_written_in_this_pass_has_its_turn_in_the_next() -> None:
    here = over(canary=ROLES, new=bearing(NEW, CANARY), old=None)
    assert here.new is not None
    planned = Merge(Resource.REPLICASETS, here.new.meta, {"spec": {"replicas": 3}})
    assert list(swap(here, (planned,))) == []


def test_versions_without_pods_are_left_until_they_have_some_again() -> None:
    empty = bearing(OLD, CANARY, size=0)
    here = scene(FIFTH, canary=ROLES, old=empty, new=bearing(NEW, CANARY))
    assert list(swap(here, ())) == []
    (grown,) = [action for action in grow(here) if isinstance(action, Merge) and action.meta == empty.meta]
    assert grown.patch["spec"] == {
        "replicas": 5,
        "template": {"metadata": {"labels": {"role": "stable"}, "annotations": {"look": None}}},
    }


def test_fields_that_were_removed_are_taken_off() -> None:
    here = over(new=bearing(NEW, STABLE), old=None)
    (merge,) = swap(here, ())
    assert isinstance(merge, Merge)
    assert put_on(dict(merge.patch)) == {"labels": {"role": None}}


def test_what_the_template_has_in_the_same_place_comes_back() -> None:
    written = template("web:2")
    written["metadata"]["labels"]["role"] = "any"
    fields: dict[str, Any] = {"spec": {"template": written}, "new": None}
    put = scene(FIFTH, canary=ROLES, **fields)
    (create,) = grow(put)
    assert isinstance(create, Create)
    assert create.body["spec"]["template"]["metadata"]["labels"]["role"] == "canary"
    marks = marks_view(create.body["metadata"]["annotations"], observed=True)
    there = replace(rs(NEW), meta=rs(NEW).meta, pod_hash=put.new_hash, marks=marks)
    bare = scene(FIFTH, **{**fields, "others": [there]})
    assert put_on(change(bare, there)) == {"labels": {"role": "any"}, "annotations": {"look": None}}


def test_what_was_not_taken_off_every_pod_yet_is_not_forgotten_by_another_edit() -> None:
    pods = {"labels": {"role": "stable", "tier": None}, "annotations": {}}
    half = bearing(NEW, STABLE, done=False, pods=pods)
    edited = {"stableMetadata": {"labels": {"role": "steady"}}}
    assert put_on(change(over(canary=edited, new=half), half)) == {"labels": {"role": "steady", "tier": None}}
    whole = bearing(NEW, STABLE, pods=pods)
    assert put_on(change(over(canary=edited, new=whole), whole)) == {"labels": {"role": "steady"}}


def test_what_is_told_is_read_again() -> None:
    bare = over(canary=ROLES, new=rs(NEW), old=None)
    (merge,) = swap(bare, ())
    assert isinstance(merge, Merge)
    notes = merge.patch["metadata"]["annotations"]
    marks = marks_view(notes, observed=False)
    assert marks is not None
    assert (marks.put, marks.pods, marks.done, marks.observed) == (STABLE, STABLE, False, False)
    again = marks_view({**notes, DONE: marks.text_hash}, observed=True)
    assert again is not None
    assert again.done


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", "no", json.dumps({"put": None, "covered": {}, "pods": {}})])
def test_an_annotation_that_somebody_wrote_over_is_as_none(text: str) -> None:
    assert marks_view({NOTE: text}, observed=True) is None


def test_a_name_of_a_role_that_the_template_has_is_covered_from_birth() -> None:
    spec = {"template": {**template("web:2"), "metadata": {"labels": {"app": "web", "role": "plain"}}}}
    here = scene(FIFTH, new=None, canary=ROLES, spec=spec)
    (create,) = grow(here)
    assert isinstance(create, Create)
    marks = json.loads(create.body["metadata"]["annotations"][NOTE])
    assert marks == {"put": CANARY, "covered": {"labels": {"role": "plain"}, "annotations": {}}, "pods": CANARY}


@pytest.mark.parametrize(
    ("pod_hash", "back"),
    [
        pytest.param(NEW, "plain", id="what the template has"),
        pytest.param(OLD, None, id="another template is not known"),
    ],
)
def test_only_the_template_in_hand_is_known(pod_hash: str, back: str | None) -> None:
    spec = {"template": {**template("web:2"), "metadata": {"labels": {"app": "web", "role": "plain"}}}}
    here = scene(FIFTH, canary=ROLES, spec=spec)
    asked = {NEW: "canary", OLD: "stable"}[pod_hash]
    view = rs(pod_hash if pod_hash == OLD else NEW, 5)
    view = replace(view, pod_hash=here.new_hash if pod_hash == NEW else OLD)
    patch = change(here, view)
    told = json.loads(patch["metadata"]["annotations"][NOTE])
    assert told["put"]["labels"] == {"role": asked}
    assert told["covered"]["labels"] == ({"role": back} if back else {})


def test_pods_that_bear_nothing_yet_lose_nothing() -> None:
    patch = change(scene(FIFTH, canary=ROLES), rs(OLD))
    assert put_on(patch) == {"labels": {"role": "stable"}}
    assert json.loads(patch["metadata"]["annotations"][NOTE])["pods"] == STABLE


@pytest.mark.parametrize(
    "going", [rs(OLD, 0, replicas=2), rs(OLD, 2, replicas=0)], ids=["pods that go", "pods that come"]
)
def test_pods_on_their_way_have_a_role_too(going: ReplicaSetView) -> None:
    assert [action.meta.name for action in swap(scene(FIFTH, old=going, canary=ROLES), ())] == [
        f"web-{OLD}",
        f"web-{NEW}",
    ]


def test_one_that_is_left_out_holds_up_no_other() -> None:
    here = scene(FIFTH, old=rs(OLD, 0, replicas=0), canary=ROLES)
    assert [action.meta.name for action in swap(here, ())] == [f"web-{NEW}"]
