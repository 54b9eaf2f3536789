"""The roles: which version is new, stable, old."""

from __future__ import annotations

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    HALF,
    NEW,
    NEW_NAME,
    OLD,
    THIRD,
    aborted,
    first,
    over,
    rs,
    scene,
    service,
)
from tidegate.core.rollout.scene import Scene, ready_behind


def test_new_stable_and_others_are_told_by_their_hash() -> None:
    here = scene(others=[rs(THIRD, 0)])
    assert here.new_name == NEW_NAME
    assert (here.new, here.stable, here.others) == (rs(NEW, 1), rs(OLD, 5), (rs(THIRD, 0),))


def test_a_version_that_is_not_there_is_none() -> None:
    assert scene(new=None, old=None).new is None
    assert scene(new=None, old=None).stable is None
    assert first().stable is None


@pytest.mark.parametrize(
    ("here", "told"),
    [
        pytest.param(first(FIFTH), (True, False, False), id="the first release"),
        pytest.param(scene(FIFTH), (False, True, True), id="a release"),
        pytest.param(aborted(FIFTH), (False, True, False), id="taken back"),
        pytest.param(over(FIFTH), (False, False, False), id="over"),
    ],
)
def test_what_is_going_on(here: Scene, told: tuple[bool, bool, bool]) -> None:
    assert (here.first_release, here.releasing, here.stepping) == told


@pytest.mark.parametrize(
    ("index", "at", "done"),
    [
        pytest.param(None, 0, False, id="not said: the first"),
        pytest.param(1, 1, False, id="in the middle"),
        pytest.param(2, 2, True, id="behind the last"),
        pytest.param(7, 2, True, id="steps were taken away"),
    ],
)
def test_the_current_step_never_lies_beyond_the_end(index: int | None, at: int, done: bool) -> None:
    here = scene(FIFTH, HALF, status={"current_step_index": index})
    assert (here.index, here.steps_done) == (at, done)


def test_facts_make_another_scene_and_leave_this_one_as_it_was() -> None:
    here = scene(FIFTH)
    there = here.facts(abort=True, abort_cause="it hurts")
    assert (there.status.abort, there.status.abort_cause, there.world) == (True, "it hurts", here.world)
    assert here.status.abort is False


def test_nobody_answers_behind_a_service_that_is_not_there() -> None:
    assert ready_behind(None, NEW_NAME) == 0
    assert ready_behind(service("web", NEW, {NEW_NAME: 2}), NEW_NAME) == 2
    assert ready_behind(service("web", NEW, {NEW_NAME: 2}), "other") == 0
