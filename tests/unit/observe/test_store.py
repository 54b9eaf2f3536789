"""The store: what it takes for true, and whom it wakes."""

from __future__ import annotations

import pytest

from tests.unit.observe import raws
from tests.unit.observe.raws import NAMESPACE, Raw
from tidegate.core.objects import Key
from tidegate.observe.store import Store

ROLLOUT = Key("Rollout", NAMESPACE, "web")
SPLIT = Key("TrafficSplit", NAMESPACE, "web")
RUN = Key("AnalysisRun", NAMESPACE, "run")


def put(store: Store, *objects: Raw, event: str | None = "MODIFIED") -> set[Key]:
    """Have the store take objects in; returns the keys that it woke."""
    return {key for raw in objects for key in store.ingest(raw["kind"], event, raw)}


def names(store: Store, kind: str) -> list[str]:
    return [key.name for key in store.keys(kind)]


@pytest.fixture
def store() -> Store:
    """A store that knows the Rollout `web`."""
    store = Store()
    put(store, raws.rollout())
    return store


# What it takes for true.


def test_the_reply_to_a_write_is_there_before_the_watch_tells_of_it(store: Store) -> None:
    raw = raws.replicaset("web-abc", "abc")
    assert put(store, raw) == {ROLLOUT}
    assert put(store, raw, event="ADDED") == set()
    assert len(store.replicasets.owned_by("uid-Rollout-web")) == 1


def test_an_event_that_comes_late_changes_nothing(store: Store) -> None:
    old = raws.replicaset("web-abc", "abc", size=1)
    new = raws.again(old, spec={"replicas": 4, "template": {}})
    put(store, new)
    assert put(store, old) == set()
    assert store.replicasets.owned_by("uid-Rollout-web")[0].size == 4


def test_a_late_reply_does_not_bring_back_what_was_deleted(store: Store) -> None:
    raw = raws.replicaset("web-abc", "abc")
    put(store, raw)
    late = raws.again(raw)
    put(store, raws.again(raw), event="DELETED")
    assert put(store, late) == set()
    assert names(store, "ReplicaSet") == []


def test_a_name_may_come_back_as_another_object(store: Store) -> None:
    raw = raws.replicaset("web-abc", "abc")
    put(store, raw)
    put(store, raws.again(raw), event="DELETED")
    assert put(store, raws.again(raw, meta={"uid": "second"})) == {ROLLOUT}
    assert store.meta(Key("ReplicaSet", NAMESPACE, "web-abc")).uid == "second"  # type: ignore[union-attr]


def test_the_late_end_of_a_predecessor_leaves_its_successor_alone(store: Store) -> None:
    first = raws.replicaset("web-abc", "abc")
    end = raws.again(first)
    put(store, raws.again(first, meta={"uid": "second"}))
    assert put(store, end, event="DELETED") == set()
    assert names(store, "ReplicaSet") == ["web-abc"]


def test_a_deletion_counts_even_with_the_version_of_the_last_state(store: Store) -> None:
    raw = raws.replicaset("web-abc", "abc")
    put(store, raw)
    assert put(store, raw, event="DELETED") == {ROLLOUT}
    assert names(store, "ReplicaSet") == []


def test_a_sweep_forgets_what_the_list_does_not_show_and_nothing_newer_than_the_list(store: Store) -> None:
    kept, ghost, fresh = (raws.replicaset(name, name) for name in ("kept", "ghost", "fresh"))
    put(store, kept, ghost)
    listed_at = str(int(ghost["metadata"]["resourceVersion"]) + 1)
    put(store, raws.again(fresh, version=int(listed_at) + 5))
    assert store.sweep("ReplicaSet", ["uid-ReplicaSet-kept"], listed_at) == {ROLLOUT}
    assert names(store, "ReplicaSet") == ["kept", "fresh"]
    assert put(store, raws.again(ghost, version=int(ghost["metadata"]["resourceVersion"]))) == set()


def test_a_sweep_of_one_namespace_leaves_the_others_alone(store: Store) -> None:
    put(store, raws.replicaset("other", "x", namespace="elsewhere"))
    store.sweep("ReplicaSet", [], "999999", namespace=NAMESPACE)
    assert names(store, "ReplicaSet") == ["other"]


