"""Views: what is read of an object, and that none is so broken that nothing can be said of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.observe import raws
from tidegate.api.config import ConfigKind
from tidegate.core.config.views import Config
from tidegate.core.world import RunRole
from tidegate.observe import configs, fields, traffic_views, views


def test_metadata_names_the_controller_among_the_owners() -> None:
    owners = [{"uid": "other"}, {"uid": "boss", "controller": True}]
    meta = fields.meta_view(raws.obj("Service", "a", meta={"ownerReferences": owners, "resourceVersion": "7"}))
    assert (meta.owner_uid, meta.resource_version, meta.namespace) == ("boss", "7", "shop")
    assert meta.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert not meta.deleting


def test_a_rollout_bears_its_spec_its_status_and_the_request_of_a_person() -> None:
    notes = {"tidegate.dev/request": '{"id": "1"}', "tidegate.dev/requested-by": "ann", "team": "shop"}
    notes["tidegate.dev/requested-groups"] = "cn=sre,ou=shop\nleads\n"
    view = views.rollout_view(raws.rollout(meta={"annotations": notes}, status={"phase": "Paused", "stableRS": "abc"}))
    assert view.spec is not None
    assert view.spec.strategy.canary.steps[0].set_weight == 20
    assert (view.status.phase, view.status.stable_rs) == ("Paused", "abc")
    assert (view.request, view.requested_by) == ('{"id": "1"}', "ann")
    assert view.requested_groups == ("cn=sre,ou=shop", "leads")
    assert view.annotations["team"] == "shop"


def test_the_manifest_that_kubectl_keeps_is_not_kept_twice() -> None:
    notes = {"kubectl.kubernetes.io/last-applied-configuration": "x" * 10_000}
    assert views.rollout_view(raws.rollout(meta={"annotations": notes})).annotations == {}


def test_a_spec_that_cannot_be_read_says_field_and_remedy_and_leaves_the_rest() -> None:
    raw = raws.rollout(status={"stableRS": "abc"})
    raw["spec"]["strategy"]["canary"]["steps"] = [{"setWeight": 120}]
    view = views.rollout_view(raw)
    assert view.spec is None
    assert "spec.strategy.canary.steps[0].setWeight" in view.spec_error
    assert "120" in view.spec_error
    assert view.status.stable_rs == "abc"


@pytest.mark.parametrize("spec", [None, {}, [], "text", 7, {"template": None}, {"strategy": {"canary": []}}])
@pytest.mark.parametrize(
    "view", [views.rollout_view, views.split_view, views.run_view, views.template_view], ids=lambda v: v.__name__
)
def test_no_spec_is_so_broken_that_a_view_fails(view: Any, spec: Any) -> None:
    found = view({"metadata": {"name": "a"}, "spec": spec})
    assert found.spec is None
    assert found.spec_error


def test_a_spec_is_read_once_a_generation() -> None:
    first = views.rollout_view(raws.rollout())
    raw = raws.rollout(status={"phase": "Paused"})
    same = views.rollout_view(raw, first)
    assert same.spec is first.spec
    assert same.status.phase == "Paused"
    assert views.rollout_view(raws.again(raw, meta={"generation": 2}), first).spec is not first.spec
    assert views.rollout_view(raws.again(raw, meta={"uid": "other"}), first).spec is not first.spec


def test_a_status_of_a_newer_operator_loses_only_what_is_not_understood() -> None:
    status = {
        "stableRS": "abc",
        "phase": "Meditating",
        "currentStepIndex": 3,
        "history": [
            {"revision": 1, "podTemplateHash": "x", "startedAt": "2026-01-01T00:00:00Z", "outcome": "Sublimed"}
        ],
        "newField": 1,
    }
    view = views.rollout_view(raws.rollout(status=status))
    assert (view.status.stable_rs, view.status.current_step_index) == ("abc", 3)
    assert view.status.phase is None
    assert view.status.history == []


def test_a_replicaset_tells_size_counts_images_and_why_it_makes_no_pods() -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
    raw = raws.replicaset("web-abc", "abc", size=4, available=3)
    raw["status"]["conditions"] = [condition]
    view = views.replicaset_view(raw)
    assert (view.pod_hash, view.revision, view.size, view.available) == ("abc", 1, 4, 3)
    assert view.images == ("demo:v1",)
    assert view.failure == "exceeded quota"


def test_pods_that_a_replicaset_is_about_to_end_are_not_counted_on() -> None:
    view = views.replicaset_view(raws.replicaset("web-abc", "abc", size=1, available=3))
    assert (view.replicas, view.ready, view.available) == (3, 1, 1)


def test_a_replicaset_without_a_size_has_one_pod_as_the_api_says() -> None:
    assert views.replicaset_view(raws.replicaset("a", "a", spec={"template": {}})).size == 1


@pytest.mark.parametrize(
    ("conditions", "counts"),
    [
        ({"ready": True}, True),
        ({}, True),
        ({"ready": False}, False),
        ({"ready": True, "terminating": True}, False),
        ({"ready": True, "terminating": False}, True),
    ],
    ids=["ready", "not said", "not ready", "going", "staying"],
)
def test_an_endpoint_takes_traffic_when_it_is_ready_and_stays(conditions: dict[str, bool], counts: bool) -> None:
    view = traffic_views.slice_view(raws.endpoints("s", "web", raws.endpoint("web-abc-12345", **conditions)))
    assert view.ready_pods == (("web-abc-12345",) if counts else ())


def test_an_endpoint_that_somebody_wrote_by_hand_counts_by_its_address() -> None:
    view = traffic_views.slice_view(raws.endpoints("s", "web", {"addresses": ["192.0.2.7"], "conditions": {}}))
    assert view.ready_pods == ("192.0.2.7",)


def test_the_name_of_a_pod_tells_its_replicaset() -> None:
    assert traffic_views.replicaset_of("web-shop-abc123-x7k2p") == "web-shop-abc123"
    assert traffic_views.replicaset_of("192.0.2.7") == ""


def test_a_run_knows_its_role_and_one_with_a_strange_role_has_none() -> None:
    assert views.run_view(raws.run("a")).role is RunRole.STEP
    assert views.run_view(raws.run("a", meta={"labels": {"tidegate.dev/analysis-role": "juggler"}})).role is None


def test_a_route_is_kept_to_the_last_field_but_for_what_the_api_server_notes() -> None:
    raw = raws.route(meta={"managedFields": [{"manager": "x"}], "labels": {"a": "b"}}, custom={"deep": [1, None]})
    kept = traffic_views.route_body(raw).raw()
    del raw["metadata"]["managedFields"]
    assert kept == raw


def test_a_route_that_differs_in_its_version_alone_is_the_same() -> None:
    raw = raws.route()
    assert traffic_views.route_body(raw).body == traffic_views.route_body(raws.again(raw)).body


def test_a_route_names_the_splits_that_left_their_mark() -> None:
    assert [key.name for key in traffic_views.route_body(raws.route(mark="gone")).splits] == ["gone"]
    assert traffic_views.route_body(raws.route()).splits == ()


def test_of_a_config_the_hash_is_kept_and_nothing_of_its_content() -> None:
    data = {"password": "czNjcmV0"}
    found = configs.secret_view(raws.obj("Secret", "token", api="v1", data=data))
    assert "czNjcmV0" not in repr(found)
    other = configs.secret_view(raws.obj("Secret", "token", api="v1", data={"password": "b3RoZXI="}))
    assert found.config == other.config == Config(ConfigKind.SECRET, "token")
    assert found.content_hash != other.content_hash
    assert configs.config_map_view(raws.obj("ConfigMap", "a", api="v1", data=data)).config.kind is ConfigKind.CONFIG_MAP
