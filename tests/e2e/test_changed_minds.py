"""The manifest changes in the middle of a release: another version, the old one again, one that never comes up."""

from __future__ import annotations

import time

import pytest

from tests.e2e.manifests import JUDGE, hold
from tests.e2e.world import World, lost_nothing


def test_another_version_in_mid_release_starts_again(world: World) -> None:
    app = world.app(replicas=4, steps=[*hold(50), JUDGE])
    app.set_up()
    with app.load() as load:
        app.release("v2")
        app.until(lambda status: status["phase"] == "Paused", "v2 holds at 50 %")
        began = time.time()
        app.release("v3")
        app.until(lambda status: status["phase"] == "Paused" and app.pods("v3"), "v3 holds at 50 %")
        app.until_weight(50)
        app.until_gone("v2")
        world.tidegate("promote", "web")
        app.until_healthy()
        app.until_gone("v1")
    seen = lost_nothing(load)
    assert app.weights(began)[:3] == [50, 0, 50], "the users of v2 go back before v3 meets anybody"
    assert seen.versions["v2"].last_begun < seen.versions["v3"].first_answer
    assert [release["outcome"] for release in app.status["history"]] == ["Promoted", "Superseded", "Promoted"]


def test_the_old_version_in_mid_release_takes_all_traffic_back(world: World) -> None:
    app = world.app(replicas=4, steps=hold(50))
    app.set_up()
    with app.load() as load:
        app.release("v2")
        app.until(lambda status: status["phase"] == "Paused", "v2 holds at 50 %")
        began = time.time()
        app.release("v1")
        app.until_healthy(20)
        app.until_gone("v2")
    seen = lost_nothing(load)
    assert app.weights(began) == [50, 0]
    assert seen.versions["v2"].last_begun - began < 2
    assert app.status["history"][-1]["outcome"] == "RolledBack"


def test_an_abort_by_a_person_takes_all_traffic_back(world: World) -> None:
    app = world.app(replicas=4, steps=hold(50))
    app.set_up()
    with app.load() as load:
        app.release("v2")
        app.until(lambda status: status["phase"] == "Paused", "v2 holds at 50 %")
        began = time.time()
        world.tidegate("abort", "web", "--reason=not today")
        app.until_aborted()
        app.until_gone("v2")
    seen = lost_nothing(load)
    assert app.weights(began) == [50, 0]
    assert seen.count("v2") > 0
    assert "not today" in app.status["abortCause"]


@pytest.mark.parametrize("steps", [hold(50), []], ids=["steps", "no steps"])
def test_a_version_that_crashes_never_gets_traffic(world: World, steps: list[dict[str, object]]) -> None:
    app = world.app(steps=steps)
    app.set_up()
    with app.load() as load:
        began = time.time()
        app.release("crash")
        app.until(lambda _: "0 of" in app.waiting, "it says that no pod is available", 20)
        answered = load.snapshot().answered
        load.until(lambda seen: seen.answered > answered + 200, "a while in which it goes on crashing")
        assert app.status["phase"] == "Progressing"
        app.release("v1")
        app.until_healthy(20)
        app.until_gone("crash")
    seen = lost_nothing(load)
    assert app.weights(began) == [0]
    assert set(seen.versions) == {"v1"}


def test_a_version_that_crashes_is_taken_back_after_its_deadline(world: World) -> None:
    app = world.app(steps=hold(50))
    app.spec = {"progressDeadlineSeconds": 5, "progressDeadlineAbort": True}
    app.set_up()
    with app.load() as load:
        began = time.time()
        app.release("crash")
        app.until_aborted(30)
        app.until_gone("crash")
    lost_nothing(load)
    assert app.weights(began) == [0]
    assert "no progress for 5 s" in app.status["abortCause"]
