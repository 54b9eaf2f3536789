"""The conditions: what `kubectl wait`, Flux and Argo CD read of a Rollout."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    NEW,
    NOW,
    STEP,
    aborted,
    ago,
    analysis_template,
    first,
    over,
    rs,
    scene,
)
from tidegate.api.meta import Condition, ConditionStatus
from tidegate.api.rollout_status import Phase
from tidegate.core.rollout.conditions import Standing, conditions
from tidegate.core.rollout.scene import Scene

HEALTHY = Standing(Phase.HEALTHY, "Healthy", "all is well")
MOVING = Standing(Phase.PROGRESSING, "WeightNotSeen", "not in force yet", releasing=True)
PAUSED = Standing(Phase.PAUSED, "Paused", "step 2 of 4", releasing=True)
STUCK = Standing(Phase.DEGRADED, "ProgressDeadlineExceeded", "no progress", stalled=True, releasing=True)
GOING_BACK = Standing(Phase.DEGRADED, "Aborted", "taken back")
TAKEN_BACK = Standing(Phase.DEGRADED, "Aborted", "taken back", stalled=True)
AVAILABLE = ("True", "PodsAvailable", "the version that serves has its 5 pods")


def told(here: Scene, standing: Standing) -> dict[str, tuple[str, str, str]]:
    return {c.type: (c.status.value, c.reason, c.message) for c in conditions(here, standing)}


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        pytest.param(
            HEALTHY,
            {
                "Ready": ("True", "Healthy", "all is well"),
                "Reconciling": ("False", "Healthy", "all is well"),
                "Stalled": ("False", "Healthy", "all is well"),
                "Available": AVAILABLE,
                "Progressing": ("True", "Healthy", "all is well"),
                "Paused": ("False", "NotPaused", ""),
                "Completed": ("True", "ReleaseOver", ""),
                "Healthy": ("True", "Healthy", ""),
                "InvalidSpec": ("False", "Valid", ""),
            },
            id="well",
        ),
        pytest.param(
            MOVING,
            {
                "Ready": ("False", "WeightNotSeen", "not in force yet"),
                "Reconciling": ("True", "WeightNotSeen", "not in force yet"),
                "Stalled": ("False", "WeightNotSeen", "not in force yet"),
                "Available": AVAILABLE,
                "Progressing": ("True", "WeightNotSeen", "not in force yet"),
                "Paused": ("False", "NotPaused", ""),
                "Completed": ("False", "ReleaseOnItsWay", ""),
                "Healthy": ("False", "WeightNotSeen", ""),
                "InvalidSpec": ("False", "Valid", ""),
            },
            id="on its way",
        ),
        pytest.param(
            PAUSED,
            {
                "Ready": ("False", "Paused", "step 2 of 4"),
                "Reconciling": ("True", "Paused", "step 2 of 4"),
                "Stalled": ("False", "Paused", "step 2 of 4"),
                "Available": AVAILABLE,
                "Progressing": ("True", "Paused", "step 2 of 4"),
                "Paused": ("True", "Paused", ""),
                "Completed": ("False", "ReleaseOnItsWay", ""),
                "Healthy": ("False", "Paused", ""),
                "InvalidSpec": ("False", "Valid", ""),
            },
            id="paused",
        ),
        pytest.param(
            STUCK,
            {
                "Ready": ("False", "ProgressDeadlineExceeded", "no progress"),
                "Reconciling": ("False", "ProgressDeadlineExceeded", "no progress"),
                "Stalled": ("True", "ProgressDeadlineExceeded", "no progress"),
                "Available": AVAILABLE,
                "Progressing": ("False", "ProgressDeadlineExceeded", "no progress"),
                "Paused": ("False", "NotPaused", ""),
                "Completed": ("False", "ReleaseOnItsWay", ""),
                "Healthy": ("False", "ProgressDeadlineExceeded", ""),
                "InvalidSpec": ("False", "Valid", ""),
            },
            id="stuck",
        ),
        pytest.param(
            GOING_BACK,
            {
                "Ready": ("False", "Aborted", "taken back"),
                "Reconciling": ("True", "Aborted", "taken back"),
                "Stalled": ("False", "Aborted", "taken back"),
                "Available": AVAILABLE,
                "Progressing": ("False", "Aborted", "taken back"),
                "Paused": ("False", "NotPaused", ""),
                "Completed": ("True", "ReleaseOver", ""),
                "Healthy": ("False", "Aborted", ""),
                "InvalidSpec": ("False", "Valid", ""),
            },
            id="going back",
        ),
        pytest.param(
            TAKEN_BACK,
            {
                "Ready": ("False", "Aborted", "taken back"),
                "Reconciling": ("False", "Aborted", "taken back"),
                "Stalled": ("True", "Aborted", "taken back"),
                "Available": AVAILABLE,
                "Progressing": ("False", "Aborted", "taken back"),
                "Paused": ("False", "NotPaused", ""),
                "Completed": ("True", "ReleaseOver", ""),
                "Healthy": ("False", "Aborted", ""),
                "InvalidSpec": ("False", "Valid", ""),
            },
            id="taken back",
        ),
    ],
)
def test_all_that_is_told(standing: Standing, expected: dict[str, Any]) -> None:
    assert told(scene(FIFTH), standing) == expected


@pytest.mark.parametrize(
    ("here", "available"),
    [
        pytest.param(scene(FIFTH, new=None), AVAILABLE, id="the stable version serves"),
        pytest.param(
            scene(FIFTH, new=5, old=4),
            ("False", "PodsMissing", "the version that serves has 4 of 5 pods"),
            id="the stable version lacks a pod",
        ),
        pytest.param(
            first(FIFTH, new=rs(NEW, 5, 2)),
            ("False", "PodsMissing", "the version that serves has 2 of 5 pods"),
            id="the first version is on its way",
        ),
        pytest.param(
            first(FIFTH, new=None),
            ("False", "PodsMissing", "the version that serves has 0 of 5 pods"),
            id="nothing yet",
        ),
        pytest.param(first(FIFTH), AVAILABLE, id="the first version is there"),
        pytest.param(over(FIFTH, old=0, new=7), AVAILABLE, id="more than enough"),
        pytest.param(
            over(old=None, new=None, spec={"replicas": 0}),
            ("True", "PodsAvailable", "the version that serves has its 0 pods"),
            id="nothing was created, and no pods are asked for",
        ),
    ],
)
def test_whether_the_version_that_serves_has_its_pods(here: Scene, available: tuple[str, str, str]) -> None:
    assert told(here, MOVING)["Available"] == available


INVALID = (
    "True",
    "AnalysisInvalid",
    "strategy.canary.steps[1].analysis: AnalysisTemplate judge is not there: create it or mend the name",
)
VALID = ("False", "Valid", "")


@pytest.mark.parametrize(
    ("here", "invalid"),
    [
        pytest.param(scene(FIFTH, STEP, templates=(analysis_template(),)), VALID, id="all can be made"),
        pytest.param(scene(FIFTH, STEP), INVALID, id="before the first step"),
        pytest.param(scene(FIFTH, STEP, index=1), VALID, id="later the step itself says so"),
        pytest.param(over(FIFTH, STEP), INVALID, id="between releases: mend it before the next one"),
        pytest.param(aborted(FIFTH, STEP, status={"current_step_index": 2}), INVALID, id="taken back"),
    ],
)
def test_whether_the_spec_can_be_followed(here: Scene, invalid: tuple[str, str, str]) -> None:
    assert told(here, MOVING)["InvalidSpec"] == invalid


def test_since_when_is_kept_until_the_status_changes() -> None:
    def before(kind: str, status: ConditionStatus) -> Condition:
        return Condition(type=kind, status=status, reason="Old", message="old", last_transition_time=ago(90))

    known = [before("Ready", ConditionStatus.FALSE), before("Stalled", ConditionStatus.TRUE)]
    after = {c.type: c for c in conditions(scene(FIFTH, status={"conditions": known}), MOVING)}
    assert after["Ready"] == Condition(
        type="Ready",
        status=ConditionStatus.FALSE,
        reason="WeightNotSeen",
        message="not in force yet",
        last_transition_time=ago(90),
        observed_generation=3,
    )
    assert after["Stalled"].last_transition_time == NOW
    assert after["Healthy"].last_transition_time == NOW


def test_a_message_is_never_longer_than_the_api_server_would_show() -> None:
    long = Standing(Phase.PROGRESSING, "Waiting", "x" * 2000)
    assert told(scene(FIFTH), long)["Ready"][2] == "x" * 1024
