"""Blue/green under traffic: all users at once, and back at once, and not one request is lost to it."""

from __future__ import annotations

import time
from typing import Any

from dev.kube import POD, SERVICE
from tests.e2e.manifests import JUDGE, blue_green
from tests.e2e.world import App, World, explain, lost_nothing

ROUTED = {"gatewayAPI": {"httpRoutes": [{"name": "web"}]}}


def serving(world: World, **fields: Any) -> App:
    """Version v1 serves behind the active Service."""
    app = world.app(replicas=4)
    app.spec = blue_green("web", **fields)
    app.set_up()
    return app


def test_users_go_over_at_once_and_none_is_lost(world: World) -> None:
    app = serving(world, autoPromotionSeconds=1)
    with app.load() as load:
        app.release("v2")
        app.until_healthy()
        app.until_gone("v1")
        _served_by(load, "v2")
    lost_nothing(load)


def test_over_a_route_too(world: World) -> None:
    app = serving(world, trafficRouting=ROUTED)
    with app.load() as load:
        app.release("v2")
        app.until_healthy()
        app.until_gone("v1")
        _served_by(load, "v2")
    lost_nothing(load)


def test_back_at_once_as_long_as_the_old_version_stands(world: World) -> None:
    app = serving(world, scaleDownDelaySeconds=600)
    with app.load() as load:
        app.release("v2")
        app.until_healthy()
        _served_by(load, "v2")
        app.release("v1")
        app.until(lambda status: status.get("phase") == "Healthy" and status["currentRevision"] == 3, "v1 is back")
        _served_by(load, "v1")
    lost_nothing(load)
    assert app.status["history"][-1]["outcome"] == "FastPromoted"


def test_a_bad_version_that_was_promoted_is_switched_back(world: World) -> None:
    app = serving(world, postPromotionAnalysis=JUDGE["analysis"])
    with app.load() as load:
        app.release("v2", error_rate=0.2)
        app.until(lambda status: status.get("abort"), "it is taken back")
        app.until_gone("v2")
    seen = load.result()
    assert seen.failed == seen.versions["v2"].failed > 0, explain(seen)
    assert _active(app) == app.status["stableRS"]


def test_a_promoted_version_that_crashes_is_switched_back_before_its_pods_go(world: World) -> None:
    app = serving(world, postPromotionAnalysis={"templates": [{"templateName": "success-rate"}]})
    app.world.apply(_endless(app))
    with app.load() as load:
        app.release("v2")
        app.until(lambda status: status["step"] == "2/3" and _active(app) == status["currentPodHash"], "v2 is active")
        for pod in app.pods("v2"):
            _crash(app, pod["metadata"]["name"])
        began = time.time()
        world.tidegate("abort", "web")
        app.until(lambda status: status.get("abort"), "it is taken back")
        _served_by(load, "v1")
        app.until_gone("v2")
    assert _active(app) == app.status["stableRS"]
    switched = next(c.at for c in app.seen.changes(SERVICE, "web") if c.at >= began)
    assert switched - began < 5


def _endless(app: App) -> dict[str, Any]:
    """An analysis that measures until somebody decides."""
    metric = {"name": "for-ever", "interval": "60s", "provider": {"prometheus": {"query": "vector(1)"}}}
    metric["provider"]["prometheus"]["address"] = app.world.bed.prometheus_url  # type: ignore[index]
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": "success-rate"},
        "spec": {"metrics": [metric]},
    }


def _crash(app: App, pod: str) -> None:
    conditions = [{"type": kind, "status": "False", "reason": "Crashed"} for kind in ("Ready", "ContainersReady")]
    app.world.kube.merge(POD, app.world.namespace, pod, {"status": {"conditions": conditions}}, subresource="status")


def _active(app: App) -> str:
    service = app.seen.get(SERVICE, "web") or {}
    return str(service["spec"]["selector"]["tidegate.dev/pod-template-hash"])


def _served_by(load: Any, version: str) -> None:
    before = load.snapshot().count(version)
    load.until(lambda seen: seen.count(version) > before + 50, f"{version} answers")
