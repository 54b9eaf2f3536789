"""Step `approval`: it waits for somebody of its list, and for nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    FIRST,
    HALF,
    NEW,
    NOW,
    PAUSE,
    Step,
    ago,
    line,
    make_spec,
    pause,
    run,
    scene,
    seconds,
    steps_hash,
)
from tests.unit.core.rollout.making import STEP as MEASURE
from tidegate.api.analysis import AnalysisPhase
from tidegate.api.rollout_status import Approval, PauseReason, RequestOutcome
from tidegate.core.rollout.approvals import UNPROVEN, give
from tidegate.core.rollout.requests import answer
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps import advance
from tidegate.core.rollout.steps.outcome import Done, Fail, Outcome, Wait
from tidegate.core.rollout.walk import walk

WAITS = PauseReason.APPROVAL
WHO = {"users": ["ann", "bob"], "groups": ["sre"]}
LIST = "users ann, bob or groups sre"
CALL = "`tidegate approve web`"
STEP = "step 2 of 3 waits"


def approval(**fields: Any) -> Step:
    return {"approval": {"approvers": WHO, **fields}}


def given(steps: tuple[Step, ...], **fields: Any) -> Approval:
    known = {"step": 1, "step_hash": steps_hash(make_spec(*steps)), "by": "ann", "at": ago(3)}
    return Approval(**{**known, **fields})


def at_approval(*approvals: Approval, since: datetime | None = None, asked: Step | None = None, **fields: Any) -> Scene:
    """The release stands at step 2 of 3, an approval, since then."""
    conditions = [] if since is None else [pause(WAITS, since)]
    status = {"pause_conditions": conditions, "history": [FIRST, line(2, approvals=list(approvals))]}
    status |= fields.pop("status", {})
    known = {"index": 1, "weight": 20, "names_proven": True, "status": status}
    return scene(FIFTH, asked or approval(), HALF, **{**known, **fields})


STEPS = (FIFTH, approval(), HALF)


@pytest.mark.parametrize(
    ("here", "outcome"),
    [
        pytest.param(
            at_approval(),
            Wait("Approval", f"{STEP} for {LIST} to approve it; {CALL}", pause=WAITS),
            id="without an end",
        ),
        pytest.param(
            at_approval(asked=approval(message="look at the graphs")),
            Wait("Approval", f"{STEP} for {LIST} to approve it: look at the graphs; {CALL}", pause=WAITS),
            id="with a message",
        ),
        pytest.param(
            at_approval(names_proven=False),
            Wait("Approval", f"{STEP} for {LIST} to approve it; {UNPROVEN}", pause=WAITS),
            id="where no name is proven",
        ),
        pytest.param(
            at_approval(asked=approval(timeoutSeconds=60), since=ago(59)),
            Wait(
                "Approval",
                f"{STEP} until 2026-03-01T12:00:01.000Z for {LIST} to approve it; {CALL}",
                NOW + seconds(1),
                WAITS,
            ),
            id="a moment before it is too late",
        ),
        pytest.param(
            at_approval(asked=approval(timeoutSeconds=60), since=ago(60)),
            Fail("nobody approved step 2 of 3 within 60 s"),
            id="too late, it is taken back by default",
        ),
        pytest.param(
            at_approval(asked=approval(timeoutSeconds=60, onTimeout="Abort"), since=ago(61)),
            Fail("nobody approved step 2 of 3 within 60 s"),
            id="too late, it is taken back",
        ),
        pytest.param(
            at_approval(asked=approval(timeoutSeconds=60, onTimeout="Pause"), since=ago(61)),
            Wait(
                "ApprovalTimedOut",
                f"nobody approved step 2 of 3 within 60 s; {STEP} for {LIST} to approve it; {CALL}",
                pause=WAITS,
            ),
            id="too late, it goes on waiting",
        ),
        pytest.param(at_approval(given(STEPS), since=ago(9)), Done(ago(3)), id="approved"),
        pytest.param(
            at_approval(given((FIFTH, approval(timeoutSeconds=1))), asked=approval(timeoutSeconds=60)),
            Wait(
                "Approval",
                f"{STEP} until 2026-03-01T12:01:00.000Z for {LIST} to approve it; {CALL}",
                NOW + seconds(60),
                WAITS,
            ),
            id="an approval of other steps is none",
        ),
        pytest.param(
            at_approval(given(STEPS, step=0)),
            Wait("Approval", f"{STEP} for {LIST} to approve it; {CALL}", pause=WAITS),
            id="an approval of another step is none",
        ),
        pytest.param(
            at_approval(status={"history": []}),
            Wait("Approval", f"{STEP} for {LIST} to approve it; {CALL}", pause=WAITS),
            id="without a history",
        ),
    ],
)
def test_an_approval(here: Scene, outcome: Outcome) -> None:
    assert advance(here) == outcome


@pytest.mark.parametrize(
    ("count", "said"),
    [(5, "users u0, u1, u2, u3, u4 to approve"), (7, "users u0, u1, u2, u3, u4 and 2 more to approve")],
)
def test_a_long_list_is_cut(count: int, said: str) -> None:
    outcome = advance(at_approval(asked={"approval": {"approvers": {"users": [f"u{n}" for n in range(count)]}}}))
    assert isinstance(outcome, Wait)
    assert said in outcome.message


def test_the_wait_is_a_pause_that_begins_once_and_ends_with_the_step() -> None:
    walked, wait = walk(at_approval(status={"pause_conditions": [pause(PauseReason.REQUEST, ago(50))]}))
    assert wait is not None
    assert wait.reason == "Approval"
    assert walked.status.pause_conditions == [pause(PauseReason.REQUEST, ago(50)), pause(WAITS)]
    walked, _ = walk(at_approval(since=ago(9)))
    assert walked.status.pause_conditions == [pause(WAITS, ago(9))]
    walked, _ = walk(at_approval(given(STEPS), since=ago(9)))
    assert (walked.index, walked.status.pause_conditions) == (2, [])


def test_an_approved_step_is_held_by_a_pause_on_request_and_stays_approved() -> None:
    paused = [pause(WAITS, ago(9)), pause(PauseReason.REQUEST, ago(5))]
    walked, wait = walk(at_approval(given(STEPS), status={"pause_conditions": paused}))
    assert wait is not None
    assert (wait.reason, walked.index) == ("PausedByRequest", 1)


# Who asks


def asking(action: str, by: str | None, *groups: str, **fields: Any) -> dict[str, Any]:
    """The fields of a scene in which somebody asks for `action` at this step."""
    text = json.dumps({"id": "r1", "action": action, "revision": 2, "step": 1, "reason": "looks good", **fields})
    return {"rollout": {"request": text, "requested_by": by, "requested_groups": groups}}


def told(after: Scene) -> tuple[RequestOutcome, str]:
    assert after.status.last_request is not None
    return after.status.last_request.outcome, after.status.last_request.message


def approvals(after: Scene) -> list[Approval]:
    return after.status.history[-1].approvals


@pytest.mark.parametrize(
    ("asked", "by"),
    [
        pytest.param(asking("approve", "ann"), "ann", id="a user of the list"),
        pytest.param(asking("approve", "carl", "dev", "sre"), "carl", id="a member of a group of the list"),
    ],
)
def test_who_approves_is_written_into_the_release(asked: Mapping[str, Any], by: str) -> None:
    after = answer(at_approval(**asked))
    assert told(after) == (RequestOutcome.DONE, "step 2 of 3 is approved")
    assert approvals(after) == [given(STEPS, by=by, reason="looks good", at=NOW)]
    assert advance(after) == Done(NOW)


@pytest.mark.parametrize(
    ("here", "why"),
    [
        pytest.param(
            at_approval(**asking("approve", "carl", "dev")), f"carl is not among its approvers: {LIST}", id="a stranger"
        ),
        pytest.param(at_approval(**asking("approve", None)), f"nobody is not among its approvers: {LIST}", id="nobody"),
        pytest.param(
            at_approval(names_proven=False, **asking("approve", "ann")), UNPROVEN, id="a name that is claimed"
        ),
        pytest.param(
            at_approval(names_proven=False, **asking("approve", "carl", "sre")), UNPROVEN, id="a group that is claimed"
        ),
        pytest.param(
            at_approval(**asking("approve", "ann", step=None)),
            "approve needs the step that it is meant for: the release is at 1",
            id="of any step",
        ),
        pytest.param(
            at_approval(**asking("approve", "ann", step=0)),
            "it was meant for step 0, and the release is at step 1",
            id="late",
        ),
        pytest.param(
            at_approval(index=0, **asking("approve", "ann", step=0)),
            "step 1 of 3 waits for no approval: a pause needs promote",
            id="of a step that is none",
        ),
        pytest.param(
            at_approval(index=3, **asking("approve", "ann", step=3)),
            "there is no step to approve: all are done",
            id="behind the last step",
        ),
        pytest.param(
            at_approval(since=ago(9), **asking("promote", "ann")),
            "step 2 waits for an approval: use approve (tidegate approve)",
            id="promote is no approval",
        ),
        pytest.param(
            at_approval(since=ago(9), **asking("skipStep", "ann")),
            "step 2 waits for an approval: use approve (tidegate approve)",
            id="an approval is not skipped",
        ),
        pytest.param(
            at_approval(**asking("promoteFull", "carl")),
            f"it would skip the approval of step 2: carl is not among its approvers: {LIST}",
            id="promoteFull by a stranger",
        ),
        pytest.param(
            at_approval(index=0, names_proven=False, **asking("promoteFull", "ann", step=0)),
            f"it would skip the approval of step 2: {UNPROVEN}",
            id="promoteFull by a name that is claimed, before the step",
        ),
    ],
)
def test_who_may_not(here: Scene, why: str) -> None:
    after = answer(here)
    assert told(after) == (RequestOutcome.REFUSED, why)
    assert (after.status.history, after.index) == (here.status.history, here.index)


def test_a_second_approval_changes_nothing() -> None:
    here = at_approval(given(STEPS), **asking("approve", "bob"))
    after = answer(here)
    assert told(after) == (RequestOutcome.DONE, "step 2 of 3 was approved by ann already")
    assert approvals(after) == [given(STEPS)]


def test_promote_full_by_an_approver_skips_the_approval_and_says_who() -> None:
    after = answer(at_approval(**asking("promoteFull", "bob")))
    assert told(after)[0] is RequestOutcome.DONE
    assert (after.index, after.status.history[-1].requester) == (3, "bob")


def test_promote_full_needs_no_approval_of_what_is_behind() -> None:
    assert told(answer(at_approval(index=2, **asking("promoteFull", "carl", step=2))))[0] is RequestOutcome.DONE


def test_approvals_are_kept_without_end_only_so_far() -> None:
    old = [given(STEPS, step_hash=f"old{n}") for n in range(25)]
    after = answer(at_approval(*old, **asking("approve", "ann")))
    assert len(approvals(after)) == 20
    assert approvals(after)[-1].at == NOW


@pytest.mark.parametrize(
    ("reasons", "left"),
    [
        pytest.param([PauseReason.CANARY_PAUSE_STEP], [], id="of the step"),
        pytest.param([PauseReason.REQUEST], [PauseReason.REQUEST], id="what a person paused stays paused"),
        pytest.param(
            [PauseReason.INCONCLUSIVE_ANALYSIS],
            [PauseReason.INCONCLUSIVE_ANALYSIS],
            id="a background analysis that can't decide still holds",
        ),
    ],
)
def test_a_step_is_skipped(reasons: list[PauseReason], left: list[PauseReason]) -> None:
    conditions = [pause(reason, ago(9)) for reason in reasons]
    here = scene(FIFTH, PAUSE, HALF, index=1, status={"pause_conditions": conditions}, **asking("skipStep", "carl"))
    after = answer(here)
    assert told(after) == (RequestOutcome.DONE, "step 2 of 3 is skipped")
    assert (after.index, after.status.current_step_started_at) == (2, NOW)
    assert after.status.history[-1].step_seconds == [60.0]
    assert [each.reason for each in after.status.pause_conditions] == left


def test_an_analysis_step_that_cannot_decide_is_skipped_with_its_pause() -> None:
    here = scene(
        FIFTH,
        MEASURE,
        HALF,
        index=1,
        runs=(run(f"web-{NEW}-2-1", AnalysisPhase.INCONCLUSIVE),),
        status={"pause_conditions": [pause(PauseReason.INCONCLUSIVE_ANALYSIS, ago(9))]},
        **asking("skipStep", "carl"),
    )
    after = answer(here)
    assert (after.index, after.status.pause_conditions) == (2, [])


def test_a_skip_names_its_step() -> None:
    why = "skipStep needs the step that it is meant for: the release is at 1"
    here = scene(FIFTH, PAUSE, HALF, index=1, **asking("skipStep", "carl", step=None))
    assert told(answer(here)) == (RequestOutcome.REFUSED, why)


EMPTY = {"spec": {"replicas": 0}, "old": 0, "new": 0}


def test_an_autoscaler_that_goes_to_0_approves_nothing() -> None:
    walked, wait = walk(at_approval(**EMPTY, index=0))
    assert wait is not None
    assert (wait.reason, walked.index) == ("Approval", 1)
    over, wait = walk(at_approval(given((FIFTH, approval(), HALF)), **EMPTY))
    assert (wait, over.steps_done) == (None, True)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": {"pause_conditions": [pause(PauseReason.REQUEST)]}}, "PausedByRequest"),
        ({"spec": {"replicas": 0, "paused": True}}, "PausedBySpec"),
    ],
)
def test_nor_does_it_end_what_a_person_paused(fields: dict[str, Any], reason: str) -> None:
    walked, wait = walk(scene(FIFTH, HALF, **{**EMPTY, **fields}))
    assert wait is not None
    assert (wait.reason, walked.index) == (reason, 0)


def test_the_approval_of_this_release_counts_and_no_other_ones() -> None:
    before = line(2, approvals=[given(STEPS)])
    status = {"history": [FIRST, before, line(3)], "current_revision": 3}
    assert isinstance(advance(at_approval(status=status)), Wait)
    status = {"history": [FIRST, line(2), line(3, approvals=[given(STEPS)])], "current_revision": 3}
    assert isinstance(advance(at_approval(status=status)), Done)


def test_an_approval_of_nobody_by_name_names_nobody() -> None:
    """A member of a group, whose name the API server does not tell."""
    assert give(at_approval(), "fine").status.history[-1].approvals[-1].by == ""
