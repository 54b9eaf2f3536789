"""Worlds: all that belongs to a decision, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.unit.observe import raws
from tests.unit.observe.raws import NAMESPACE
from tests.unit.observe.test_store import ROLLOUT, SPLIT, put
from tidegate.core.actions import Create, Merge, PatchList, Plan
from tidegate.core.objects import Key
from tidegate.core.world import World
from tidegate.observe.decide import decide
from tidegate.observe.rollout import observe_rollout
from tidegate.observe.split import observe_split
from tidegate.observe.store import Store

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def world(store: Store) -> World:
    found = observe_rollout(store, ROLLOUT, NOW)
    assert found is not None
    return found


def test_a_rollout_that_is_gone_has_no_world() -> None:
    assert observe_rollout(Store(), ROLLOUT, NOW) is None
    assert decide(Store(), ROLLOUT, NOW) is None


def test_a_rollout_sees_its_own_children_services_and_split() -> None:
    store = Store()
    put(store, raws.rollout(), raws.rollout("api"))
    put(store, raws.replicaset("web-abc", "abc"), raws.replicaset("api-abc", "abc", of="api"))
    put(store, raws.run("mine"), raws.run("theirs", of="api"))
    put(store, raws.service("web"), raws.service("api"), raws.split(), raws.split("api"))
    put(store, raws.endpoints("web-1", "web", raws.endpoint("web-abc-1", ready=True)))
    found = world(store)
    assert [rs.meta.name for rs in found.replicasets] == ["web-abc"]
    assert [run.meta.name for run in found.runs] == ["mine"]
    assert {name: service.ready_endpoints for name, service in found.services.items()} == {"web": 1}
    assert found.split is not None
    assert found.split.weight("web-canary") == 20


def pinned(name: str = "web") -> raws.Raw:
    """A Service that the Rollout `web` led to its ReplicaSet `web-abc`."""
    selector = {"app": "web", "tidegate.dev/pod-template-hash": "abc"}
    marked = {"annotations": {"tidegate.dev/pinned-by": "web"}}
    return raws.service(name, selector, meta=marked)


def test_a_rollout_that_is_gone_wakes_up_for_the_services_that_it_left_pinned() -> None:
    store = Store()
    rollout, replicaset, service = raws.rollout(), raws.replicaset("web-abc", "abc"), pinned()
    put(store, rollout, replicaset, service)
    put(store, raws.again(rollout), event="DELETED")
    assert decide(store, ROLLOUT, NOW) == Plan(), "its pods still serve"
    assert ROLLOUT in put(store, raws.again(replicaset), event="DELETED")
    plan = decide(store, ROLLOUT, NOW)
    assert plan is not None
    assert [(type(action), action.meta.name) for action in plan.actions if isinstance(action, Merge)] == [
        (Merge, "web")
    ]


def test_a_pinned_service_whose_rollout_went_unseen_wakes_it_up() -> None:
    assert ROLLOUT in put(Store(), pinned(), event=None)


def test_a_rollout_sees_the_services_that_it_pinned_and_names_no_longer() -> None:
    store = Store()
    put(store, raws.rollout(), pinned("web"), pinned("web-before"), raws.service("api"))
    assert [service.meta.name for service in world(store).left] == ["web-before"]


PODS = {"containers": [{"name": "web", "image": "demo:v1"}]}


def deployment(**notes: str) -> raws.Raw:
    template = {"metadata": {"labels": {"app": "web"}, "creationTimestamp": None}, "spec": PODS}
    spec = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    marks = {"annotations": {f"tidegate.dev/{name.replace('_', '-')}": value for name, value in notes.items()}}
    return raws.obj("Deployment", "legacy", api="apps/v1", spec=spec, status={"availableReplicas": 4}, meta=marks)


def adopting() -> raws.Raw:
    raw = raws.rollout()
    spec = {key: value for key, value in raw["spec"].items() if key != "template"}
    return {**raw, "spec": {**spec, "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "legacy"}}}


def test_a_rollout_takes_its_template_from_the_deployment_that_it_names() -> None:
    store = Store()
    put(store, adopting())
    assert world(store).rollout.spec is None
    assert ROLLOUT in put(store, deployment())
    found = world(store)
    assert found.rollout.spec is not None
    template = {"metadata": {"labels": {"app": "web"}}, "spec": PODS}
    assert found.rollout.spec.pods.as_written() == template
    assert found.workload is not None
    # What its controller counts beyond its size are pods on their way out.
    assert (found.workload.size, found.workload.available, found.workloads_left) == (3, 3, ())


def test_a_rollout_sees_the_deployment_that_it_scaled_down_and_names_no_longer() -> None:
    store = Store()
    put(store, raws.rollout(), deployment(scaled_down_by="web", replicas_before="7"))
    (left,) = world(store).workloads_left
    assert (left.scaled_by, left.size_before) == ("web", 7)


def test_a_mark_that_somebody_spoiled_leaves_one_pod_to_give_back() -> None:
    store = Store()
    put(store, raws.rollout(), deployment(scaled_down_by="web", replicas_before="-7"))
    (left,) = world(store).workloads_left
    assert left.size_before == 1


def test_a_rollout_that_is_gone_wakes_up_for_the_deployment_that_it_scaled_down() -> None:
    store = Store()
    assert ROLLOUT in put(store, deployment(scaled_down_by="web", replicas_before="3"), event=None)
    plan = decide(store, ROLLOUT, NOW)
    assert plan is not None
    (action,) = plan.actions
    assert isinstance(action, Merge)
    assert (action.meta.name, "spec" in action.patch) == ("legacy", False), "its pods answer: only the mark is left"


def test_a_rollout_sees_the_weights_that_its_routes_carry() -> None:
    store = Store()
    put(store, raws.rollout(), raws.split(), raws.route())
    (route,) = world(store).routes
    assert (route.name, route.share("web-canary")) == ("web", 0)


def test_a_route_that_is_not_there_is_a_problem() -> None:
    store = Store()
    put(store, raws.rollout(), raws.split())
    (route,) = world(store).routes
    assert route.name == "web"
    assert "not found" in route.problem


def test_before_there_is_a_split_nothing_is_known_of_routes() -> None:
    store = Store()
    put(store, raws.rollout(), raws.route())
    assert world(store).routes == ()


def test_a_rollout_sees_the_templates_it_names_and_those_that_they_take_in() -> None:
    store = Store()
    steps = [{"analysis": {"templates": [{"templateName": "outer"}]}}]
    put(store, raws.rollout(steps=steps), raws.template("unrelated"))
    put(store, raws.template("outer", takes=[{"templateName": "inner"}, {"templateName": "all", "clusterScope": True}]))
    put(store, raws.template("inner", takes=[{"templateName": "outer"}]), raws.template("all", cluster=True))
    found = [(view.meta.namespace, view.meta.name) for view in world(store).templates]
    assert found == [(NAMESPACE, "outer"), (NAMESPACE, "inner"), ("", "all")]


def test_a_rollout_that_cannot_be_read_has_a_world_that_says_why() -> None:
    store = Store()
    put(store, raws.rollout(spec={"replicas": "many"}))
    found = world(store)
    assert found.rollout.spec_error
    assert (found.services, found.templates) == ({}, ())


def test_a_decision_sees_what_the_api_server_refused_of_the_last_one() -> None:
    store = Store()
    put(store, raws.rollout(), raws.split())
    store.note_apply_error(ROLLOUT, "quota")
    store.note_apply_error(SPLIT, "forbidden")
    assert world(store).apply_error == "quota"
    found = observe_split(store, SPLIT, NOW)
    assert found is not None
    assert found.apply_error == "forbidden"


def test_a_split_sees_the_routes_it_names_and_those_it_has_marked_once() -> None:
    store = Store()
    put(store, raws.split(), raws.route(), raws.route("old", mark="web"), raws.route("unrelated"))
    found = observe_split(store, SPLIT, NOW)
    assert found is not None
    assert {key.name for key in found.routes} == {"web", "old"}


def test_a_split_that_is_gone_is_decided_as_long_as_a_route_bears_its_mark() -> None:
    store = Store()
    key = Key("TrafficSplit", NAMESPACE, "web")
    raw = raws.route(mark="web")
    put(store, raw)
    plan = decide(store, key, NOW)
    assert plan is not None
    assert [type(action) for action in plan.actions] == [PatchList]
    put(store, raws.again(raw, meta={"annotations": {}}))
    assert decide(store, key, NOW) is None


def test_the_first_decision_on_a_rollout_creates_its_pods() -> None:
    store = Store()
    put(store, raws.rollout(), raws.service("web"), raws.service("web-canary"), raws.route())
    plan = decide(store, ROLLOUT, NOW)
    assert plan is not None
    created = [action.resource for action in plan.actions if isinstance(action, Create)]
    assert "replicasets" in created
