"""Every release comes to an end, whatever happened on the way, and a crash at any point changes nothing about it."""

from __future__ import annotations

from hypothesis import given

from tests.property.endings import hold_to_its_word, settled
from tests.property.examples import Example, Stage
from tests.property.promises import Promises
from tests.property.roles import ConfigWitness, hold_roles
from tests.property.steps import StepsWitness
from tests.property.strategies import examples

PEOPLE = (
    "version",
    "request",
    "nothing",
    "replicas",
    "errors",
    "paused",
    "steps",
    "config",
    "role",
    "strategy",
    "turns",
    "schedule",
    "order",
)
DEEDS = (*PEOPLE, "prometheus", "gateway", "gate", "kill")


@given(examples(*DEEDS))
def test_everything_ends_and_then_is_quiet(example: Example) -> None:
    stage = Stage(example)
    Promises(stage.cluster, stage.forgiven)
    StepsWitness(stage.cluster)
    ConfigWitness(stage.cluster)
    stage.begin()
    stage.play()
    hold_to_its_word(stage, settled(stage))
    hold_roles(stage.cluster)
