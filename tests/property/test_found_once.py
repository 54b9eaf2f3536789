"""Worlds in which a promise was broken once, or would be by the next mistake: chance alone finds them too seldom."""

from __future__ import annotations

import pytest

from tests.property.examples import Deed, Example, Kind, Stage
from tests.property.faults import Faults
from tests.property.promises import Promises
from tests.property.steps import StepsWitness
from tests.scenarios import manifests as m
from tidegate.model.weather import Fate

FOUND = {
    "a canary that is greater than the whole, then its step is over": Example(
        (m.scale(replicas=3),),
        2,
        canary={"scaleDownDelaySeconds": 0},
        spec={"minReadySeconds": 1},
        deeds=(Deed("version", "v2"),),
    ),
    "two steps of which each undoes what the other was over by": Example(
        (m.scale(replicas=4), m.scale(replicas=1), m.weight(20), m.weight(40), m.weight(20)),
        5,
        deeds=(Deed("version", "v2"),),
    ),
    "a pause is over, and a size that the world has for a moment": Example(
        (m.pause("1s"), m.scale(replicas=3)), 1, deeds=(Deed("version", "v2"),), faults=Faults(latency=0.05)
    ),
    "the steps change while the version is promoted": Example(
        (), 1, spec={"minReadySeconds": 1}, deeds=(Deed("version", "v2"), Deed("steps", (m.pause("1s"),), 2.5))
    ),
    "the template comes back while the version is promoted": Example(
        (m.pause("1s"),),
        2,
        canary={"analysis": m.background(), "scaleDownDelaySeconds": 0},
        deeds=(
            Deed("version", "v2"),
            Deed("steps", (m.weight(20), m.weight(30)), 1.0),
            Deed("errors", ("v3", 0.5), 2.5),
            Deed("version", "v1", 0.05),
        ),
        faults=Faults(
            {3: Fate.LOST, 9: Fate.ANSWER_LOST, 29: Fate.LOST, 30: Fate.ANSWER_LOST, 32: Fate.KILLED}, 0.05, seed=708
        ),
        route_lag=0.02,
    ),
    "the router goes while the stable version has given up pods": Example(
        (),
        2,
        canary={"maxSurge": 1},
        ready_after={"v2": 4.0},
        deeds=(Deed("version", "v2"), Deed("strategy", Kind.COUNTED, 7.0)),
    ),
    "a version is taken back, and the gateway takes longer to hear of it than its pods are kept": Example(
        (m.weight(50), m.pause()),
        4,
        canary={"abortScaleDownDelaySeconds": 1},
        deeds=(Deed("version", "v2"), Deed("request", ("abort", 0, None), 10.0), Deed("version", "v1", 10.0)),
        route_lag=4.0,
    ),
    **{
        f"another template between the last Service of a promotion and its status, after {after} s": Example(
            (),
            6,
            canary={"dynamicStableScale": True, "maxSurge": 2},
            spec={"minReadySeconds": 1, "revisionHistoryLimit": 0},
            deeds=(Deed("version", "v2"), Deed("version", "v1", after), Deed("version", "v3", 0.05)),
            faults=Faults(latency=0.05, seed=1),
            route_lag=0.02,
        )
        for after in (6.95, 7.05, 7.1, 7.15, 7.2, 7.3)
    },
}


def test_a_first_version_that_answers_keeps_its_pods_until_the_next_one_is_stable() -> None:
    """Found with an EndpointSlice that was not seen: both versions answer behind Services that led to all pods."""
    example = Example(
        (),
        1,
        canary={"dynamicStableScale": True},
        spec={"minReadySeconds": 1},
        ready_after={"v2": 0.2},
        deeds=(Deed("version", "v2"), Deed("nothing", None, 2.5)),
        faults=Faults(lost=0.05, seed=3),
    )
    stage = Stage(example)
    Promises(stage.cluster, stage.forgiven)
    stage.first("v1")
    stage.play()
    assert stage.status["phase"] == "Healthy", stage.status


@pytest.mark.parametrize("name", FOUND)
def test_it_is_kept(name: str) -> None:
    stage = Stage(FOUND[name])
    Promises(stage.cluster, stage.forgiven)
    StepsWitness(stage.cluster)
    stage.begin()
    stage.play()
    stage.cluster.run(60)
    assert stage.status["phase"] == "Healthy", stage.status


def test_the_version_before_keeps_its_pods_while_nothing_was_seen_of_the_endpoints() -> None:
    at_once = (Deed("version", "v2"), Deed("version", "v3", 0.0), Deed("version", "v2", 2.5))
    faults = Faults(latency=0.4, twice=0.2, seed=739)
    stage = Stage(Example((), 2, canary={"dynamicStableScale": True}, deeds=at_once, faults=faults))
    Promises(stage.cluster, stage.forgiven)
    stage.first("v1")
    stage.play()
    stage.cluster.run(60)
    assert stage.status["phase"] == "Healthy", stage.status