def test_what_came_and_went_counts_as_seen(store: Store) -> None:
    raw = raws.replicaset("web-abc", "abc")
    uid = raw["metadata"]["uid"]
    assert not store.knows("ReplicaSet", NAMESPACE, "web-abc", uid)
    put(store, raw)
    assert store.knows("ReplicaSet", NAMESPACE, "web-abc", uid)
    put(store, raws.again(raw), event="DELETED")
    assert store.knows("ReplicaSet", NAMESPACE, "web-abc", uid)


# Whom it wakes.


def test_a_change_that_no_decision_looks_at_wakes_nobody(store: Store) -> None:
    raw = raws.replicaset("web-abc", "abc")
    put(store, raw)
    assert put(store, raws.again(raw, meta={"managedFields": [{}]})) == set()
    # The version is kept all the same: it is the precondition of the next write.
    assert int(store.replicasets.get(NAMESPACE, "web-abc").meta.resource_version) > int(  # type: ignore[union-attr]
        raw["metadata"]["resourceVersion"]
    )


def test_a_change_of_owner_wakes_the_old_one_and_the_new_one(store: Store) -> None:
    put(store, raws.rollout("api"))
    raw = raws.replicaset("web-abc", "abc")
    put(store, raw)
    moved = raws.again(raw, meta=raws.owner("Rollout", "api"))
    assert put(store, moved) == {ROLLOUT, Key("Rollout", NAMESPACE, "api")}
    assert store.replicasets.owned_by("uid-Rollout-web") == ()


def test_children_that_are_seen_before_their_owner_are_there_when_it_comes() -> None:
    store = Store()
    assert put(store, raws.replicaset("web-abc", "abc")) == set()
    assert put(store, raws.rollout()) == {ROLLOUT}
    assert len(store.replicasets.owned_by("uid-Rollout-web")) == 1


def test_a_service_wakes_the_rollouts_and_splits_that_name_it(store: Store) -> None:
    put(store, raws.split())
    assert put(store, raws.service("web")) == {ROLLOUT, SPLIT}
    assert put(store, raws.service("web-canary")) == {ROLLOUT, SPLIT}
    assert put(store, raws.service("somebody-elses")) == set()
    assert put(store, raws.service("web", namespace="elsewhere")) == set()


def test_endpoints_wake_those_that_name_their_service_and_only_when_a_pod_came_or_went(store: Store) -> None:
    raw = raws.endpoints("web-1", "web", raws.endpoint("web-abc-11111", ready=True))
    assert put(store, raw) == {ROLLOUT}
    assert put(store, raws.again(raw, ports=[{"port": 1}])) == set()
    assert put(store, raws.again(raw, endpoints=[])) == {ROLLOUT}


def test_a_route_wakes_its_split_and_its_rollout(store: Store) -> None:
    put(store, raws.split())
    raw = raws.route()
    assert put(store, raw) == {ROLLOUT, SPLIT}
    assert put(store, raws.again(raw, status={"parents": []})) == {ROLLOUT, SPLIT}
    assert put(store, raws.again(raw), event="DELETED") == {ROLLOUT, SPLIT}


def test_a_route_that_a_split_left_marked_wakes_it_though_it_is_gone() -> None:
    store = Store()
    assert put(store, raws.route(mark="gone")) == {Key("TrafficSplit", NAMESPACE, "gone")}
    assert [body.meta.name for body in store.routes_marked_by(Key("TrafficSplit", NAMESPACE, "gone"))] == ["web"]


def test_a_mark_that_was_taken_away_is_forgotten() -> None:
    store = Store()
    raw = raws.route(mark="gone")
    put(store, raw)
    put(store, raws.again(raw, meta={"annotations": {}}))
    assert store.routes_marked_by(Key("TrafficSplit", NAMESPACE, "gone")) == ()


def test_a_split_wakes_itself_and_the_rollout_of_its_name(store: Store) -> None:
    assert put(store, raws.split()) == {SPLIT, ROLLOUT}


