"""How far must the others be, and which order can't be kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import NEW, OLD, make_spec, make_status, meta, scene
from tidegate.api.rollout_status import Phase, WaitingFor
from tidegate.api.strategy_status import CanaryStatus, WeightDestination, Weights
from tidegate.core.rollout.dependencies import cycle, may_follow, wrong_order
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.world import RolloutView


def peer(name: str, *before: str, weight: int | None = None, generation: int = 3, **facts: Any) -> RolloutView:
    asked = make_spec(dependsOn=[{"name": each} for each in before])
    sides = None
    if weight is not None:
        sides = Weights(canary=WeightDestination(weight=weight), stable=WeightDestination(weight=100 - weight))
    known = {"observed_generation": 3, "phase": Phase.PAUSED, "canary": CanaryStatus(weights=sides), **facts}
    return RolloutView(meta(name, generation=generation), asked, make_status(asked, **known))


def behind(*peers: RolloutView, asked: dict[str, Any] | None = None) -> Scene:
    """A release of `web`, that waits for `api`."""
    here = scene(spec={"dependsOn": [{"name": "api", **(asked or {})}]})
    return replace(here, world=replace(here.world, peers={view.meta.name: view for view in peers}))


HALF = {"condition": "Weight", "weight": 50}


@pytest.mark.parametrize(
    ("asked", "view", "met"),
    [
        ({}, peer("api", phase=Phase.HEALTHY), True),
        ({}, peer("api", weight=100), True),
        ({}, peer("api", weight=99), False),
        ({}, peer("api", phase=Phase.HEALTHY, generation=4), False),
        (HALF, peer("api", weight=50), True),
        (HALF, peer("api", weight=49), False),
        (HALF, peer("api", weight=50, abort=True), False),
        (HALF, peer("api", weight=50, current_pod_hash=OLD), False),
        (HALF, peer("api", weight=50, current_pod_hash=NEW, stable_rs=""), False),
        (HALF, peer("api", weight=50, waiting_for=WaitingFor(reason="Queued", message="")), False),
        (HALF, peer("api"), False),
    ],
)
def test_the_one_that_goes_first_must_be_that_far(asked: dict[str, Any], view: RolloutView, met: bool) -> None:
    wait = may_follow(behind(view, asked=asked))
    assert (wait is None) is met
    assert wait is None or wait.reason == "DependencyNotReady"


def test_what_is_not_there_is_named() -> None:
    wait = wrong_order(behind())
    assert wait is not None
    assert (wait.reason, "Rollout api" in wait.message) == ("DependencyMissing", True)


@pytest.mark.parametrize(
    ("peers", "names"),
    [
        ((peer("api", "web"),), ("web", "api", "web")),
        ((peer("api", "db"), peer("db", "web")), ("web", "api", "db", "web")),
        ((peer("api", "db"), peer("db", "api")), ()),
        ((peer("api", "db"), peer("db")), ()),
    ],
    ids=["of two", "of three", "among others", "none"],
)
def test_a_circle_through_this_one(peers: tuple[RolloutView, ...], names: tuple[str, ...]) -> None:
    assert cycle(behind(*peers)) == names


@pytest.mark.parametrize(
    ("asked", "view", "said"),
    [
        ({}, peer("api", weight=20, message="step 2 of 4"), "be Healthy: it is Paused, step 2 of 4"),
        (HALF, peer("api", weight=20), "have 50 %: it is Paused, nothing is said"),
        ({}, peer("api", phase=None), "be Healthy: it is not looked at yet, nothing is said"),
    ],
)
def test_what_it_has_to_be_and_what_it_is(asked: dict[str, Any], view: RolloutView, said: str) -> None:
    wait = may_follow(behind(view, asked=asked))
    assert wait is not None
    assert wait.message == f"Rollout api goes first and has to {said}"


def test_what_another_says_of_itself_is_cut_short() -> None:
    wait = may_follow(behind(peer("api", message="x" * 500)))
    assert wait is not None
    assert len(wait.message) == len("Rollout api goes first and has to be Healthy: it is ") + 200


@pytest.mark.parametrize("view", [peer("api"), peer("api", weight=0, abort=True)], ids=["nothing is known", "aborted"])
def test_a_weight_of_1_is_not_met_by_what_is_not_known(view: RolloutView) -> None:
    assert may_follow(behind(view, asked={"condition": "Weight", "weight": 1})) is not None


def test_a_circle_is_told() -> None:
    said = "dependsOn goes round in a circle: web → api → web; remove one of them"
    assert wrong_order(behind(peer("api", "web"))) == Wait("DependencyCycle", said)
