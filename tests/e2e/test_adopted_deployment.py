"""A Deployment that serves becomes a Rollout, is released, and becomes a Deployment again; not one request is lost."""

from __future__ import annotations

from typing import Any

import pytest

from dev.kube import DEPLOYMENT, ENDPOINTSLICE, REPLICASET, ROLLOUT, Manifest
from dev.probe import await_answer
from tests.e2e import manifests
from tests.e2e.manifests import hold
from tests.e2e.world import UP_SECONDS, App, World, lost_nothing
from tidegate.core.world import HASH_LABEL
from tidegate.observe.traffic_views import SERVICE_NAME


def deployment(app: App, version: str, **spec: Any) -> Manifest:
    of = manifests.rollout(app.name, version, 0.0, {}, {})["spec"]
    body = {"selector": of["selector"], "template": of["template"], **spec}
    metadata = {"name": app.name, "namespace": app.world.namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": body}


def change(app: App, version: str) -> None:
    """What `kubectl edit deployment` does."""
    pods = {"spec": {"template": deployment(app, version)["spec"]["template"]}}
    app.world.kube.merge(DEPLOYMENT, app.world.namespace, app.name, pods)


def adopt(app: App, scale_down: str) -> None:
    raw = manifests.rollout(app.name, "v1", 0.0, {"replicas": app.replicas}, app.canary)
    spec = {key: value for key, value in raw["spec"].items() if key != "template"}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": app.name, "scaleDown": scale_down}
    app.world.apply({**raw, "spec": {**spec, "workloadRef": reference}})


def until_size(app: App, size: int) -> None:
    def so() -> bool:
        found = app.world.kube.get(DEPLOYMENT, app.world.namespace, app.name) or {}
        status = found.get("status") or {}
        return (found["spec"]["replicas"], status.get("availableReplicas", 0)) == (size, size)

    app.seen.wait(so, f"the Deployment has {size} pods that answer", UP_SECONDS)


def serving(world: World) -> App:
    """A Deployment under a route, as it was before there was a Rollout."""
    app = world.app(steps=hold(50))
    for manifest in (*manifests.services("web"), manifests.route("web", app.host)):
        world.apply(manifest)
    world.kube.apply(deployment(app, "v1", replicas=3))
    await_answer(world.bed.gateway_url, app.host, UP_SECONDS)
    until_size(app, 3)
    return app


@pytest.mark.parametrize("scale_down", ["onsuccess", "progressively"])
def test_there_and_back(world: World, scale_down: str) -> None:
    app = serving(world)
    with app.load() as load:
        adopt(app, scale_down)
        app.until_healthy()
        until_size(app, 0)
        change(app, "v2")
        app.until(lambda status: status["phase"] == "Paused", "v2 has a half")
        world.tidegate("promote", "web")
        app.until_healthy()
        app.until_gone("v1")
        world.kubectl("delete", "rollout", "web", "--cascade=orphan")
        app.seen.wait(lambda: app.seen.get(ROLLOUT, "web") is None, "the Rollout is gone", 10)
        until_size(app, 3)
        app.seen.wait(lambda: answering(app) == 6, "the Service leads to the Deployment's pods too", 20)
        world.kubectl("delete", "replicaset", "-l", HASH_LABEL)
        app.seen.wait(lambda: len(app.pods("v2")) == 3, "only the Deployment's pods are left", UP_SECONDS)
    seen = lost_nothing(load)
    assert set(seen.versions) == {"v1", "v2"}
    assert [rs["metadata"]["labels"].get(HASH_LABEL) for rs in app.seen.all_of(REPLICASET)] == [None, None]


def answering(app: App) -> int:
    slices = [s for s in app.seen.all_of(ENDPOINTSLICE) if s["metadata"]["labels"][SERVICE_NAME] == app.name]
    endpoints = [endpoint for each in slices for endpoint in each.get("endpoints") or ()]
    return sum(bool(endpoint["conditions"].get("ready")) for endpoint in endpoints)
