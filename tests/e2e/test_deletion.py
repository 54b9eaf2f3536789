"""A Rollout that is deleted takes its pods along and leaves the route as its author wrote it."""

from __future__ import annotations

from dev.kube import POD, REPLICASET, ROLLOUT, SERVICE, SPLIT
from tests.e2e.manifests import hold
from tests.e2e.world import App, World, lost_nothing


def test_deleted_in_mid_release(world: World) -> None:
    app = _in_mid_release(world)
    world.kubectl("delete", "rollout", "web", "--wait=false")
    _gone(app)
    _as_written(app)


def test_deleted_between_releases(world: World) -> None:
    app = world.app(steps=hold(50))
    app.set_up()
    world.kubectl("delete", "rollout", "web", "--wait=false")
    _gone(app)
    _as_written(app)


def test_deleted_while_the_operator_was_down(world: World) -> None:
    app = _in_mid_release(world)
    assert app.weight == 50
    world.operator.kill()
    world.kubectl("delete", "rollout", "web", "--wait=false")
    _gone(app)
    assert app.weight == 50, "nobody was there to see it"
    world.operator.start()
    _as_written(app)


def test_deleted_with_orphans_in_mid_release(world: World) -> None:
    """`--cascade=orphan`: everything stays and serves, the new version too."""
    app = _in_mid_release(world)
    with app.load() as load:
        world.kubectl("delete", "rollout", "web", "--cascade=orphan")
        app.seen.wait(lambda: app.seen.get(ROLLOUT, "web") is None, "the Rollout is gone", 10)
        answered = load.snapshot().answered
        load.until(lambda seen: seen.answered > answered + 300, "five seconds of answers after it")
    lost_nothing(load)
    assert len(app.seen.all_of(REPLICASET)) == 2
    assert len(app.pods("v1")) == 4


def test_a_rollout_that_comes_again_takes_its_orphans_back(world: World) -> None:
    app = world.app(replicas=4, steps=hold(50))
    app.set_up()
    with app.load() as load:
        before = {pod["metadata"]["uid"] for pod in app.pods("v1")}
        world.kubectl("delete", "rollout", "web", "--cascade=orphan")
        app.seen.wait(lambda: app.seen.get(ROLLOUT, "web") is None, "the Rollout is gone", 10)
        app.release("v1")
        app.until_healthy(30)
        assert {pod["metadata"]["uid"] for pod in app.pods("v1")} == before, "no pod was replaced"
        app.release("v2")
        app.until(lambda status: status["phase"] == "Paused", "v2 holds at 50 %")
        world.tidegate("promote", "web")
        app.until_healthy()
        app.until_gone("v1")
    lost_nothing(load)


def _in_mid_release(world: World) -> App:
    app = world.app(replicas=4, steps=hold(50))
    app.set_up()
    app.release("v2")
    app.until(lambda status: status["phase"] == "Paused", "v2 holds at 50 %")
    return app


def _gone(app: App) -> None:
    """As with a Deployment: the pods go, and everything that the operator made."""

    def nothing_left() -> bool:
        return not any(app.seen.all_of(kind) for kind in (ROLLOUT, REPLICASET, POD, SPLIT))

    app.seen.wait(nothing_left, "Rollout, ReplicaSets, pods and TrafficSplit are gone", 30)


def _as_written(app: App) -> None:
    def restored() -> bool:
        return bool(app.route["spec"] == app.written_route and app.route["metadata"]["annotations"] == {"team": "shop"})

    app.seen.wait(restored, "the route is as it was written", 15)
    app.seen.wait(lambda: _selectors(app) == [{"app": "web"}] * 2, "the Services are as they were written", 15)


def _selectors(app: App) -> list[dict[str, str]]:
    return [dict(service["spec"]["selector"]) for service in app.seen.all_of(SERVICE)]
