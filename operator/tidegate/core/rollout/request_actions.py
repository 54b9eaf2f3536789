"""What each request does: to a release that it was meant for, or refused in a sentence that says what to do instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from tidegate.api.meta import time_text
from tidegate.api.rollout_status import PauseCondition, PauseReason
from tidegate.core.rollout import analysis, approvals, initial, steps
from tidegate.core.rollout.abort import abort
from tidegate.core.rollout.release import again, ended_by, step_over
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps import webhook
from tidegate.core.world import RunRole


class Request(BaseModel, extra="forbid", frozen=True):
    """The JSON of the annotation."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    action: Annotated[str, Field(max_length=32)]
    revision: int
    step: int | None = None
    reason: Annotated[str, Field(max_length=512)] = ""


class RefusedRequest(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """Why a request is not followed, in a sentence that names what to do instead."""


def who(scene: Scene) -> str:
    """Who asked. A name that nothing proves is told as what it is."""
    by = scene.world.rollout.requested_by
    if not by:
        return "unknown"
    return by if scene.world.names_proven else f"{by} (claimed)"


def _without(scene: Scene, *reasons: PauseReason) -> list[PauseCondition]:
    return [pause for pause in scene.status.pause_conditions if pause.reason not in reasons]


def _need_release(scene: Scene, what: str) -> None:
    if not scene.releasing:
        raise RefusedRequest(f"there is nothing to {what}: no release is on its way")
    if scene.status.abort:
        raise RefusedRequest(f"there is nothing to {what}: the release was aborted; use retry, or change the template")


def _promote(scene: Scene, _: Request) -> tuple[Scene, str]:
    _need_release(scene, "promote")
    reasons = {pause.reason for pause in scene.status.pause_conditions}
    undecided = PauseReason.INCONCLUSIVE_ANALYSIS in reasons
    waits = reasons & {PauseReason.CANARY_PAUSE_STEP, PauseReason.WEBHOOK}
    passed = bool(waits) or (undecided and _step_undecided(scene))
    if not passed and not undecided:
        _need_no_approval(scene)
        raise RefusedRequest(
            "no step waits for a person now; use promoteFull to skip all steps (tidegate promote --full)"
        )
    on = step_over(scene, scene.now) if passed else scene.facts(current_step_started_at=scene.now)
    promoted = on.facts(
        pause_conditions=_without(scene, *waits, PauseReason.INCONCLUSIVE_ANALYSIS),
        # An undecided background analysis begins anew: going on is no reason to look no more.
        attempt=scene.status.attempt + undecided,
    )
    return (
        promoted,
        f"step {scene.index + 1} of {len(scene.steps)} is passed" if passed else "the steps go on",
    )


def _step_undecided(scene: Scene) -> bool:
    run = analysis.find(scene, RunRole.STEP)
    asked = None if scene.steps_done else scene.steps[scene.index].analysis
    return run is not None and asked is not None and analysis.meaning(run, asked) is analysis.Verdict.UNDECIDED


def _need_no_approval(scene: Scene) -> None:
    if not scene.steps_done and scene.steps[scene.index].approval is not None:
        raise RefusedRequest(f"step {scene.index + 1} waits for an approval: use approve (tidegate approve)")


def _skip_step(scene: Scene, request: Request) -> tuple[Scene, str]:
    _need_step(scene, request)
    _need_no_approval(scene)
    # What a person paused, and a background analysis that can't decide, still hold the release.
    over = {*steps.PAUSES, *([PauseReason.INCONCLUSIVE_ANALYSIS] if _step_undecided(scene) else [])}
    skipped = step_over(scene, scene.now).facts(pause_conditions=_without(scene, *over))
    return skipped, f"step {scene.index + 1} of {len(scene.steps)} is skipped"


def _need_step(scene: Scene, request: Request) -> None:
    _need_release(scene, request.action)
    if scene.steps_done:
        raise RefusedRequest(f"there is no step to {request.action}: all are done")
    if request.step is None:
        raise RefusedRequest(f"{request.action} needs the step that it is meant for: the release is at {scene.index}")


def _approve(scene: Scene, request: Request) -> tuple[Scene, str]:
    _need_step(scene, request)
    step = f"step {scene.index + 1} of {len(scene.steps)}"
    if scene.steps[scene.index].approval is None:
        raise RefusedRequest(f"{step} waits for no approval: a pause needs promote")
    earlier = approvals.given(scene, scene.index)
    if earlier is not None:
        return scene, f"{step} was approved by {earlier.by} already"
    if why := approvals.refusal(scene, scene.index):
        raise RefusedRequest(why)
    return approvals.give(scene, request.reason), f"{step} is approved"


def _promote_full(scene: Scene, _: Request) -> tuple[Scene, str]:
    if initial.judged(scene):
        return ended_by(scene.facts(promote_full=True), who(scene)), "it is taken as it is"
    _need_release(scene, "promote")
    for index in range(scene.index, len(scene.steps)):
        if why := approvals.refusal(scene, index):
            raise RefusedRequest(f"it would skip the approval of step {index + 1}: {why}")
    promoted = scene.facts(
        current_step_index=len(scene.steps),
        current_step_started_at=scene.now,
        pause_conditions=[],
        promote_full=True,
    )
    return ended_by(promoted, who(scene)), "all steps and analyses are skipped"


def _abort(scene: Scene, request: Request) -> tuple[Scene, str]:
    _need_release(scene, "abort")
    because = f": {request.reason}" if request.reason else ""
    by = scene.world.rollout.requested_by or "a request"
    return ended_by(abort(scene, f"aborted by {by}{because}"), who(scene)), "traffic goes back to the stable version"


def _retry(scene: Scene, _: Request) -> tuple[Scene, str]:
    if initial.refused(scene):
        return scene.facts(attempt=scene.status.attempt + 1), "it is measured again"
    if not scene.status.abort:
        raise RefusedRequest("there is nothing to retry: the release was not aborted")
    return again(scene), "the release begins again at its first step"


def _pause(scene: Scene, _: Request) -> tuple[Scene, str]:
    _need_release(scene, "pause")
    if any(pause.reason is PauseReason.REQUEST for pause in scene.status.pause_conditions):
        return scene, "it is paused already"
    pause = PauseCondition(reason=PauseReason.REQUEST, start_time=scene.now)
    return scene.facts(pause_conditions=[*scene.status.pause_conditions, pause]), "no further step is taken"


def _resume(scene: Scene, _: Request) -> tuple[Scene, str]:
    _need_release(scene, "resume")
    reasons = {pause.reason for pause in scene.status.pause_conditions}
    ended = {PauseReason.REQUEST, PauseReason.INCONCLUSIVE_ANALYSIS, PauseReason.WEBHOOK}
    if not reasons & ended:
        raise RefusedRequest("neither a pause nor an undecided analysis waits for resume; a pause step needs promote")
    facts: dict[str, Any] = {"pause_conditions": _without(scene, *ended)}
    if PauseReason.WEBHOOK in reasons:
        facts["webhook"] = webhook.once_more(scene)
    if PauseReason.INCONCLUSIVE_ANALYSIS in reasons:
        facts["attempt"] = scene.status.attempt + 1
        return scene.facts(**facts), "it is measured again"
    if PauseReason.WEBHOOK in reasons:
        return scene.facts(**facts), "it is called again"
    return scene.facts(**facts), "the steps go on"


def _restart(scene: Scene, _: Request) -> tuple[Scene, str]:
    moment = scene.now.replace(microsecond=0)
    return scene.facts(restart_at=moment), f"pods from before {time_text(moment)} are replaced, few at a time"


ACTIONS: Mapping[str, Callable[[Scene, Request], tuple[Scene, str]]] = {
    "promote": _promote,
    "promoteFull": _promote_full,
    "skipStep": _skip_step,
    "approve": _approve,
    "abort": _abort,
    "retry": _retry,
    "pause": _pause,
    "resume": _resume,
    "restart": _restart,
}
