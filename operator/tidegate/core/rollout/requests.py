"""What people ask for: the annotation `tidegate.dev/request`, answered once in `status.lastRequest`.

A request names the revision and the step that it was meant for. One that comes twice, or late, is refused: nothing is
promoted twice because a client tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from tidegate.api.rollout_status import LastRequest, PauseCondition, PauseReason, RequestOutcome
from tidegate.core.actions import Event
from tidegate.core.rollout import analysis, approvals, steps
from tidegate.core.rollout.abort import abort
from tidegate.core.rollout.release import again, ended_by
from tidegate.core.rollout.revision import content_hash
from tidegate.core.rollout.scene import Scene
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


def answer(scene: Scene) -> Scene:
    """Follow the request that stands in the annotation, unless it was answered before."""
    text = scene.world.rollout.request
    last = scene.status.last_request
    if text is None:
        return scene
    try:
        request = Request.model_validate_json(text)
    except ValidationError as error:
        return _unreadable(scene, text, error)
    if last is not None and last.id == request.id:
        return scene
    try:
        return _follow(scene, request)
    except RefusedRequest as refusal:
        return _answered(scene, request, RequestOutcome.REFUSED, str(refusal))


def _unreadable(scene: Scene, text: str, error: ValidationError) -> Scene:
    request = Request(id=f"unreadable-{content_hash(text)}", action="", revision=0)
    if scene.status.last_request is not None and scene.status.last_request.id == request.id:
        return scene
    first = error.errors(include_url=False)[0]
    # A field that nobody knows is named by its writer, at any length.
    where = ".".join(str(part) for part in first["loc"])[:100] or "the JSON"
    message = f"annotation tidegate.dev/request can't be read: {where}: {first['msg']}"
    return _answered(scene, request, RequestOutcome.REFUSED, message)


def _follow(scene: Scene, request: Request) -> Scene:
    if request.action not in ACTIONS:
        raise RefusedRequest(f"action {request.action!r} is not known: use one of {', '.join(sorted(ACTIONS))}")
    if request.revision != scene.status.current_revision:
        raise RefusedRequest(
            f"it was meant for revision {request.revision}, and revision {scene.status.current_revision} is on its way"
        )
    if request.step is not None and request.step != scene.index:
        raise RefusedRequest(f"it was meant for step {request.step}, and the release is at step {scene.index}")
    followed, message = ACTIONS[request.action](scene, request)
    return _answered(followed, request, RequestOutcome.DONE, message)


def _who(scene: Scene) -> str:
    """Who asked. A name that nothing proves is told as what it is."""
    by = scene.world.rollout.requested_by
    if not by:
        return "unknown"
    return by if scene.world.names_proven else f"{by} (claimed)"


def _answered(scene: Scene, request: Request, outcome: RequestOutcome, message: str) -> Scene:
    who = _who(scene)
    answer = LastRequest(id=request.id, action=request.action, outcome=outcome, message=message, by=who, at=scene.now)
    reason = "RequestDone" if outcome is RequestOutcome.DONE else "RequestRefused"
    because = f" ({request.reason})" if request.reason else ""
    event = Event(
        reason,
        f"{request.action or 'request'} by {who}{because}: {message}",
        warning=outcome is RequestOutcome.REFUSED,
    )
    return scene.facts(event, last_request=answer)


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
    passed = PauseReason.CANARY_PAUSE_STEP in reasons or (undecided and _step_undecided(scene))
    if not passed and not undecided:
        _need_no_approval(scene)
        raise RefusedRequest(
            "no step waits for a person now; use promoteFull to skip all steps (tidegate promote --full)"
        )
    promoted = scene.facts(
        current_step_index=scene.index + passed,
        current_step_started_at=scene.now,
        pause_conditions=_without(scene, PauseReason.CANARY_PAUSE_STEP, PauseReason.INCONCLUSIVE_ANALYSIS),
        # An undecided background analysis begins anew: going on is no reason to look no more.
        attempt=scene.status.attempt + undecided,
    )
    return (
        promoted,
        f"step {scene.index + 1} of {len(scene.steps)} is passed" if passed else "the steps go on",
    )


def _step_undecided(scene: Scene) -> bool:
    run = analysis.find(scene, RunRole.STEP)
    return run is not None and analysis.verdict(run) is analysis.Verdict.UNDECIDED


def _need_no_approval(scene: Scene) -> None:
    if not scene.steps_done and scene.steps[scene.index].approval is not None:
        raise RefusedRequest(f"step {scene.index + 1} waits for an approval: use approve (tidegate approve)")


def _skip_step(scene: Scene, request: Request) -> tuple[Scene, str]:
    _need_step(scene, request)
    _need_no_approval(scene)
    # What a person paused, and a background analysis that can't decide, still hold the release.
    over = {*steps.PAUSES, *([PauseReason.INCONCLUSIVE_ANALYSIS] if _step_undecided(scene) else [])}
    skipped = scene.facts(
        current_step_index=scene.index + 1,
        current_step_started_at=scene.now,
        pause_conditions=_without(scene, *over),
    )
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
    return ended_by(promoted, _who(scene)), "all steps and analyses are skipped"


def _abort(scene: Scene, request: Request) -> tuple[Scene, str]:
    _need_release(scene, "abort")
    because = f": {request.reason}" if request.reason else ""
    by = scene.world.rollout.requested_by or "a request"
    return ended_by(abort(scene, f"aborted by {by}{because}"), _who(scene)), "traffic goes back to the stable version"


def _retry(scene: Scene, _: Request) -> tuple[Scene, str]:
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
    ended = {PauseReason.REQUEST, PauseReason.INCONCLUSIVE_ANALYSIS}
    if not reasons & ended:
        raise RefusedRequest("neither a pause nor an undecided analysis waits for resume; a pause step needs promote")
    facts: dict[str, Any] = {"pause_conditions": _without(scene, *ended)}
    if PauseReason.INCONCLUSIVE_ANALYSIS in reasons:
        facts["attempt"] = scene.status.attempt + 1
        return scene.facts(**facts), "it is measured again"
    return scene.facts(**facts), "the steps go on"


ACTIONS: Mapping[str, Callable[[Scene, Request], tuple[Scene, str]]] = {
    "promote": _promote,
    "promoteFull": _promote_full,
    "skipStep": _skip_step,
    "approve": _approve,
    "abort": _abort,
    "retry": _retry,
    "pause": _pause,
    "resume": _resume,
}