def test_a_run_wakes_itself_and_its_rollout(store: Store) -> None:
    assert put(store, raws.run("run")) == {RUN, ROLLOUT}


def test_a_template_wakes_the_rollouts_that_name_it_also_through_others() -> None:
    store = Store()
    steps = [{"analysis": {"templates": [{"templateName": "outer"}]}}]
    put(store, raws.rollout(steps=steps))
    put(store, raws.template("outer", takes=[{"templateName": "common", "clusterScope": True}]))
    assert put(store, raws.template("common", cluster=True)) == {ROLLOUT}
    assert put(store, raws.template("common")) == set()


def reading(**spec: object) -> raws.Raw:
    """A Rollout whose pods read the ConfigMap `settings`."""
    raw = raws.rollout()
    raw["spec"] |= spec
    raw["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "settings"}}]
    return raw


def settings(value: str) -> raws.Raw:
    return raws.obj("ConfigMap", "settings", api="v1", data={"a": value})


def test_a_config_wakes_the_rollouts_that_release_it_when_its_content_changes() -> None:
    store = Store()
    put(store, reading(versionedConfig=True))
    config = settings("1")
    assert put(store, config) == {ROLLOUT}
    assert put(store, raws.again(config, meta={"labels": {"a": "b"}})) == set()
    assert put(store, raws.again(config, data={"a": "2"})) == {ROLLOUT}


def test_a_config_that_is_no_part_of_a_release_wakes_nobody() -> None:
    store = Store()
    put(store, reading())
    assert put(store, settings("1")) == set()


def test_templates_that_take_in_each_other_end() -> None:
    store = Store()
    put(store, raws.template("a", takes=[{"templateName": "b"}]), raws.template("b", takes=[{"templateName": "a"}]))
    assert put(store, raws.template("a", takes=[{"templateName": "b"}], meta={"generation": 2})) == set()


def test_what_a_rollout_no_longer_names_no_longer_wakes_it(store: Store) -> None:
    raw = raws.rollout(meta={"generation": 2})
    raw["spec"]["strategy"]["canary"]["canaryService"] = "other"
    put(store, raw)
    assert put(store, raws.service("web-canary")) == set()
    assert put(store, raws.service("other")) == {ROLLOUT}


def test_a_rollout_that_is_gone_is_woken_by_nothing(store: Store) -> None:
    assert put(store, raws.rollout(), event="DELETED") == {ROLLOUT}
    assert put(store, raws.service("web"), raws.replicaset("web-abc", "abc")) == set()


def test_the_end_of_an_owner_clears_what_was_refused_of_it(store: Store) -> None:
    assert store.note_apply_error(ROLLOUT, "quota")
    assert not store.note_apply_error(ROLLOUT, "quota")
    put(store, raws.rollout(), event="DELETED")
    assert store.apply_error(ROLLOUT) == ""


# What it adds up.


def test_ready_pods_are_counted_by_replicaset_and_once_for_two_address_families(store: Store) -> None:
    old, new = (raws.endpoint(f"web-abc-{n}", ready=True) for n in (1, 2))
    other = raws.endpoint("web-def-3", ready=True)
    put(store, raws.service("web"), raws.endpoints("v4", "web", old, new), raws.endpoints("v6", "web", old, other))
    view = store.service(NAMESPACE, "web")
    assert view is not None
    assert view.ready == {"web-abc": 2, "web-def": 1}
    assert view.ready_endpoints == 3


def test_a_slice_that_goes_takes_its_pods_along(store: Store) -> None:
    raw = raws.endpoints("v4", "web", raws.endpoint("web-abc-1", ready=True))
    put(store, raws.service("web"), raw)
    put(store, raws.again(raw), event="DELETED")
    view = store.service(NAMESPACE, "web")
    assert view is not None
    assert view.ready == {}


def test_endpoints_without_a_service_are_no_service(store: Store) -> None:
    put(store, raws.endpoints("v4", "web", raws.endpoint("web-abc-1", ready=True)))
    assert store.service(NAMESPACE, "web") is None
