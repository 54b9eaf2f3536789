"""The kinds on a real API server: taken as they are, and every wrong manifest refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3
import yaml

from dev.cluster import RunningCluster
from tests.manifests.good import OURS, good
from tests.manifests.wrong import Seen, Wrong
from tests.manifests.wrong_others import WRONG_OTHERS
from tests.manifests.wrong_rollouts import WRONG_ROLLOUTS
from tidegate.api import crd

ALL = (*WRONG_ROLLOUTS, *WRONG_OTHERS)
REFUSED = [pytest.param(wrong, id=wrong.name) for wrong in ALL if wrong.seen is Seen.API_SERVER]
ACCEPTED = [pytest.param(wrong, id=wrong.name) for wrong in ALL if wrong.seen is Seen.OPERATOR and wrong.target in OURS]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
PLURALS = {kind.name: kind.plural for kind in crd.KINDS}

Call = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def call(cluster: RunningCluster) -> Iterator[Call]:
    """`call(method, path, text, content_type)` → status and answer of the API server."""
    pool = urllib3.PoolManager(ca_certs=str(cluster.ca_file))

    def request(method: str, path: str, text: str | None = None, content: str = "application/yaml") -> tuple[int, Any]:
        headers = {"Content-Type": content, "Authorization": f"Bearer {cluster.admin_token}"}
        answer = pool.request(method, cluster.url + path, body=text, headers=headers)
        return answer.status, json.loads(answer.data)

    yield request
    pool.clear()


def create(call: Call, manifest: str) -> tuple[int, str]:
    """Create, but only as a trial, as strictly as kubectl asks for it."""
    kind = yaml.safe_load(manifest)["kind"]
    path = f"/apis/tidegate.dev/v1alpha1/namespaces/default/{PLURALS[kind]}?dryRun=All&fieldValidation=Strict"
    status, answer = call("POST", path, manifest)
    return status, answer.get("message", "")


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in crd.KINDS])
def test_the_api_server_takes_the_kind_as_it_is(call: Call, kind: crd.Kind) -> None:
    status, answer = call("GET", f"{CRDS}/{kind.plural}.tidegate.dev")
    assert status == 200
    conditions = {condition["type"]: condition["status"] for condition in answer["status"]["conditions"]}
    assert conditions["Established"] == "True"
    assert conditions["NamesAccepted"] == "True"
    assert conditions.get("NonStructuralSchema", "False") == "False"


@pytest.mark.parametrize("name", OURS)
def test_a_good_manifest_is_taken(call: Call, name: str) -> None:
    assert create(call, yaml.safe_dump(good()[name])) == (201, "")


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_wrong_manifest_is_refused_with_field_value_and_remedy(call: Call, wrong: Wrong) -> None:
    status, message = create(call, wrong.manifest())
    assert status in (400, 422), message
    for part in wrong.api_answer:
        assert part in message, f"{part!r} is not in: {message}"


@pytest.mark.parametrize("wrong", ACCEPTED)
def test_what_takes_two_objects_to_see_is_left_to_the_operator(call: Call, wrong: Wrong) -> None:
    assert create(call, wrong.manifest()) == (201, "")


def test_the_selector_can_not_be_changed(call: Call) -> None:
    path = "/apis/tidegate.dev/v1alpha1/namespaces/default/rollouts"
    rollout = good()["rollout"]
    assert call("POST", path, yaml.safe_dump(rollout))[0] == 201
    try:
        labels = {"app": "shop", "tier": "web"}
        change = {"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}}
        patch = "application/merge-patch+json"
        status, answer = call("PATCH", f"{path}/shop", json.dumps(change), patch)
        assert status == 422
        assert "spec.selector never changes" in answer["message"]
        assert "--cascade=orphan" in answer["message"]
        assert call("PATCH", f"{path}/shop", '{"spec": {"replicas": 7}}', patch)[0] == 200
    finally:
        call("DELETE", f"{path}/shop")


def test_defaults_are_filled_in_and_the_template_is_left_as_it_was_written(call: Call) -> None:
    path = "/apis/tidegate.dev/v1alpha1/namespaces/default/rollouts?dryRun=All"
    rollout = good()["rollout"]
    del rollout["spec"]["replicas"]
    _, answer = call("POST", path, yaml.safe_dump(rollout))
    assert answer["spec"]["replicas"] == 1
    assert answer["spec"]["template"] == rollout["spec"]["template"]
    assert answer["spec"]["strategy"]["canary"]["steps"] == rollout["spec"]["strategy"]["canary"]["steps"]
