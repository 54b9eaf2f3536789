"""A bad version is caught at its first step and sent back, before most users have met it."""

from __future__ import annotations

import time

from dev.kube import RUN
from tests.e2e.manifests import JUDGE, walk
from tests.e2e.world import App, World, explain


def test_a_bad_release_is_taken_back_at_its_first_step(world: World) -> None:
    app = world.app(replicas=5, steps=walk(20, 40, 60, 80))
    app.set_up()
    with app.load(rate=200) as load:
        began = time.time()
        app.release("v2", error_rate=0.2)
        app.until_aborted()
        app.until_gone("v2")
    seen = load.result()
    assert app.weights(began) == [0, 20, 0], "never past its first step"
    assert seen.failed == seen.versions["v2"].failed > 0, explain(seen)
    assert _back(app, seen.versions["v2"].last_begun) < 2
    assert list(app.runs().values()) == ["Failed"]
    assert "success-rate" in app.status["abortCause"]
    assert app.events("Aborted")
    assert app.status["phase"] == "Degraded"
    assert _condition(app, "Stalled") == "True"


def test_a_version_that_turns_bad_is_caught_in_the_background(world: World) -> None:
    """No step measures: the analysis beside them does."""
    app = world.app(
        steps=[{"setWeight": 50}, {"pause": {}}], analysis={"templates": [{"templateName": "success-rate"}]}
    )
    app.set_up(consecutiveSuccessLimit=None)
    with app.load() as load:
        began = time.time()
        app.release("v2", error_rate=0.2)
        app.until_aborted()
    seen = load.result()
    assert app.weights(began) == [0, 50, 0]
    assert seen.failed == seen.versions["v2"].failed > 0, explain(seen)
    assert _back(app, seen.versions["v2"].last_begun) < 2


def test_a_good_version_after_a_bad_one_is_let_in(world: World) -> None:
    app = world.app(steps=[{"setWeight": 50}, {"pause": {"duration": "2s"}}, JUDGE])
    app.set_up()
    app_load = app.load()
    with app_load as load:
        app.release("v2", error_rate=0.5)
        app.until_aborted()
        app.release("v3")
        app.until_healthy()
    seen = load.result()
    assert seen.failed == seen.versions["v2"].failed > 0, explain(seen)
    assert seen.count("v3") > 0


def _back(app: App, last: float) -> float:
    """Seconds from the first failed verdict to the last request that the bad version was sent."""
    failed = (c.at for c in app.seen.changes(RUN) if (c.object.get("status") or {}).get("phase") == "Failed")
    return last - next(failed)


def _condition(app: App, kind: str) -> str:
    return next(str(each["status"]) for each in app.status["conditions"] if each["type"] == kind)
