"""Which versions take the traffic back without steps and analyses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import FIRST, NEW, OLD, PAUSE, THIRD, ago, line, meta, rs, scene
from tests.unit.core.rollout.switching import switched
from tidegate.api.rollout_status import Outcome
from tidegate.core.rollout.release import begin
from tidegate.core.rollout.rollback import goes_back, instant
from tidegate.core.rollout.scene import Scene
from tidegate.core.world import ReplicaSetView


def born(pod_hash: str, seconds: float, size: int = 0, **fields: Any) -> ReplicaSetView:
    view = rs(pod_hash, size, **fields)
    return replace(view, meta=meta(view.meta.name, created_at=ago(seconds)))


def asked_again(revisions: int | None, *between: ReplicaSetView, at: float = 900, **status: Any) -> Scene:
    """Version 2 is asked for; version 1 is stable. Version 2's ReplicaSet is `at` seconds old, the stable one's 100."""
    spec = {} if revisions is None else {"rollbackWindow": {"revisions": revisions}}
    was_stable = line(2, outcome=Outcome.PROMOTED)
    known = {"current_pod_hash": OLD, "current_revision": 9, "history": [FIRST, was_stable], **status}
    return scene(PAUSE, new=born(NEW, at), old=born(OLD, 100, 5), others=between, spec=spec, status=known)


BETWEEN = [replace(born(THIRD, seconds), pod_hash=f"between{seconds}") for seconds in (500, 400, 300)]


@pytest.mark.parametrize(
    ("revisions", "between", "inside"),
    [(None, 0, False), (1, 0, True), (1, 1, False), (2, 1, True), (2, 2, False), (3, 2, True), (3, 3, False)],
)
def test_fewer_than_so_many_lie_between(revisions: int | None, between: int, inside: bool) -> None:
    assert instant(asked_again(revisions, *BETWEEN[:between])) is inside


@pytest.mark.parametrize(("revisions", "inside"), [(1, False), (2, True)])
def test_forward_counts_the_same(revisions: int, inside: bool) -> None:
    newer = replace(born(THIRD, 50), pod_hash="between50")
    assert instant(asked_again(revisions, newer, at=10)) is inside


def test_ends_and_what_lies_beyond_do_not_count() -> None:
    assert instant(asked_again(1, born(THIRD, 1000), replace(born(THIRD, 50), pod_hash="later")))


def test_two_of_the_same_second_are_told_apart_by_their_number() -> None:
    third = born(THIRD, 100, revision=3)
    here = asked_again(1, third, at=100)
    here = replace(here, world=replace(here.world, replicasets=(born(OLD, 100, 5, revision=5), born(NEW, 100), third)))
    assert not instant(here)


@pytest.mark.parametrize("outcome", [Outcome.ABORTED, Outcome.SUPERSEDED])
def test_a_version_that_was_never_stable_is_no_safe_place(outcome: Outcome) -> None:
    assert not instant(asked_again(5, history=[FIRST, line(2, outcome=outcome)]))


def test_a_version_without_its_replicaset_takes_the_steps() -> None:
    here = asked_again(5)
    assert not instant(replace(here, world=replace(here.world, replicasets=here.world.replicasets[:1])))


def test_the_stable_template_goes_back() -> None:
    assert goes_back(scene(image="web:1"))
    assert not goes_back(scene())


def test_it_begins_with_all_steps_done() -> None:
    after = begin(asked_again(1))
    assert (after.status.current_step_index, after.status.promote_full) == (1, True)
    assert [event.message for event in after.events] == [
        f"revision 10 ({NEW}): web:2; it was stable lately: steps and analyses are skipped"
    ]


def standing(ready: int = 5, age: float = 10, replicas: int = 5, **fields: Any) -> Scene:
    """Blue/green: version 2 was promoted before version 1, whose promotion is `age` seconds old, and still stands."""
    ended = line(1, outcome=Outcome.PROMOTED, finished_at=ago(age))
    status = {"current_pod_hash": OLD, "current_revision": 9, "history": [line(2, outcome=Outcome.PROMOTED), ended]}
    return switched(new=rs(NEW, 5, ready), status=status, spec={"replicas": replicas}, **fields)


@pytest.mark.parametrize(
    ("here", "at_once"),
    [
        pytest.param(standing(), True, id="it stands with all its pods"),
        pytest.param(standing(age=29.9), True, id="at the end of its delay"),
        pytest.param(standing(age=30), False, id="its delay is over"),
        pytest.param(standing(ready=4), False, id="a pod is missing"),
        pytest.param(standing(ready=6), True, id="more than all"),
        pytest.param(standing(replicas=0), False, id="size 0"),
    ],
)
def test_blue_green_goes_back_at_once_as_long_as_the_version_stands(here: Scene, at_once: bool) -> None:
    assert instant(here) is at_once


def test_a_canary_that_still_stands_takes_its_steps() -> None:
    ended = line(1, outcome=Outcome.PROMOTED, finished_at=ago(10))
    status = {"current_pod_hash": OLD, "history": [line(2, outcome=Outcome.PROMOTED), ended]}
    assert not instant(scene(PAUSE, new=5, status=status))
