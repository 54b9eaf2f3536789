"""The operator dies at any moment of a release and comes back: nothing is done twice, left out or lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

from dev.kube import ENDPOINTSLICE, REPLICASET, ROUTE, RUN
from tests.e2e.manifests import walk
from tests.e2e.world import App, World, canary_weight, lost_nothing

_WEIGHTS = (20, 40, 60, 80)
# Names of moments, each waited for in this order; the operator dies at each of them.
_MOMENTS: dict[str, Callable[[App, float], object]] = {
    "the new ReplicaSet is there": lambda app, began: _sets_since(app, began),
    "20 % is written": lambda app, _: app.weight == 20,
    "the first analysis is created": lambda app, _: app.runs(),
    "40 % is written": lambda app, _: app.weight == 40,
    "the second analysis has measured": lambda app, _: _measured(app, 2),
    "60 % is written": lambda app, _: app.weight == 60,
    "the third analysis is over": lambda app, _: list(app.runs().values()).count("Successful") == 3,
    "80 % is written": lambda app, _: app.weight == 80,
    "100 % is written": lambda app, _: app.weight == 100,
    "the stable Service has the new version": lambda app, _: app.weight == 0,
}


def test_killed_at_every_moment_of_a_release(world: World) -> None:
    app = world.app(replicas=5, steps=walk(*_WEIGHTS))
    app.set_up()
    with app.load() as load:
        began = time.time()
        app.release("v2")
        for moment, reached in _MOMENTS.items():
            app.seen.wait(lambda reached=reached: reached(app, began), moment, 60)
            world.operator.kill()
            world.operator.start()
        app.until_healthy()
        app.until_gone("v1")
    lost_nothing(load)
    assert app.weights(began) == [0, *_WEIGHTS, 100, 0], "no step twice, none left out"
    assert list(app.runs().values()) == ["Successful"] * 4, "one analysis a step"
    assert _times_created(app) == 4, "no analysis made anew"
    assert len(app.status["history"][-1]["stepSeconds"]) == 12
    _never_ahead_of_its_pods(app, began)


def test_killed_while_a_bad_version_is_caught(world: World) -> None:
    """Dead at the moment of the verdict, back later: the way back does not depend on who saw it."""
    app = world.app(replicas=5, steps=walk(*_WEIGHTS))
    app.set_up()
    with app.load() as load:
        began = time.time()
        app.release("v2", error_rate=0.5)
        app.seen.wait(lambda: "Failed" in app.runs().values(), "the verdict is Failed", 60)
        world.operator.kill()
        world.operator.start()
        app.until_aborted()
        app.until_gone("v2")
    seen = load.result()
    assert app.weights(began) == [0, 20, 0]
    assert seen.failed == seen.versions["v2"].failed
    assert app.status["history"][-1]["outcome"] == "Aborted"


def test_an_operator_that_is_told_to_stop_ends_in_order(world: World) -> None:
    app = world.app(steps=walk(50))
    app.set_up()
    with app.load() as load:
        app.release("v2")
        app.until_weight(50)
        assert world.operator.stop() == 0
        world.operator.start()
        app.until_healthy()
    lost_nothing(load)


def _sets_since(app: App, began: float) -> bool:
    return (
        any(change.at > began and not change.gone for change in app.seen.changes(REPLICASET))
        and len(app.seen.all_of(REPLICASET)) == 2
    )


def _measured(app: App, number: int) -> bool:
    runs = [run for run in app.seen.all_of(RUN) if (run.get("status") or {}).get("metricResults")]
    return len(runs) >= number and any(each.get("count") for each in runs[-1]["status"]["metricResults"])


def _times_created(app: App) -> int:
    return len({change.object["metadata"]["uid"] for change in app.seen.changes(RUN)})


def _never_ahead_of_its_pods(app: App, began: float) -> None:
    """Whenever the weight rose, that many pods answered behind the canary Service."""
    changes = [change for change in app.seen.changes(ROUTE, app.name) if change.at >= began]
    rises = [b for a, b in pairwise(changes) if canary_weight(b.object) > canary_weight(a.object)]
    assert len(rises) >= len(_WEIGHTS)
    for rise in rises:
        weight = canary_weight(rise.object)
        # Two watches, each at its own pace: a quarter of a second is theirs.
        ready = _ready_behind(app, f"{app.name}-canary", rise.at + 0.25)
        assert 100 * ready >= weight * app.replicas, f"{weight} % on {ready} pods"


def _ready_behind(app: App, service: str, at: float) -> int:
    """Ready endpoints behind a Service at a moment, as they had been seen by then."""
    known = {}
    for change in app.seen.changes(ENDPOINTSLICE):
        if change.at <= at and change.object["metadata"]["labels"]["kubernetes.io/service-name"] == service:
            endpoints = [] if change.gone else change.object.get("endpoints") or []
            known[change.name] = sum(bool(each["conditions"].get("ready")) for each in endpoints)
    return sum(known.values())
