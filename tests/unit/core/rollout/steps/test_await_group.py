"""The meeting of a group: who is waited for, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import NEW, OLD, PAUSE, STEP, ago, make_spec, make_status, meta, scene
from tidegate.api.rollout import RolloutSpec
from tidegate.api.rollout_status import Outcome, Phase, Release, WaitingFor
from tidegate.core.rollout.group import as_far, take_back_together, waits_for
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps import await_group
from tidegate.core.rollout.steps.outcome import Done, Wait
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.world import RolloutView

MEETING = 2
"""After the pause, and the size that could take all the traffic."""


def member(name: str = "api", generation: int = 3, **facts: Any) -> RolloutView:
    """One with a pause and the meeting after it."""
    spec = make_spec(PAUSE, group="shop")
    known = {"observed_generation": 3, "phase": Phase.PAUSED, "current_step_index": 0, **facts}
    return RolloutView(meta(name, generation=generation), spec, make_status(spec, **known))


def among(*members: RolloutView, **facts: Any) -> Scene:
    """A release of `web` at its meeting."""
    here = scene(PAUSE, spec={"group": "shop"}, index=MEETING, status=facts)
    return replace(here, world=replace(here.world, members={view.meta.name: view for view in members}))


WAIT = {"awaitGroup": True}
ALL, SIZE = {"setWeight": 100}, {"setCanaryScale": {"weight": 100}}
PREVIEW = {"activeService": "web", "previewService": "preview", "previewReplicaCount": 1}


@pytest.mark.parametrize(
    ("strategy", "last"),
    [
        ({}, [SIZE, WAIT]),
        ({"postPromotionAnalysis": STEP["analysis"]}, [SIZE, WAIT, ALL, "analysis"]),
        ({"maxSurge": 1}, [ALL, WAIT]),
        ({"trafficRouting": None}, [ALL, WAIT]),
        ({"blueGreen": PREVIEW}, [SIZE, WAIT, ALL]),
        ({"blueGreen": {**PREVIEW, "postPromotionAnalysis": STEP["analysis"]}}, [SIZE, WAIT, ALL, "analysis"]),
    ],
    ids=["canary", "with a bake", "a bound on the pods", "without a router", "blue/green", "blue/green with a bake"],
)
def test_the_meeting_is_before_all_the_traffic_and_with_all_the_pods(strategy: dict[str, Any], last: list[Any]) -> None:
    spec = make_spec(PAUSE, canary=None if "blueGreen" in strategy else strategy, group="shop")
    if "blueGreen" in strategy:
        spec = RolloutSpec.model_validate(spec.model_dump(by_alias=True, exclude_unset=True) | {"strategy": strategy})
    steps = [step.model_dump(exclude_unset=True) for step in strategy_of(spec).steps]
    assert ["analysis" if "analysis" in step else step for step in steps][-len(last) :] == last


@pytest.mark.parametrize(
    ("view", "far"),
    [
        (member(phase=Phase.HEALTHY), True),
        (member(phase=Phase.HEALTHY, generation=4), False),
        (member(current_step_index=MEETING), True),
        (member(current_step_index=MEETING + 1), True),
        (member(current_step_index=MEETING - 1), False),
        (member(current_step_index=None), False),
        (member(current_step_index=MEETING, abort=True), False),
        (member(current_step_index=MEETING, generation=4), False),
        (member(current_step_index=MEETING, current_pod_hash=OLD), False),
        (member(current_step_index=MEETING, stable_rs=""), False),
        (member(current_step_index=MEETING, waiting_for=WaitingFor(reason="Queued", message="")), False),
        (replace(member(phase=Phase.HEALTHY), spec=None), False),
    ],
)
def test_who_is_as_far(view: RolloutView, far: bool) -> None:
    assert as_far(view) is far
    assert isinstance(await_group.advance(among(view)), Done if far else Wait)


def test_alone_in_a_group_there_is_nobody_to_wait_for() -> None:
    assert await_group.advance(among()) == Done(fleeting=True)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([member(message="step 1 of 3 is a pause")], "api is not as far: step 1 of 3 is a pause"),
        ([member(message="")], "api is not as far: it was not looked at yet"),
        ([member(message="x"), member("db"), member("mail")], "api and 2 more is not as far: x"),
        ([member(message="x" * 400)], f"api is not as far: {'x' * 300}"),
    ],
)
def test_the_first_that_is_not_as_far_is_named(others: list[RolloutView], said: str) -> None:
    wanted = Wait("GroupNotReady", f"the group shop takes all the traffic together: {said}")
    assert await_group.advance(among(*others)) == wanted


@pytest.mark.parametrize(
    ("group", "reason", "spec", "waits"),
    [
        ("shop", "GroupNotReady", True, True),
        ("shop", "Paused", True, False),
        ("other", "GroupNotReady", True, False),
        (None, "GroupNotReady", True, False),
        ("shop", "GroupNotReady", False, False),
    ],
)
def test_one_that_waits_for_this_group(group: str | None, reason: str, spec: bool, waits: bool) -> None:
    view = member(waiting_for=WaitingFor(reason=reason, message=""))
    assert waits_for(view if spec else replace(view, spec=None), group) is waits


def test_one_that_waits_for_nothing() -> None:
    assert not waits_for(member(), "shop")


def running(*members: RolloutView, since: float = 60) -> Scene:
    """A release of `web` that began so many seconds ago."""
    return among(*members, history=[Release(revision=2, pod_template_hash=NEW, started_at=ago(since))])


def lost(name: str, seconds: float, cause: str = "too many errors") -> RolloutView:
    """One that was taken back so many seconds ago."""
    return member(name, abort=True, aborted_at=ago(seconds), abort_cause=cause)


def test_what_was_taken_back_while_it_ran_takes_it_back() -> None:
    taken = take_back_together(running(lost("api", 5, "because of db"), lost("db", 10)))
    assert taken.status.abort
    assert taken.status.abort_cause == "Rollout db of the group shop was taken back: too many errors"
    assert [event.reason for event in taken.events] == ["Aborted"]


@pytest.mark.parametrize(
    ("others", "since"),
    [
        ([lost("api", 60.001)], 60),
        ([replace(lost("api", 5), status=lost("api", 5).status.model_copy(update={"abort": False}))], 60),
        ([member("api", abort=True)], 60),
        ([member("api")], 60),
        ([], 60),
    ],
    ids=["before it began", "tried again", "nobody knows when", "not taken back", "nobody"],
)
def test_what_takes_nothing_back(others: list[RolloutView], since: float) -> None:
    before = running(*others, since=since)
    assert take_back_together(before) is before


def test_in_the_moment_in_which_it_began_it_is_taken_back() -> None:
    assert take_back_together(running(lost("api", 60))).status.abort


def test_a_long_cause_is_cut() -> None:
    taken = take_back_together(running(lost("api", 5, "x" * 2000)))
    assert len(taken.status.abort_cause) == 1000


@pytest.mark.parametrize("facts", [{"abort": True}, {"stable_rs": NEW}], ids=["taken back already", "promoted"])
def test_what_is_over_is_not_taken_back(facts: dict[str, Any]) -> None:
    release = Release(revision=2, pod_template_hash=NEW, started_at=ago(60))
    before = among(lost("api", 5), history=[release], **facts)
    assert take_back_together(before) is before
    ended = release.model_copy(update={"finished_at": ago(30), "outcome": Outcome.PROMOTED})
    over = among(lost("api", 5), history=[ended])
    assert take_back_together(over) is over
