"""Whatever happens and whatever fails, the promises hold after every event."""

from __future__ import annotations

from hypothesis import given

from tests.property.examples import Example, Stage
from tests.property.promises import Promises
from tests.property.roles import ConfigWitness
from tests.property.steps import StepsWitness
from tests.property.strategies import examples

PEOPLE = (
    "version",
    "nothing",
    "request",
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
CLUSTER = ("prometheus", "gateway", "gate", "kill", "second")
ACCIDENTS = ("weights", "fail")


def play(example: Example) -> Stage:
    """The whole example, watched."""
    stage = Stage(example)
    Promises(stage.cluster, stage.forgiven)
    StepsWitness(stage.cluster)
    ConfigWitness(stage.cluster)
    stage.begin()
    stage.play()
    stage.cluster.run(60)
    return stage


@given(examples(*PEOPLE))
def test_people_change_their_minds_while_the_operator_is_killed(example: Example) -> None:
    play(example)


@given(examples(*PEOPLE, *CLUSTER))
def test_the_cluster_fails_around_the_operator(example: Example) -> None:
    play(example)


@given(examples(*PEOPLE, *ACCIDENTS))
def test_pods_die_and_others_write_the_route(example: Example) -> None:
    play(example)
