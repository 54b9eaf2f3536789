"""Step `pause`: it runs from the time in status, so that a restart makes it neither longer nor shorter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.unit.core.rollout.making import FIFTH, NOW, PAUSE, ago, pause, scene, seconds
from tidegate.api.rollout_status import PauseReason
from tidegate.core.rollout.steps import advance
from tidegate.core.rollout.steps.outcome import Done, Outcome, Wait
from tidegate.core.rollout.steps.pause import started_at

STEP = PauseReason.CANARY_PAUSE_STEP
ENDLESS = "step 2 of 2 is a pause without an end: it waits for `tidegate promote web`"


def timed(until: datetime, clock: str) -> Wait:
    message = f"step 2 of 2 is a pause until 2026-03-01T{clock}Z; `tidegate promote web` ends it now"
    return Wait("Paused", message, until, STEP)


@pytest.mark.parametrize(
    ("asked", "since", "outcome"),
    [
        pytest.param({}, None, Wait("Paused", ENDLESS, None, STEP), id="without an end, just beginning"),
        pytest.param({}, ago(9e6), Wait("Paused", ENDLESS, None, STEP), id="without an end, after months"),
        pytest.param({"duration": "1m"}, None, timed(NOW + seconds(60), "12:01:00.000"), id="just beginning"),
        pytest.param({"duration": 60}, ago(59.5), timed(NOW + seconds(0.5), "12:00:00.500"), id="a moment before"),
        pytest.param({"duration": "1m"}, ago(60), Done(NOW), id="on time"),
        pytest.param({"duration": "1m"}, ago(600), Done(ago(540)), id="long over: it ended on time all the same"),
        pytest.param({"duration": 0}, None, Done(NOW), id="of no length"),
    ],
)
def test_a_pause(asked: dict[str, Any], since: datetime | None, outcome: Outcome) -> None:
    conditions = [] if since is None else [pause(STEP, since)]
    here = scene(FIFTH, {"pause": asked}, index=1, status={"pause_conditions": conditions})
    assert advance(here) == outcome


def test_other_pauses_say_nothing_of_when_this_one_began() -> None:
    others = [pause(PauseReason.REQUEST, ago(50)), pause(PauseReason.INCONCLUSIVE_ANALYSIS, ago(40))]
    assert started_at(scene(PAUSE, status={"pause_conditions": others})) == NOW
    assert started_at(scene(PAUSE, status={"pause_conditions": [*others, pause(STEP, ago(30))]})) == ago(30)
