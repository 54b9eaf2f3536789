"""`tidegate undo`: which revision it goes back to, and how."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.manifests.good import good
from tests.unit.cli.conftest import FakeCluster, Run
from tests.unit.cli.objects import PATH, SETS, release, replicaset, rollout


def images(api: FakeCluster) -> list[str]:
    operations = {each["path"]: each["value"] for kind, _, body in api.writes if kind == "patch" for each in body}
    return [container["image"] for container in operations["/spec/template"]["spec"]["containers"]]


def test_in_a_release_it_goes_back_to_the_stable_version(api: FakeCluster, tidegate: Run) -> None:
    api.found = release() | {SETS: [replicaset("old", 1, 5), replicaset("between", 2, 0), replicaset("new", 3, 1)]}
    result = tidegate("undo", "shop")
    assert result.code == 0
    assert images(api) == ["shop:1"]
    assert "git" in result.out


def test_after_a_release_it_goes_back_to_the_version_before(api: FakeCluster, tidegate: Run) -> None:
    api.found = release() | {
        PATH: rollout(stableRS="new"),
        SETS: [replicaset("older", 1, 0), replicaset("old", 2, 0), replicaset("new", 3, 5)],
    }
    tidegate("undo", "shop")
    assert images(api) == ["shop:2"]


def test_it_goes_back_to_a_revision_by_its_number(api: FakeCluster, tidegate: Run) -> None:
    api.found = release()
    tidegate("undo", "shop", "--to-revision", "0")
    assert images(api) == ["shop:0"]


def test_the_whole_template_is_replaced_and_only_if_nobody_changed_it_meanwhile(
    api: FakeCluster, tidegate: Run
) -> None:
    api.found = release()
    tidegate("undo", "shop")
    (_, path, operations), *_ = api.writes
    assert path == PATH
    assert operations[0] == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert (operations[1]["op"], operations[1]["path"]) == ("replace", "/spec/template")


def test_a_template_that_stands_in_a_deployment_is_to_be_changed_there(api: FakeCluster, tidegate: Run) -> None:
    referring = rollout(stableRS="old")
    referring["spec"]["workloadRef"] = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "legacy"}
    api.found = release() | {PATH: referring}
    result = tidegate("undo", "shop")
    assert (result.code, api.writes) == (2, [])
    assert "kubectl rollout undo deployment/legacy" in result.err


CONFIGS = "/api/v1/namespaces/default/configmaps"


def with_config(api: FakeCluster, now: dict[str, Any], told: object = None) -> None:
    """Revision 1 read a ConfigMap; `now` is what it holds."""
    old = replicaset("old", 1, 5)
    names = {"ConfigMap settings": "settings-old"} if told is None else told
    old["metadata"]["annotations"]["tidegate.dev/config"] = json.dumps(names)
    copy = {"metadata": {"name": "settings-old"}, "data": {"a": "1"}, "immutable": True}
    api.found = release() | {
        SETS: [old, replicaset("new", 2, 1)],
        f"{CONFIGS}/settings-old": copy,
        CONFIGS: [{"metadata": {"name": "settings"}, **now}] if now else [],
    }


@pytest.mark.parametrize(
    ("now", "write"),
    [
        pytest.param(
            {"data": {"a": "2", "b": "3"}},
            [("patch", f"{CONFIGS}/settings", [{"op": "add", "path": "/data", "value": {"a": "1"}}])],
            id="another content",
        ),
        pytest.param(
            {"data": {"a": "1"}, "binaryData": {"b": "AA=="}},
            [("patch", f"{CONFIGS}/settings", [{"op": "add", "path": "/binaryData", "value": {}}])],
            id="more content",
        ),
        pytest.param({"data": {"a": "1"}}, [], id="the same"),
        pytest.param(
            {},
            [
                (
                    "create",
                    CONFIGS,
                    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"}},
                )
            ],
            id="it is gone",
        ),
    ],
)
def test_the_config_comes_back_before_the_template(
    api: FakeCluster, tidegate: Run, now: dict[str, Any], write: list[Any]
) -> None:
    with_config(api, now)
    result = tidegate("undo", "shop")
    assert result.code == 0
    *configs, (_, path, _) = api.writes
    assert configs == write
    assert path == PATH
    assert ("ConfigMap settings is that of revision 1 again" in result.out) == bool(write)


@pytest.mark.parametrize("told", [[], "x", {"Pod web": "web-1"}, {"ConfigMap": "x"}, {"a": 1}])
def test_an_annotation_that_was_changed_by_hand_brings_no_config_back(
    api: FakeCluster, tidegate: Run, told: object
) -> None:
    with_config(api, {"data": {"a": "2"}}, told)
    assert tidegate("undo", "shop").code == 0
    assert [path for _, path, _ in api.writes] == [PATH]


def test_print_gives_the_config_too_and_no_secret(api: FakeCluster, tidegate: Run) -> None:
    with_config(api, {"data": {"a": "2"}}, {"ConfigMap settings": "settings-old", "Secret token": "token-old"})
    out = tidegate("undo", "shop", "--print").out
    rollout, config = yaml.safe_load_all(out)
    assert (rollout["kind"], config["kind"], config["data"]) == ("Rollout", "ConfigMap", {"a": "1"})
    assert config["metadata"] == {"name": "settings"}
    assert "# Secret token: what revision 1 read stands in Secret token-old; it is not printed." in out
    assert api.writes == []


def test_a_revision_that_is_not_kept_is_a_mistake_in_the_command(api: FakeCluster, tidegate: Run) -> None:
    api.found = release()
    result = tidegate("undo", "shop", "--to-revision", "9")
    assert result.code == 2
    assert "revision 9 is not kept: there are 2, 1, 0" in result.err
    assert api.writes == []


def test_the_first_revision_can_not_be_undone(api: FakeCluster, tidegate: Run) -> None:
    api.found = release() | {SETS: [replicaset("new", 1, 5)]}
    result = tidegate("undo", "shop")
    assert result.code == 1
    assert "no other revision" in result.err


def test_print_gives_what_git_should_hold_and_changes_nothing(api: FakeCluster, tidegate: Run) -> None:
    written = good()["rollout"]
    live = rollout()
    live["spec"]["minReadySeconds"] = 0
    live["metadata"]["annotations"] = {
        "team": "shop",
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps(
            {**written, "metadata": {"name": "shop", "annotations": {"team": "shop"}}}
        ),
        "tidegate.dev/request": "{}",
    }
    api.found = release() | {PATH: live}
    manifest = yaml.safe_load(tidegate("undo", "shop", "--print").out)
    assert api.writes == []
    assert manifest["metadata"] == {"name": "shop", "annotations": {"team": "shop"}}
    assert manifest["spec"].pop("template")["spec"]["containers"][0]["image"] == "shop:1"
    assert manifest["spec"] == {key: value for key, value in written["spec"].items() if key != "template"}
    assert "status" not in manifest


def test_print_without_a_record_of_what_was_applied_takes_the_object_itself(api: FakeCluster, tidegate: Run) -> None:
    live = rollout()
    live["metadata"]["annotations"] = {"tidegate.dev/request": "{}"}
    api.found = release() | {PATH: live}
    manifest = yaml.safe_load(tidegate("undo", "shop", "--print").out)
    assert manifest["metadata"] == {"name": "shop", "namespace": "default"}
    assert "status" not in manifest
