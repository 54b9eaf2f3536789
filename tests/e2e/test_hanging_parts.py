"""Parts of the cluster hang in the middle of a release. On a bed of its own: who else is on it would hang too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import Signals
from uuid import uuid4

import pytest

from dev.cluster import Cluster, Load, RunningCluster
from dev.cluster.operator_access import install_operator_access
from tests.e2e.manifests import SUCCESS_RATE, hold, walk
from tests.e2e.world import RATE, App, World, lost_nothing, world_on

# One worker takes them all, so that there is one more bed and not one a worker.
pytestmark = pytest.mark.xdist_group("own bed")


@pytest.fixture(scope="module")
def own_bed() -> Iterator[RunningCluster]:
    with Cluster(dataplane=True) as running:
        install_operator_access(running)
        yield running


@pytest.fixture
def world(own_bed: RunningCluster, tmp_path: Path) -> Iterator[World]:
    with world_on(own_bed, tmp_path, f"e2e-{uuid4().hex[:8]}") as made:
        yield made


def test_pods_of_a_version_that_is_taken_back_stay_until_the_gateway_has_heard_of_it(world: World) -> None:
    app = _in_mid_release(world)
    with app.load() as load:
        with _hanging(world, "contour"):
            app.release("v1")
            app.until_weight(0)
            _answers_for(load, seconds=4)
            _all_stay(app, "v2", 2)
            assert "not in force yet" in app.waiting
        app.until_healthy()
        app.until_gone("v2")
    lost_nothing(load)


def test_pods_of_the_old_version_stay_until_the_gateway_has_heard_of_the_new_one(world: World) -> None:
    app = _in_mid_release(world)
    with app.load() as load:
        with _hanging(world, "contour"):
            world.tidegate("promote", "web")
            app.until_weight(100)
            _answers_for(load, seconds=4)
            _all_stay(app, "v1", 4)
            app.until(lambda _: "not in force yet" in app.waiting, "it says what it waits for", 10)
        app.until_healthy()
        app.until_gone("v1")
    lost_nothing(load)


def test_a_step_waits_for_the_gateway(world: World) -> None:
    app = world.app(replicas=4, steps=walk(25, 50))
    app.set_up()
    with app.load() as load:
        began = time.time()
        with _hanging(world, "contour"):
            app.release("v2")
            app.until_weight(25)
            _answers_for(load, seconds=4)
            assert app.weights(began) == [0, 25]
            assert app.runs() == {}, "nothing is measured before there is traffic"
        app.until_healthy()
    lost_nothing(load)
    assert app.weights(began) == [0, 25, 50, 100, 0]


def test_a_prometheus_that_hangs_holds_the_release(world: World) -> None:
    app = world.app(steps=walk(50))
    app.set_up(provider={"prometheus": {"address": world.bed.prometheus_url, "query": SUCCESS_RATE, "timeout": "1s"}})
    with app.load() as load:
        began = time.time()
        with _hanging(world, "prometheus"):
            app.release("v2")
            app.until(lambda _: "does not answer within 1s" in app.waiting, "it says that there is no answer", 30)
            assert app.weights(began) == [0, 50]
        app.until_healthy()
    lost_nothing(load)
    assert list(app.runs().values()) == ["Successful"]


def test_an_api_server_that_hangs_only_delays_the_release(world: World) -> None:
    app = world.app(replicas=4, steps=walk(25, 50))
    app.set_up()
    with app.load() as load:
        began = time.time()
        app.release("v2")
        app.until_weight(25)
        with _hanging(world, "kube-apiserver"):
            _answers_for(load, seconds=5)
        app.until_healthy()
    lost_nothing(load)
    assert app.weights(began) == [0, 25, 50, 100, 0]
    assert list(app.runs().values()) == ["Successful"] * 2


@contextmanager
def _hanging(world: World, part: str) -> Iterator[None]:
    world.bed.signal(part, Signals.SIGSTOP)
    try:
        yield
    finally:
        world.bed.signal(part, Signals.SIGCONT)


def _in_mid_release(world: World) -> App:
    app = world.app(replicas=4, steps=hold(50))
    app.set_up()
    app.release("v2")
    app.until(lambda status: status["phase"] == "Paused", "v2 holds at 50 %")
    return app


def _answers_for(load: Load, seconds: float) -> None:
    """Wait for the answers of some seconds: longer than a pod goes on serving that was told to go."""
    before = load.snapshot().answered
    load.until(lambda seen: seen.answered > before + seconds * RATE, f"{seconds:.0f} s of answers")


def _all_stay(app: App, version: str, count: int) -> None:
    pods = app.pods(version)
    assert len(pods) == count
    assert not [pod for pod in pods if "deletionTimestamp" in pod["metadata"]]
