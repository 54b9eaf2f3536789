"""The command line against a real API server: log-in, refusals, requests, watches. A thread plays the operator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from kubernetes import client, config

from dev.cluster import RunningCluster
from tests.manifests.good import good
from tidegate.cli.cluster import Cluster, objects
from tidegate.cli.connection import log_in
from tidegate.cli.errors import CommandError

Raw = dict[str, Any]
PARTS = ("tidegate.dev", "v1alpha1")
STATUS = {"observedGeneration": 1, "currentRevision": 2, "currentStepIndex": 1, "phase": "Paused", "message": "a pause"}


@pytest.fixture
def namespace(cluster: RunningCluster) -> Iterator[str]:
    core = client.CoreV1Api(config.new_client_from_config(str(cluster.kubeconfig)))
    name = f"cli-{uuid4().hex[:8]}"
    core.create_namespace({"metadata": {"name": name}})
    yield name
    core.delete_namespace(name)


@pytest.fixture
def custom(cluster: RunningCluster) -> client.CustomObjectsApi:
    return client.CustomObjectsApi(config.new_client_from_config(str(cluster.kubeconfig)))


@pytest.fixture
def shop(custom: client.CustomObjectsApi, namespace: str) -> Raw:
    """A Rollout in the middle of a release."""
    made = custom.create_namespaced_custom_object(*PARTS, namespace, "rollouts", good()["rollout"])
    set_status(custom, namespace, STATUS)
    return made


def set_status(custom: client.CustomObjectsApi, namespace: str, status: Raw) -> None:
    custom.patch_namespaced_custom_object_status(
        *PARTS, namespace, "rollouts", "shop", {"status": status}, _content_type="application/merge-patch+json"
    )


def environment(kubeconfig: Path) -> dict[str, str]:
    return {**os.environ, "KUBECONFIG": str(kubeconfig), "COLUMNS": "200"}


def start(kubeconfig: Path, *args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tidegate.cli.main", *args]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment(kubeconfig), text=True, **pipes)  # type: ignore[call-overload]


def tidegate(kubeconfig: Path, *args: str) -> tuple[int, str, str]:
    process = start(kubeconfig, *args)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def changed(kubeconfig: Path, target: Path, change: Callable[[Raw], None]) -> Path:
    content = yaml.safe_load(kubeconfig.read_text())
    change(content)
    target.write_text(yaml.safe_dump(content))
    return target


def test_who_may_not_is_told_what_and_whom_to_ask(cluster: RunningCluster, namespace: str) -> None:
    code, out, err = tidegate(cluster.kubeconfig_of("alice"), "get", "-n", namespace)
    assert (code, out) == (1, "")
    assert "you may not do this" in err
    assert 'cannot list resource "rollouts"' in err
    assert "Traceback" not in err


def test_a_rollout_that_is_not_there(cluster: RunningCluster, namespace: str) -> None:
    code, _, err = tidegate(cluster.kubeconfig, "get", "nobody", "-n", namespace)
    assert code == 1
    assert f'there is no Rollout "nobody" in namespace {namespace}' in err


def test_a_cluster_that_does_not_answer(cluster: RunningCluster, tmp_path: Path) -> None:
    def elsewhere(content: Raw) -> None:
        content["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"

    code, _, err = tidegate(changed(cluster.kubeconfig, tmp_path / "config", elsewhere), "get")
    assert code == 1
    assert "no answer from https://127.0.0.1:1" in err
    assert "Connection refused" in err
    assert len(err.splitlines()) == 1


def test_a_token_that_is_not_known(cluster: RunningCluster, tmp_path: Path) -> None:
    def stranger(content: Raw) -> None:
        content["users"][0]["user"] = {"token": "nobody's"}

    code, _, err = tidegate(changed(cluster.kubeconfig, tmp_path / "config", stranger), "get")
    assert code == 1
    assert "does not know who you are" in err


def test_a_certificate_that_is_not_trusted(cluster: RunningCluster, tmp_path: Path) -> None:
    def unknown(content: Raw) -> None:
        settings = content["clusters"][0]["cluster"]
        content["clusters"][0]["cluster"] = {"server": settings["server"]}

    code, _, err = tidegate(changed(cluster.kubeconfig, tmp_path / "config", unknown), "get")
    assert code == 1
    assert "is not trusted" in err


def test_a_context_that_there_is_not(cluster: RunningCluster) -> None:
    code, _, err = tidegate(cluster.kubeconfig, "get", "--context", "production")
    assert code == 2
    assert 'no context "production"' in err


def test_the_list_and_the_tree(cluster: RunningCluster, namespace: str, shop: Raw) -> None:
    code, out, _ = tidegate(cluster.kubeconfig, "get", "-n", namespace)
    assert code == 0
    assert "shop" in out
    code, out, _ = tidegate(cluster.kubeconfig, "get", "shop", "-n", namespace, "-o", "json")
    assert code == 0
    assert json.loads(out)["status"]["phase"] == "Paused"


def play_operator(cluster: RunningCluster, namespace: str) -> threading.Thread:
    """Answers the one request that comes, as the operator would."""
    login = log_in(cluster.kubeconfig, None, namespace)
    custom = client.CustomObjectsApi(config.new_client_from_config(str(cluster.kubeconfig)))

    def answer() -> None:
        for raw in Cluster(login).follow(objects("rollouts", namespace, "shop"), 30):
            notes = raw["metadata"].get("annotations", {})
            if text := notes.get("tidegate.dev/request"):
                request = json.loads(text)
                who = notes["tidegate.dev/requested-by"]
                last = {"id": request["id"], "action": request["action"], "outcome": "Done", "by": who}
                said = f"step {request['step']} of revision {request['revision']}, {request['reason']}"
                told = {**last, "message": said, "at": "2026-01-31T12:00:00Z"}
                set_status(custom, namespace, {"lastRequest": told})
                return

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    return thread


def test_a_request_is_made_in_ones_own_name_and_its_answer_awaited(
    cluster: RunningCluster, custom: client.CustomObjectsApi, namespace: str, shop: Raw
) -> None:
    played = play_operator(cluster, namespace)
    code, out, err = tidegate(cluster.kubeconfig, "promote", "shop", "-n", namespace, "--reason", "looks good")
    played.join(10)
    assert (code, err) == (0, "")
    assert out == "promote: step 1 of revision 2, looks good\n"
    live = custom.get_namespaced_custom_object(*PARTS, namespace, "rollouts", "shop")
    assert live["status"]["lastRequest"]["by"] == live["metadata"]["annotations"]["tidegate.dev/requested-by"]
    assert live["status"]["lastRequest"]["by"]
    assert live["metadata"]["generation"] == shop["metadata"]["generation"], "a request is no change of spec"


def test_status_follows_the_release_to_its_end(
    cluster: RunningCluster, custom: client.CustomObjectsApi, namespace: str, shop: Raw
) -> None:
    process = start(cluster.kubeconfig, "status", "shop", "-n", namespace, "--timeout", "40s")
    assert process.stdout is not None
    first = process.stdout.readline()
    set_status(custom, namespace, {"phase": "Healthy", "message": "all the traffic"})
    rest, err = process.communicate(timeout=30)
    assert "Paused" in first
    assert "Healthy" in rest
    assert (process.returncode, err) == (0, "")


def test_a_rollout_that_is_deleted_meanwhile_is_told(
    cluster: RunningCluster, custom: client.CustomObjectsApi, namespace: str, shop: Raw
) -> None:
    process = start(cluster.kubeconfig, "status", "shop", "-n", namespace, "--timeout", "40s")
    assert process.stdout is not None
    process.stdout.readline()
    custom.delete_namespaced_custom_object(*PARTS, namespace, "rollouts", "shop")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Rollout shop was deleted meanwhile" in err


def test_undo_takes_away_what_the_older_version_lacks(
    cluster: RunningCluster, custom: client.CustomObjectsApi, namespace: str, shop: Raw
) -> None:
    template = {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [{"name": "shop", "image": "shop:0"}]}}
    apps = client.AppsV1Api(config.new_client_from_config(str(cluster.kubeconfig)))
    owner = {"apiVersion": shop["apiVersion"], "kind": "Rollout", "name": "shop", "uid": shop["metadata"]["uid"]}
    labels = {"app": "shop", "tidegate.dev/pod-template-hash": "old"}
    notes = {"tidegate.dev/revision": "1", "tidegate.dev/template": json.dumps(template)}
    notes["tidegate.dev/config"] = json.dumps({"ConfigMap settings": "settings-old"})
    core = client.CoreV1Api(config.new_client_from_config(str(cluster.kubeconfig)))
    for name, data in (("settings-old", {"a": "1"}), ("settings", {"a": "2", "b": "3"})):
        core.create_namespaced_config_map(namespace, {"metadata": {"name": name}, "data": data})
    metadata = {"name": "shop-old", "labels": labels, "annotations": notes, "ownerReferences": [owner]}
    pods = {**template, "metadata": {"labels": labels}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pods}
    apps.create_namespaced_replica_set(namespace, {"metadata": metadata, "spec": spec})
    code, out, err = tidegate(cluster.kubeconfig, "undo", "shop", "-n", namespace)
    assert (code, err) == (0, "")
    assert "git" in out
    live = custom.get_namespaced_custom_object(*PARTS, namespace, "rollouts", "shop")
    assert live["spec"]["template"] == template
    assert core.read_namespaced_config_map("settings", namespace).data == {"a": "1"}


def test_a_change_at_the_same_moment_is_no_overwrite(cluster: RunningCluster, namespace: str, shop: Raw) -> None:
    api = Cluster(log_in(cluster.kubeconfig, None, namespace))
    stale = [{"op": "replace", "path": "/metadata/resourceVersion", "value": shop["metadata"]["resourceVersion"]}]
    with pytest.raises(CommandError, match="somebody changed it at the same moment"):
        api.patch(
            objects("rollouts", namespace, "shop"), [*stale, {"op": "add", "path": "/spec/paused", "value": True}]
        )


def test_kubectl_gets_the_state_at_a_glance(cluster: RunningCluster, namespace: str, shop: Raw) -> None:
    path = f"{cluster.url}/apis/tidegate.dev/v1alpha1/namespaces/{namespace}/rollouts"
    api = config.new_client_from_config(str(cluster.kubeconfig))
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    asked = api.param_serialize(
        "GET", path.removeprefix(cluster.url), header_params=accept, auth_settings=["BearerToken"]
    )
    table = json.loads(api.call_api(*asked).read())
    titles = [column["name"] for column in table["columnDefinitions"] if not column["priority"]]
    assert titles == ["Name", "Phase", "Step", "Weight", "Desired", "Ready", "Available", "Age"]
    assert table["rows"][0]["cells"][:2] == ["shop", "Paused"]
