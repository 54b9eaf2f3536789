"""What people ask for: the annotation `tidegate.dev/request`, answered once in `status.lastRequest`.

A request names the revision and the step that it was meant for. One that comes twice, or late, is refused: nothing is
promoted twice because a client tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import ValidationError

from tidegate.api.rollout_status import LastRequest, RequestOutcome
from tidegate.core.actions import Event
from tidegate.core.rollout.opening import may_move_on, may_start
from tidegate.core.rollout.request_actions import ACTIONS, RefusedRequest, Request, who
from tidegate.core.rollout.revision import content_hash
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait

_GOES_ON: Mapping[str, Callable[[Scene], Wait | None]] = {
    "promote": may_move_on,
    "promoteFull": may_move_on,
    "skipStep": may_move_on,
    "retry": may_start,
}
"""Requests that move a release on: a freeze holds for people too."""


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
    if request.action in _GOES_ON and (wait := _GOES_ON[request.action](scene)):
        raise RefusedRequest(f"{wait.message}; spec.schedule.override lets it go on in spite of that")
    followed, message = ACTIONS[request.action](scene, request)
    return _answered(followed, request, RequestOutcome.DONE, message)


def _answered(scene: Scene, request: Request, outcome: RequestOutcome, message: str) -> Scene:
    by = who(scene)
    answer = LastRequest(
        id=request.id,
        action=request.action,
        outcome=outcome,
        message=message,
        reason=request.reason,
        by=by,
        at=scene.now,
    )
    reason = "RequestDone" if outcome is RequestOutcome.DONE else "RequestRefused"
    because = f" ({request.reason})" if request.reason else ""
    event = Event(
        reason,
        f"{request.action or 'request'} by {by}{because}: {message}",
        warning=outcome is RequestOutcome.REFUSED,
    )
    return scene.facts(event, last_request=answer)
