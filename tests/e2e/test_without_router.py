"""A canary without a router under traffic: one Service leads to all pods, and not one request is lost."""

from __future__ import annotations

from tests.e2e.manifests import counted
from tests.e2e.world import World, lost_nothing

STEPS = ({"setWeight": 25}, {"pause": {"duration": "2s"}}, {"setWeight": 75}, {"pause": {"duration": "1s"}})


def test_a_release_and_the_way_back(world: World) -> None:
    app = world.app(replicas=4)
    app.spec = counted(*STEPS, maxSurge=1, maxUnavailable=0)
    app.set_up()
    with app.load() as load:
        app.release("v2")
        app.until_healthy()
        app.until_gone("v1")
        app.release("v3")
        app.until(lambda status: status["phase"] == "Paused", "v3 has a quarter of the pods")
        world.tidegate("abort", "web")
        app.until(lambda status: bool(status.get("abort")) and status["updatedReplicas"] == 0, "v3 is taken back")
        app.until_gone("v3")
    seen = lost_nothing(load)
    assert set(seen.versions) == {"v1", "v2", "v3"}


def test_a_version_that_crashes_never_answers(world: World) -> None:
    app = world.app(replicas=4)
    app.spec = counted(maxSurge=1, maxUnavailable=0)
    app.set_up()
    with app.load() as load:
        app.release("crash")
        app.seen.wait(lambda: len(app.pods("crash")) == 1, "one pod of it is there", 20)
        app.release("v1")
        app.until_healthy()
        app.until_gone("crash")
    assert set(lost_nothing(load).versions) == {"v1"}
