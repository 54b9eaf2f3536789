"""SIGKILL after any write, and start again: the same end, and every promise held on the way."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.endings import End, hold_to_its_word, settled
from tests.property.examples import Stage
from tests.property.faults import FAULTS, Faults, KilledAlways, Storm
from tests.property.promises import Promises
from tests.property.roles import ConfigWitness, hold_roles
from tests.property.steps import StepsWitness
from tests.property.stories import STORIES
from tidegate.model.weather import Fate


def play(name: str, faults: Faults, weather: type[Storm] | None = None) -> tuple[End, int]:
    """The end of a story in bad weather, and the number of writes until then."""
    example, story = STORIES[name]
    stage = Stage(replace(example, faults=faults), weather)
    Promises(stage.cluster, stage.forgiven)
    StepsWitness(stage.cluster)
    ConfigWitness(stage.cluster)
    stage.begin()
    story(stage)
    end = settled(stage)
    hold_to_its_word(stage, end)
    hold_roles(stage.cluster)
    return end, stage.storm.writes


@cache
def calm(name: str) -> tuple[End, int]:
    """How the story ends when nothing goes wrong."""
    return play(name, Faults())


@pytest.mark.parametrize("fate", [Fate.KILLED, Fate.ANSWER_LOST])
@pytest.mark.parametrize("name", STORIES)
def test_the_end_is_the_same_whichever_write_fails(name: str, fate: Fate) -> None:
    end, writes = calm(name)
    for number in range(1, writes + 1):
        assert play(name, Faults({number: fate}))[0] == end, f"{fate} at write {number} of {writes}"


@pytest.mark.parametrize("name", STORIES)
def test_the_end_is_the_same_when_each_life_lasts_one_write(name: str) -> None:
    assert play(name, Faults(), KilledAlways)[0] == calm(name)[0]


@given(st.sampled_from(sorted(STORIES)), FAULTS)
def test_the_end_is_the_same_in_any_weather(name: str, faults: Faults) -> None:
    assert play(name, faults)[0] == calm(name)[0]
