"""The copies of a revision: after the ReplicaSet that owns them, before the pods that need them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.config.test_revision import MAP, SECRET, SETTINGS, TOKEN, reading
from tests.unit.core.rollout.making import FIFTH, OLD, aborted, first, meta, over, scene
from tidegate.core.actions import CopyConfig, Create, Merge, Resource
from tidegate.core.config.content import copy_of
from tidegate.core.config.revision import Versioned, pod_hash_of
from tidegate.core.rollout.prerequisites import missing
from tidegate.core.rollout.replicas import grow
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.world import ReplicaSetView

CONFIG = Versioned((SETTINGS, TOKEN))
HASH = pod_hash_of(reading(), CONFIG)
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": f"web-{HASH}",
    "uid": f"uid-web-{HASH}",
    "controller": True,
    "blockOwnerDeletion": False,
}


def here(new: ReplicaSetView | None, *, of: Any = scene, config: Versioned = CONFIG, **fields: Any) -> Scene:
    """The release of a version with config, whose ReplicaSet is `new`."""
    made: Scene = of(FIFTH, new=None, others=[new] if new else [], spec={"template": reading()}, **fields)
    return replace(made, new_hash=HASH, config=config)


def copied(size: int = 0, *, awaits: bool = True) -> ReplicaSetView:
    rs = ReplicaSetView(meta(f"web-{HASH}"), HASH, 2, size, size, size, size)
    return replace(rs, awaits_copies=awaits, copies_due=awaits)


def copy(kind: Any, name: str) -> CopyConfig:
    view = {MAP: SETTINGS, SECRET: TOKEN}[kind]
    return CopyConfig("shop", view.config, "c1", f"{name}-{HASH}", HASH, OWNER)


def test_the_replicaset_is_created_without_pods_and_reads_the_copies() -> None:
    (create,) = grow(here(None))
    assert isinstance(create, Create)
    body = create.body
    assert body["spec"]["replicas"] == 0
    assert body["spec"]["template"]["spec"]["containers"][0]["envFrom"] == [
        {"configMapRef": {"name": f"settings-{HASH}"}},
        {"secretRef": {"name": f"token-{HASH}"}},
    ]
    notes = body["metadata"]["annotations"]
    assert notes["tidegate.dev/config"] == (f'{{"ConfigMap settings":"settings-{HASH}","Secret token":"token-{HASH}"}}')
    assert '"name":"settings"' in notes["tidegate.dev/template"], "what undo puts back is what the user wrote"
    assert "tidegate.dev/config-copied" not in notes


def test_then_come_the_copies_and_one_write_that_tells_of_them_and_gives_it_its_size() -> None:
    patch = {"metadata": {"annotations": {"tidegate.dev/config-copied": "true"}}, "spec": {"replicas": 1}}
    new = copied()
    assert list(grow(here(new))) == [
        copy(MAP, "settings"),
        copy(SECRET, "token"),
        Merge(Resource.REPLICASETS, new.meta, patch),
    ]


def test_once_they_are_there_nothing_is_done_about_them_again() -> None:
    assert list(grow(here(copied(1, awaits=False)))) == []


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(here(replace(copied(), copies_due=False)), id="its controller has not seen it yet"),
        pytest.param(here(copied(), of=aborted), id="taken back"),
        pytest.param(here(copied(), config=Versioned(problem="missing")), id="config is missing"),
        pytest.param(here(None, config=Versioned(problem="missing")), id="before there is any"),
        pytest.param(replace(here(copied()), new_hash=OLD), id="another version is asked for by now"),
    ],
)
def test_no_pod_is_made_that_could_not_start(given: Scene) -> None:
    assert not [action for action in grow(given) if not isinstance(action, Merge) or action.meta.name != f"web-{OLD}"]


NOT_COPIED = Wait("ConfigNotCopied", f"2 ConfigMaps and Secrets are copied for web-{HASH}")


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        pytest.param(here(None), NOT_COPIED, id="it is about to be created"),
        pytest.param(here(copied()), NOT_COPIED, id="the copies are under way"),
        pytest.param(here(copied(1, awaits=False)), None, id="they are there"),
        pytest.param(here(copied(), of=aborted), None, id="going back waits for nothing"),
        pytest.param(
            here(None, config=Versioned(problem="settings is missing")),
            Wait("ConfigMissing", "settings is missing"),
            id="one is missing",
        ),
        pytest.param(
            replace(scene(FIFTH), config=Versioned(problem="settings is missing")),
            Wait("ConfigMissing", "settings is missing"),
            id="it went away in mid-release",
        ),
        pytest.param(
            replace(over(), config=Versioned(problem="settings is missing")),
            Wait("ConfigMissing", "settings is missing"),
            id="it went away after it",
        ),
        pytest.param(replace(aborted(), config=Versioned(problem="x")), None, id="it is missing, and all goes back"),
        pytest.param(replace(first(), config=Versioned()), None, id="there is none"),
    ],
)
def test_what_a_release_waits_for(given: Scene, wait: Wait | None) -> None:
    assert missing(given) == wait


def test_a_copy_has_the_content_and_nothing_else_of_what_it_is_a_copy_of() -> None:
    raw = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "token",
            "uid": "u1",
            "labels": {"tidegate.dev/readable": "true"},
            "annotations": {"a": "b"},
        },
        "type": "Opaque",
        "data": {"token": "MQ=="},
    }
    action = replace(copy(SECRET, "token"), content_hash="6bqjmtmgqn")
    assert copy_of(action, {**raw, "data": {"a": "MQ=="}}) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"token-{HASH}",
            "namespace": "shop",
            "labels": {"app.kubernetes.io/managed-by": "tidegate", "tidegate.dev/pod-template-hash": HASH},
            "annotations": {"tidegate.dev/copy-of": "token"},
            "ownerReferences": [OWNER],
        },
        "immutable": True,
        "type": "Opaque",
        "data": {"a": "MQ=="},
    }
    assert copy_of(action, raw) is None, "it has changed since this was decided"


def test_a_version_that_was_never_stable_before_waits_with_its_first_pods_too() -> None:
    assert missing(here(copied(), of=first)) == NOT_COPIED
