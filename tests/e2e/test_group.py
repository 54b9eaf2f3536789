"""Three Rollouts of a group, one after the other, under traffic: out together, back together, and nothing is lost."""

from __future__ import annotations

from contextlib import ExitStack

from dev.cluster import Load
from tests.e2e.manifests import walk
from tests.e2e.world import RATE, App, World, lost_nothing

NAMES = ("db", "api", "web")


def serving(world: World) -> list[App]:
    """Version v1 of all three; each goes after the one before it."""
    apps = [world.app(name, replicas=2, steps=walk(30)) for name in NAMES]
    for before, app in zip([None, *apps], apps, strict=False):
        app.spec = {"group": "shop", "dependsOn": [{"name": before.name}] if before else []}
        app.set_up()
    return apps


def loads(stack: ExitStack, apps: list[App]) -> list[Load]:
    return [stack.enter_context(app.load(RATE / 3)) for app in apps]


def promoted_at(app: App) -> str:
    """When the last release was over."""
    return str(app.status["history"][-1]["finishedAt"])


def test_they_are_released_together(world: World) -> None:
    apps = serving(world)
    with ExitStack() as stack:
        under = loads(stack, apps)
        for app in apps:
            app.release("v2")
        for app in apps:
            app.until_healthy()
    for load in under:
        assert "v2" in lost_nothing(load).versions
    began = [str(app.status["history"][-1]["startedAt"]) for app in apps]
    assert began == sorted(began)
    # The first of them was promoted only when the last of them had done all its steps.
    assert began[-1] < min(promoted_at(app) for app in apps)


def test_a_bad_one_takes_all_back(world: World) -> None:
    apps = serving(world)
    web = apps[-1]
    with ExitStack() as stack:
        under = loads(stack, apps)
        for app in apps:
            app.release("v2", error_rate=0.2 if app is web else 0.0)
        for app in apps:
            app.until_aborted()
            app.until_gone("v2")
    for load in under[:-1]:
        assert "v2" in lost_nothing(load).versions
    for app in apps[:-1]:
        assert app.status["abortCause"].startswith("Rollout web of the group shop was taken back: ")
        assert max(app.weights()) == 30
    assert [app.pods("v2") for app in apps] == [[], [], []]
