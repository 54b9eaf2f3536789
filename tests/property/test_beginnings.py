"""The first release, and what is left when a Rollout is deleted at any moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.endings import hold_to_its_word, settled, sizes
from tests.property.examples import Example, Stage
from tests.property.promises import Promises
from tests.property.strategies import examples
from tests.scenarios import manifests as m

EARLY = ("version", "nothing", "request", "replicas", "steps", "paused", "kill", "gateway")
MIDST = ("nothing", "replicas", "kill", "request")


@given(examples(*EARLY), st.sampled_from(["v1", "crash"]))
def test_a_first_release_ends_too(example: Example, version: str) -> None:
    stage = Stage(example)
    Promises(stage.cluster, stage.forgiven)
    stage.first(version)
    stage.play()
    end = settled(stage)
    if end.stable:
        hold_to_its_word(stage, end)


@pytest.mark.parametrize("running", [True, False], ids=["the operator runs", "the operator is down"])
@given(example=examples(*MIDST, most=3), later=st.sampled_from([0.0, 0.02, 5.0]))
def test_a_deleted_rollout_leaves_nothing(running: bool, example: Example, later: float) -> None:
    stage = Stage(example)
    stage.begin()
    stage.play()
    if not running:
        stage.cluster.stop_operators()
    stage.cluster.api.delete(stage.rollout)
    stage.cluster.run(later)
    if not running:
        stage.cluster.start_operator()
    stage.cluster.run(60)
    _nothing_is_left(stage)


def _nothing_is_left(stage: Stage) -> None:
    """Its pods are gone as with a Deployment, and the route is as its author wrote it."""
    api = stage.cluster.api
    assert [kind for kind in ("ReplicaSet", "TrafficSplit", "AnalysisRun") if api.list(kind)] == []
    assert not stage.cluster.pods.by_name
    route = api.get(stage.cluster.key("HTTPRoute", m.NAME))
    assert route["spec"] == m.route()["spec"]
    assert not route["metadata"].get("annotations")


@given(examples(*MIDST, most=3))
def test_an_orphaned_rollout_leaves_its_pods_serving(example: Example) -> None:
    stage = Stage(example)
    Promises(stage.cluster, stage.forgiven)
    stage.begin()
    stage.play()
    stage.cluster.garbage.orphan(stage.rollout)
    stage.cluster.run(5)
    serving = sizes(stage)
    stage.cluster.run(600)
    assert sizes(stage) == serving
