"""Scaling goes on in the middle of a release, and loses nothing."""

from __future__ import annotations

from dev.kube import ROLLOUT
from tests.e2e.manifests import hold
from tests.e2e.world import App, World, lost_nothing


def test_scaled_up_in_mid_release(world: World) -> None:
    app = _in_mid_release(world, replicas=4)
    with app.load() as load:
        world.kubectl("scale", "rollout/web", "--replicas=8")
        app.seen.wait(lambda: _sizes(app) == (8, 4), "8 pods of the old version and 4 of the new one", 20)
        app.until_weight(50)
        world.tidegate("promote", "web")
        app.until_healthy()
        app.until_gone("v1")
        assert _sizes(app) == (0, 8)
    lost_nothing(load)


def test_scaled_down_in_mid_release(world: World) -> None:
    app = _in_mid_release(world, replicas=8)
    with app.load() as load:
        world.kubectl("scale", "rollout/web", "--replicas=4")
        app.seen.wait(lambda: _sizes(app) == (4, 2), "4 pods of the old version and 2 of the new one", 20)
        assert app.weight == 50
        world.tidegate("promote", "web")
        app.until_healthy()
        app.until_gone("v1")
        assert _sizes(app) == (0, 4)
    lost_nothing(load)


def test_scaled_while_the_pods_of_a_step_come_up(world: World) -> None:
    """The size changes again and again, and the release walks on through it."""
    app = world.app(replicas=4, steps=[{"setWeight": weight} for weight in (25, 50, 75)])
    app.set_up()
    with app.load() as load:
        app.release("v2")
        for size, weight in ((6, 25), (3, 50), (5, 75)):
            app.until_weight(weight)
            world.kube.merge(ROLLOUT, world.namespace, "web", {"spec": {"replicas": size}})
        app.until_healthy()
        app.until_gone("v1")
        app.seen.wait(lambda: _sizes(app) == (0, 5), "5 pods of the new version", 20)
    lost_nothing(load)


def _in_mid_release(world: World, replicas: int) -> App:
    app = world.app(replicas=replicas, steps=hold(50))
    app.set_up()
    app.release("v2")
    app.until(lambda status: status["phase"] == "Paused", "it holds at 50 %")
    return app


def _sizes(app: App) -> tuple[int, int]:
    """Ready pods of the old version and of the new one."""
    return _ready(app, "v1"), _ready(app, "v2")


def _ready(app: App, version: str) -> int:
    return sum(
        condition["status"] == "True" and "deletionTimestamp" not in pod["metadata"]
        for pod in app.pods(version)
        for condition in pod["status"].get("conditions", ())
        if condition["type"] == "Ready"
    )
