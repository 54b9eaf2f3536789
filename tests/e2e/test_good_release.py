"""A good version reaches everybody, judged at each step, and not one request is lost on the way."""

from __future__ import annotations

import time

from tests.e2e.manifests import walk
from tests.e2e.world import World, lost_nothing


def test_a_good_release_walks_to_the_end_and_loses_nothing(world: World) -> None:
    app = world.app(replicas=5, steps=walk(20, 40, 60, 80))
    app.set_up()
    with app.load(rate=200) as load:
        began = time.time()
        app.release("v2")
        app.until_healthy()
        app.until_gone("v1")
    seen = lost_nothing(load)
    assert seen.count("v1") > 0
    assert app.weights(began) == [0, 20, 40, 60, 80, 100, 0]
    assert list(app.runs().values()) == ["Successful"] * 4
    assert app.status["step"] == "12/12"
    release = app.status["history"][-1]
    assert release["outcome"] == "Promoted"
    assert len(release["stepSeconds"]) == 12


def test_the_route_is_as_its_author_wrote_it_after_a_release(world: World) -> None:
    app = world.app(steps=walk(50))
    app.set_up()
    with app.load() as load:
        app.release("v2")
        app.until_weight(50)
        app.until_healthy()
    lost_nothing(load)
    app.seen.wait(lambda: app.route["spec"] == app.written_route, "the route is as it was written", 10)
    assert app.route["metadata"]["annotations"] == {"team": "shop"}


def test_versions_one_after_the_other_lose_nothing(world: World) -> None:
    app = world.app(steps=[{"setWeight": 50}])
    app.set_up()
    with app.load() as load:
        for version in ("v2", "v3", "v4"):
            app.release(version)
            app.until_healthy()
        app.until_gone("v3")
    seen = lost_nothing(load)
    assert {"v1", "v2", "v3", "v4"} == set(seen.versions)
    assert app.seen.wait(lambda: len(app.pods("v4")) == 3, "3 pods of the last version", 10)
