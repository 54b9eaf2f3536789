"""What a release needs before its first step, told when the manifest is applied and not at night."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    JUDGE,
    NEW,
    NOW,
    OLD,
    PAUSE,
    STEP,
    aborted,
    analysis_template,
    first,
    over,
    rs,
    scene,
    seconds,
    service,
    services,
)
from tidegate.core.config.revision import Versioned
from tidegate.core.rollout.prerequisites import invalid_analysis, missing, missing_config, not_begun
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait

CANARY, STABLE = service("web-canary", NEW), service("web", OLD)
NO_CANARY = "Service web-canary (canaryService) does not exist: create it"
NO_STABLE = "Service web (stableService) does not exist: create it"
NO_TEMPLATE = "AnalysisTemplate judge is not there: create it or mend the name"


@pytest.mark.parametrize(
    ("views", "wait"),
    [
        pytest.param(services(CANARY, STABLE), None, id="both are there"),
        pytest.param(services(None, STABLE), Wait("ServiceNotFound", NO_CANARY), id="no canaryService"),
        pytest.param(services(CANARY, None), Wait("ServiceNotFound", NO_STABLE), id="no stableService"),
        pytest.param({}, Wait("ServiceNotFound", f"{NO_CANARY}; {NO_STABLE}"), id="neither"),
    ],
)
def test_both_services(views: dict[str, Any], wait: Wait | None) -> None:
    assert missing(scene(FIFTH, services=views)) == wait


BACKGROUND = {"analysis": JUDGE}


@pytest.mark.parametrize(
    ("here", "problem"),
    [
        pytest.param(scene(FIFTH, STEP, templates=(analysis_template(),)), "", id="the template is there"),
        pytest.param(scene(FIFTH, PAUSE), "", id="none is asked for"),
        pytest.param(scene(FIFTH, STEP), f"strategy.canary.steps[1].analysis: {NO_TEMPLATE}", id="of a step"),
        pytest.param(
            scene(FIFTH, canary=BACKGROUND), f"strategy.canary.analysis: {NO_TEMPLATE}", id="in the background"
        ),
        pytest.param(
            scene(FIFTH, STEP, canary=BACKGROUND), f"strategy.canary.analysis: {NO_TEMPLATE}", id="the first of two"
        ),
    ],
)
def test_every_analysis_can_be_made(here: Scene, problem: str) -> None:
    assert invalid_analysis(here) == problem
    assert missing(here) == (Wait("AnalysisInvalid", problem) if problem else None)


def test_a_missing_service_is_told_first() -> None:
    wait = missing(scene(STEP, services={}))
    assert wait is not None
    assert wait.reason == "ServiceNotFound"


@pytest.mark.parametrize(
    "here",
    [
        pytest.param(scene(FIFTH, STEP, index=1), id="in a release that took its first step: the step itself says so"),
        pytest.param(aborted(FIFTH, STEP), id="going back needs none"),
        pytest.param(over(FIFTH, STEP), id="nothing is released"),
        pytest.param(first(FIFTH, STEP, status={"current_step_index": 0}), id="the first release judges nothing"),
    ],
)
def test_what_needs_no_analysis_is_not_held_for_one(here: Scene) -> None:
    assert missing(here) is None


@pytest.mark.parametrize(
    ("here", "fresh"),
    [
        pytest.param(scene(FIFTH, new=None), True, id="no ReplicaSet"),
        pytest.param(scene(FIFTH, new=rs(NEW, 0)), True, id="no pods"),
        pytest.param(scene(FIFTH, new=1), False, id="pods"),
        pytest.param(scene(FIFTH, PAUSE, index=1, new=None), False, id="a later step"),
        pytest.param(aborted(FIFTH, new=None), False, id="taken back"),
        pytest.param(over(FIFTH, status={"current_step_index": 0}, new=0), False, id="nothing is released"),
    ],
)
def test_a_release_that_has_no_pods_yet_has_not_begun(here: Scene, fresh: bool) -> None:
    assert not_begun(here) is fresh


def test_a_config_that_has_just_changed_is_looked_at_again() -> None:
    until = NOW + seconds(3)
    said = "its config has just changed: what else changes now is taken into the same release"
    here = replace(scene(FIFTH), config=Versioned(settles_at=until))
    assert missing_config(here) == Wait("ConfigChanged", said, until=until)
