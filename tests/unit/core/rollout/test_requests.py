"""What people ask for: done once, or refused in a sentence that says what to do instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    FIRST,
    HALF,
    NEW,
    NOW,
    PAUSE,
    STEP,
    Step,
    aborted,
    ago,
    first,
    line,
    over,
    pause,
    run,
    scene,
)
from tidegate.api.analysis import AnalysisPhase
from tidegate.api.rollout_status import LastRequest, Outcome, PauseReason, RequestOutcome
from tidegate.core.actions import Event
from tidegate.core.rollout.requests import answer
from tidegate.core.rollout.scene import Scene

PAUSED = PauseReason.CANARY_PAUSE_STEP
UNDECIDED = PauseReason.INCONCLUSIVE_ANALYSIS
ASKED = PauseReason.REQUEST
STEPS: tuple[Step, ...] = (FIFTH, PAUSE, STEP, HALF)


def asking(action: str, **fields: Any) -> dict[str, Any]:
    """The fields of a scene in which `action` is asked for."""
    text = json.dumps({"id": "r1", "action": action, "revision": 2, **fields})
    return {"rollout": {"request": text, "requested_by": "ada"}}


def at_pause(action: str, *reasons: PauseReason, **fields: Any) -> Scene:
    """The release stands at step 2 of 4, a pause, with these pauses in force."""
    conditions = [pause(reason, ago(9)) for reason in reasons]
    return scene(*STEPS, index=1, weight=20, status={"pause_conditions": conditions}, **asking(action, **fields))


def facts(before: Scene, after: Scene) -> dict[str, Any]:
    """What was changed, apart from the answer itself."""
    changed = {
        name for name in type(after.status).model_fields if getattr(before.status, name) != getattr(after.status, name)
    }
    return {name: getattr(after.status, name) for name in changed - {"last_request"}}


def told(after: Scene) -> tuple[RequestOutcome, str]:
    assert after.status.last_request is not None
    return after.status.last_request.outcome, after.status.last_request.message


A_MINUTE = [FIRST, line(2, step_seconds=[60.0])]
ASKED_BY_ADA = [FIRST, line(2, requester="ada (claimed)")]


@pytest.mark.parametrize(
    ("here", "changes", "message"),
    [
        pytest.param(
            at_pause("promote", PAUSED, ASKED),
            {
                "current_step_index": 2,
                "current_step_started_at": NOW,
                "pause_conditions": [pause(ASKED, ago(9))],
                "history": A_MINUTE,
            },
            "step 2 of 4 is passed",
            id="promote ends a pause, but not what another person paused",
        ),
        pytest.param(
            at_pause("promote", UNDECIDED),
            {"current_step_started_at": NOW, "pause_conditions": [], "attempt": 1},
            "the steps go on",
            id="promote goes on without an undecided background analysis, which begins anew",
        ),
        pytest.param(
            at_pause("promote", UNDECIDED, PAUSED),
            {
                "current_step_index": 2,
                "current_step_started_at": NOW,
                "pause_conditions": [],
                "attempt": 1,
                "history": A_MINUTE,
            },
            "step 2 of 4 is passed",
            id="promote ends both at once",
        ),
        pytest.param(
            scene(
                *STEPS,
                index=2,
                weight=20,
                runs=(run(f"web-{NEW}-2-2", AnalysisPhase.INCONCLUSIVE),),
                status={"pause_conditions": [pause(UNDECIDED, ago(9))]},
                **asking("promote"),
            ),
            {
                "current_step_index": 3,
                "current_step_started_at": NOW,
                "pause_conditions": [],
                "attempt": 1,
                "history": A_MINUTE,
            },
            "step 3 of 4 is passed",
            id="promote passes an analysis step that can't decide",
        ),
        pytest.param(
            scene(
                *STEPS,
                index=2,
                weight=20,
                runs=(run(f"web-{NEW}-2-2", AnalysisPhase.RUNNING),),
                status={"pause_conditions": [pause(UNDECIDED, ago(9))]},
                **asking("promote"),
            ),
            {"current_step_started_at": NOW, "pause_conditions": [], "attempt": 1},
            "the steps go on",
            id="promote never passes an analysis step that is measuring",
        ),
        pytest.param(
            at_pause("promoteFull", PAUSED, ASKED),
            {
                "current_step_index": 4,
                "current_step_started_at": NOW,
                "pause_conditions": [],
                "promote_full": True,
                "history": ASKED_BY_ADA,
            },
            "all steps and analyses are skipped",
            id="promoteFull skips everything",
        ),
        pytest.param(
            at_pause("abort", PAUSED, reason="too slow"),
            {
                "abort": True,
                "aborted_at": NOW,
                "abort_cause": "aborted by ada: too slow",
                "current_step_index": 0,
                "current_step_started_at": NOW,
                "pause_conditions": [],
                "history": ASKED_BY_ADA,
            },
            "traffic goes back to the stable version",
            id="abort",
        ),
        pytest.param(
            aborted(
                *STEPS,
                status={"history": [FIRST, line(2, outcome=Outcome.ABORTED, finished_at=ago(5))]},
                **asking("retry"),
            ),
            {
                "abort": False,
                "aborted_at": None,
                "abort_cause": "",
                "attempt": 1,
                "current_step_started_at": NOW,
                "progressed_at": NOW,
                "history": [
                    FIRST,
                    line(2, outcome=Outcome.ABORTED, finished_at=ago(5)),
                    line(2, started_at=NOW, cadence_seconds=5.0),
                ],
            },
            "the release begins again at its first step",
            id="retry",
        ),
        pytest.param(
            at_pause("pause", PAUSED),
            {"pause_conditions": [pause(PAUSED, ago(9)), pause(ASKED)]},
            "no further step is taken",
            id="pause",
        ),
        pytest.param(at_pause("pause", ASKED), {}, "it is paused already", id="pause twice"),
        pytest.param(
            at_pause("resume", PAUSED, ASKED),
            {"pause_conditions": [pause(PAUSED, ago(9))]},
            "the steps go on",
            id="resume leaves the pause of a step",
        ),
        pytest.param(
            at_pause("resume", UNDECIDED, ASKED),
            {"pause_conditions": [], "attempt": 1},
            "it is measured again",
            id="resume measures again",
        ),
        pytest.param(
            at_pause("restart", PAUSED),
            {"restart_at": NOW},
            "pods from before 2026-03-01T12:00:00.000Z are replaced, few at a time",
            id="restart, in the middle of a release",
        ),
        pytest.param(
            over(*STEPS, status={"restart_at": ago(60)}, **asking("restart")),
            {"restart_at": NOW},
            "pods from before 2026-03-01T12:00:00.000Z are replaced, few at a time",
            id="restart once more, when no release is on its way",
        ),
    ],
)
def test_done(here: Scene, changes: dict[str, Any], message: str) -> None:
    after = answer(here)
    assert facts(here, after) == changes
    assert told(after) == (RequestOutcome.DONE, message)


NO_RELEASE = "there is nothing to {0}: no release is on its way"
WAS_ABORTED = "there is nothing to {0}: the release was aborted; use retry, or change the template"
KNOWN = "abort, approve, pause, promote, promoteFull, restart, resume, retry, skipStep"


@pytest.mark.parametrize(
    ("here", "why"),
    [
        pytest.param(over(*STEPS, **asking("promote")), NO_RELEASE.format("promote"), id="promote, but it is over"),
        pytest.param(over(*STEPS, **asking("promoteFull")), NO_RELEASE.format("promote"), id="promoteFull, it is over"),
        pytest.param(over(*STEPS, **asking("abort")), NO_RELEASE.format("abort"), id="abort, but it is over"),
        pytest.param(over(*STEPS, **asking("pause")), NO_RELEASE.format("pause"), id="pause, but it is over"),
        pytest.param(over(*STEPS, **asking("resume")), NO_RELEASE.format("resume"), id="resume, but it is over"),
        pytest.param(first(*STEPS, **asking("abort")), NO_RELEASE.format("abort"), id="abort the very first"),
        pytest.param(aborted(*STEPS, **asking("promote")), WAS_ABORTED.format("promote"), id="promote, it was aborted"),
        pytest.param(aborted(*STEPS, **asking("abort")), WAS_ABORTED.format("abort"), id="abort twice"),
        pytest.param(
            at_pause("retry", PAUSED), "there is nothing to retry: the release was not aborted", id="retry in a release"
        ),
        pytest.param(
            at_pause("promote", ASKED),
            "no step waits for a person now; use promoteFull to skip all steps (tidegate promote --full)",
            id="promote, but no step waits",
        ),
        pytest.param(
            scene(*STEPS, index=2, runs=(run(f"web-{NEW}-2-2", AnalysisPhase.ERROR),), **asking("promote")),
            "no step waits for a person now; use promoteFull to skip all steps (tidegate promote --full)",
            id="promote, before anybody was told that the analysis can't decide",
        ),
        pytest.param(
            at_pause("resume", PAUSED),
            "neither a pause nor an undecided analysis waits for resume; a pause step needs promote",
            id="resume, but a step waits",
        ),
        pytest.param(
            at_pause("promote", PAUSED, revision=1),
            "it was meant for revision 1, and revision 2 is on its way",
            id="late: for the revision before",
        ),
        pytest.param(
            at_pause("promote", PAUSED, step=0),
            "it was meant for step 0, and the release is at step 1",
            id="late: for the step before",
        ),
        pytest.param(
            at_pause("explode", PAUSED), f"action 'explode' is not known: use one of {KNOWN}", id="an unknown action"
        ),
        pytest.param(at_pause("", PAUSED), f"action '' is not known: use one of {KNOWN}", id="no action"),
    ],
)
def test_refused(here: Scene, why: str) -> None:
    after = answer(here)
    assert facts(here, after) == {}
    assert told(after) == (RequestOutcome.REFUSED, why)


def test_a_request_for_this_very_step_is_done() -> None:
    assert told(answer(at_pause("promote", PAUSED, step=1)))[0] is RequestOutcome.DONE


def test_without_a_request_there_is_no_answer() -> None:
    here = scene(*STEPS)
    assert answer(here) == here


def last(identity: str) -> LastRequest:
    return LastRequest(id=identity, action="promote", outcome=RequestOutcome.DONE, at=ago(9))


def test_a_request_that_was_answered_is_not_done_twice() -> None:
    status = {"pause_conditions": [pause(PAUSED, ago(9))], "last_request": last("r1")}
    here = scene(*STEPS, index=1, status=status, **asking("promote"))
    assert answer(here) == here


def test_another_request_after_one_that_was_answered_is_done() -> None:
    status = {"pause_conditions": [pause(PAUSED, ago(9))], "last_request": last("r0")}
    after = answer(scene(*STEPS, index=1, status=status, **asking("promote")))
    assert after.status.last_request == LastRequest(
        id="r1",
        action="promote",
        outcome=RequestOutcome.DONE,
        message="step 2 of 4 is passed",
        by="ada (claimed)",
        at=NOW,
    )


@pytest.mark.parametrize(
    ("by", "reason", "request_by", "event"),
    [
        pytest.param("ada", "", "ada (claimed)", "pause by ada (claimed): no further step is taken", id="who"),
        pytest.param(
            "ada",
            "lunch",
            "ada (claimed)",
            "pause by ada (claimed) (lunch): no further step is taken",
            id="who and why",
        ),
        pytest.param(None, "", "unknown", "pause by unknown: no further step is taken", id="nobody says who"),
    ],
)
def test_who_asked_and_why_is_told(by: str | None, reason: str, request_by: str, event: str) -> None:
    fields = asking("pause", reason=reason)
    fields["rollout"]["requested_by"] = by
    after = answer(scene(*STEPS, **fields))
    assert after.status.last_request is not None
    assert after.status.last_request.by == request_by
    assert after.status.last_request.reason == reason
    assert after.events == (Event("RequestDone", event),)


def test_a_name_that_is_proven_is_told_without_doubt() -> None:
    after = answer(scene(*STEPS, names_proven=True, **asking("pause")))
    assert after.status.last_request is not None
    assert after.status.last_request.by == "ada"


def test_a_refusal_is_told_as_a_warning() -> None:
    after = answer(over(*STEPS, **asking("abort", reason="in doubt")))
    message = f"abort by ada (claimed) (in doubt): {NO_RELEASE.format('abort')}"
    assert after.events == (Event("RequestRefused", message, warning=True),)


def test_an_abort_without_a_name_or_a_reason_says_so() -> None:
    fields = asking("abort")
    fields["rollout"]["requested_by"] = None
    assert answer(scene(*STEPS, **fields)).status.abort_cause == "aborted by a request"


UNREADABLE = "annotation tidegate.dev/request can't be read: "


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("promote", "the JSON: Invalid JSON: expected value at line 1 column 1", id="no JSON"),
        pytest.param("[]", "the JSON: Input should be an object", id="no object"),
        pytest.param('{"id": "r1", "action": "abort"}', "revision: Field required", id="a field is missing"),
        pytest.param(
            '{"id": "", "action": "abort", "revision": 2}',
            "id: String should have at least 1 character",
            id="an empty id",
        ),
        pytest.param(
            f'{{"id": "{"x" * 65}", "action": "abort", "revision": 2}}',
            "id: String should have at most 64 characters",
            id="an id without end",
        ),
        pytest.param(
            f'{{"id": "r1", "action": "{"x" * 33}", "revision": 2}}',
            "action: String should have at most 32 characters",
            id="an action without end",
        ),
        pytest.param(
            f'{{"id": "r1", "action": "abort", "revision": 2, "reason": "{"x" * 513}"}}',
            "reason: String should have at most 512 characters",
            id="a reason without end",
        ),
        pytest.param(
            '{"id": "r1", "action": "abort", "revision": 2, "force": true}',
            "force: Extra inputs are not permitted",
            id="an unknown field",
        ),
        pytest.param(
            f'{{"id": "r1", "action": "abort", "revision": 2, "{"x" * 999}": true}}',
            f"{'x' * 100}: Extra inputs are not permitted",
            id="an unknown field of any length",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_once(text: str, why: str) -> None:
    here = scene(*STEPS, rollout={"request": text, "requested_by": "ada"})
    after = answer(here)
    assert facts(here, after) == {}
    outcome, message = told(after)
    assert (outcome, message) == (RequestOutcome.REFUSED, UNREADABLE + why)
    assert after.events == (Event("RequestRefused", f"request by ada (claimed): {UNREADABLE}{why}", warning=True),)
    again = scene(*STEPS, rollout={"request": text}, status={"last_request": after.status.last_request})
    assert answer(again) == again


def test_two_texts_that_cannot_be_read_are_two_refusals() -> None:
    one = answer(scene(*STEPS, rollout={"request": "{"}))
    other = answer(scene(*STEPS, rollout={"request": "{{"}, status={"last_request": one.status.last_request}))
    assert one.status.last_request is not None
    assert other.status.last_request is not None
    assert one.status.last_request.id != other.status.last_request.id
    assert other.status.last_request.id.startswith("unreadable-")


def test_an_undecided_background_at_the_end_of_the_steps_may_be_passed() -> None:
    status = {"pause_conditions": [pause(UNDECIDED, ago(9))]}
    runs = (run(f"web-{NEW}-2-4", AnalysisPhase.INCONCLUSIVE),)
    after = answer(scene(*STEPS, index=4, weight=50, runs=runs, status=status, **asking("promote")))
    assert told(after) == (RequestOutcome.DONE, "the steps go on")
