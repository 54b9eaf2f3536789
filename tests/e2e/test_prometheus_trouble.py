"""A Prometheus that can't tell holds the release, says why, and lets it go on when it is back."""

from __future__ import annotations

import time

import pytest

from tests.e2e import prometheus_stand_in as trouble
from tests.e2e.manifests import JUDGE, SUCCESS_RATE
from tests.e2e.prometheus_stand_in import StandIn, Trouble
from tests.e2e.world import RATE, App, World, lost_nothing

_STEPS = [{"setWeight": 50}, {"pause": {"duration": "1s"}}, JUDGE, {"setWeight": 100}]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (trouble.broken_off, "breaks off in the middle of its answer"),
        (trouble.slow, "does not answer within 1s"),
        (trouble.error_500, "HTTP 500: out of memory"),
        (trouble.garbage, "none of Prometheus"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_no_answer_holds_the_release_until_there_is_one(world: World, what: Trouble, said: str) -> None:
    with StandIn(world.bed.prometheus_url).running() as prometheus:
        app = world.app(steps=_STEPS)
        app.set_up(provider=_asking(prometheus.url))
        with app.load() as load:
            began = time.time()
            prometheus.trouble = what
            app.release("v2")
            app.until(lambda _: said in app.waiting, f"it says {said!r}", 30)
            assert prometheus.url in app.waiting
            app.seen.wait(lambda: prometheus.asked >= 3, "it is asked again and again", 30)
            _held(app, began)
            prometheus.heal()
            app.until_healthy()
        lost_nothing(load)
    assert list(app.runs().values()) == ["Successful"]


def test_nobody_listening_holds_the_release_until_somebody_does(world: World) -> None:
    with StandIn(world.bed.prometheus_url).running() as prometheus:
        app = world.app(steps=_STEPS)
        app.set_up(provider=_asking(prometheus.url))
        with app.load() as load:
            began = time.time()
            prometheus.end()
            app.release("v2")
            app.until(lambda _: "can't be reached" in app.waiting, "it says that it can't be reached", 30)
            said = load.snapshot().answered
            load.until(lambda seen: seen.answered > said + 3 * RATE, "three seconds in which it is held")
            _held(app, began)
            prometheus.start()
            app.until_healthy()
        lost_nothing(load)


@pytest.mark.parametrize("what", [trouble.nan, trouble.empty], ids=lambda value: value.__name__)
def test_no_data_holds_the_release_until_there_is_some(world: World, what: Trouble) -> None:
    """With a template that waits for data: undecided answers never end it, a good one does."""
    with StandIn(world.bed.prometheus_url).running() as prometheus:
        app = world.app(steps=_STEPS)
        app.set_up(provider=_asking(prometheus.url))
        with app.load() as load:
            began = time.time()
            prometheus.trouble = what
            app.release("v2")
            app.seen.wait(lambda: prometheus.asked >= 3, "it is asked again and again", 30)
            app.until(lambda _: "no data" in app.waiting, "it says that there is no data", 15)
            _held(app, began)
            prometheus.heal()
            app.until_healthy()
        lost_nothing(load)
    assert list(app.runs().values()) == ["Successful"]


@pytest.mark.parametrize("what", [trouble.nan, trouble.empty], ids=lambda value: value.__name__)
def test_no_data_is_no_verdict_and_a_person_may_measure_again(world: World, what: Trouble) -> None:
    """With a template's defaults: one undecided answer ends the analysis, and the release waits for a person."""
    with StandIn(world.bed.prometheus_url).running() as prometheus:
        app = world.app(steps=_STEPS)
        app.set_up(provider=_asking(prometheus.url), count=1, consecutiveSuccessLimit=None, inconclusiveLimit=None)
        with app.load() as load:
            began = time.time()
            prometheus.trouble = what
            app.release("v2")
            app.until(lambda status: status["phase"] == "Paused" and "Inconclusive" in app.waiting, "it is held", 30)
            assert "no data" in app.waiting
            assert "tidegate resume web" in app.waiting
            _held(app, began)
            prometheus.heal()
            world.tidegate("resume", "web")
            app.until_healthy()
        lost_nothing(load)
    # On a busy machine the first scrape after it may come late: then it is measured once more by itself.
    *undecided, last = app.runs().values()
    assert (set(undecided), last) == ({"Inconclusive"}, "Successful")


def _asking(address: str) -> dict[str, object]:
    return {"prometheus": {"address": address, "query": SUCCESS_RATE, "timeout": "1s"}}


def _held(app: App, began: float) -> None:
    """Neither on nor back: at its first weight, in the analysis, and not aborted."""
    assert app.weights(began) == [0, 50]
    assert not app.status.get("abort")
    assert "Failed" not in app.runs().values()
