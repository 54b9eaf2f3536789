"""Taking a release back."""

from __future__ import annotations

from tests.unit.core.rollout.making import FIFTH, HALF, NOW, PAUSE, ago, pause, scene
from tidegate.api.rollout_status import PauseReason
from tidegate.core.actions import Event
from tidegate.core.rollout.abort import abort


def test_all_facts_are_those_of_a_release_that_goes_back() -> None:
    before = {
        "pause_conditions": [pause(PauseReason.CANARY_PAUSE_STEP, ago(9))],
        "promote_full": True,
        "attempt": 2,
    }
    here = scene(FIFTH, PAUSE, HALF, index=1, weight=20, status=before)
    after = abort(here, "too slow")
    expected = here.status.model_copy(
        update={
            "abort": True,
            "aborted_at": NOW,
            "abort_cause": "too slow",
            "current_step_index": 0,
            "current_step_started_at": NOW,
            "pause_conditions": [],
            "promote_full": False,
        }
    )
    assert after.status == expected
    assert after.events == (Event("Aborted", "revision 2 is taken back: too slow", warning=True),)
    assert after.world == here.world
