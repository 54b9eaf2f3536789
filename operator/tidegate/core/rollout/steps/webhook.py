"""Step `webhook`: another system is called, and what it says decides.

The call stands in status before it goes out, and what came of it before the next step begins: an operator that dies in
between calls again, with the same key, and never skips a call.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tidegate.api.location import field_path
from tidegate.api.meta import time_text
from tidegate.api.rollout_status import PauseReason, WebhookOutcome, WebhookStatus
from tidegate.api.webhook import OnFailure, Webhook
from tidegate.core.actions import Event
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.rollout import analysis
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Done, Fail, Outcome, Wait
from tidegate.core.rollout.targets import weight_of_steps
from tidegate.core.rollout.weights import percent
from tidegate.core.webhook.call import RETRIES, Facts, build_call, host_of
from tidegate.core.webhook.outcome import WebhookResult

SUCCEEDED, FAILED = WebhookOutcome.SUCCEEDED, WebhookOutcome.FAILED
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=30)


def advance(scene: Scene) -> Outcome:
    """From what stands in status and, while a call is under way, what came of it."""
    asked = scene.steps[scene.index].webhook
    assert asked is not None  # noqa: S101 - the table of steps picked this module by this field
    told = scene.status.webhook
    call = None if told is None or told.step != scene.index else told
    if call is not None and call.outcome is SUCCEEDED:
        return Done(call.finished_at)
    if call is not None and call.outcome is FAILED:
        return _failed(scene, asked, call)
    try:
        return _going(scene, asked, call)
    except AnalysisError as error:
        return Wait("WebhookInvalid", f"{field_path((*scene.strategy.step_paths[scene.index], 'webhook'))}: {error}")


def webhook_facts(scene: Scene) -> Facts:
    """What can be filled in: the arguments of analyses, and where the release is."""
    return {
        **analysis.release_facts(scene).arguments(),
        "canary.images": ", ".join(container.image for container in scene.spec.pods.spec.containers),
        "canary.weight": percent(scene, weight_of_steps(scene)),
        "revision": str(scene.status.current_revision),
        "step": str(scene.index),
    }


def once_more(scene: Scene) -> WebhookStatus | None:
    """The call anew, by another key: the other system must not take it for the one that failed."""
    told = scene.status.webhook
    return told and WebhookStatus(step=told.step, key="", started_at=scene.now, round=told.round + 1)


def _going(scene: Scene, asked: Webhook, told: WebhookStatus | None) -> Wait:
    call = build_call(asked, webhook_facts(scene), told.key if told else "", told.tries if told else 0)
    if told is None or not told.key:
        return _begin(scene, asked, told)
    result = scene.world.webhook
    if result is not None and (result.key, result.tries) == (told.key, told.tries):
        return _take(_said(scene, call.url), asked, told, result)
    if told.next_at is not None and told.next_at > scene.now:
        again = f"; try {told.tries + 1} at {time_text(told.next_at)}"
        return Wait("Webhook", f"{_said(scene, call.url)} {told.message}{again}", until=told.next_at)
    return Wait("Webhook", f"{_said(scene, call.url)} is asked", call=call)


def _begin(scene: Scene, asked: Webhook, told: WebhookStatus | None) -> Wait:
    """Write the call down; it goes out when that is done."""
    begun = told or WebhookStatus(step=scene.index, key="", started_at=scene.now)
    begun = begun.model_copy(update={"key": _key(scene, begun.round)})
    return Wait("Webhook", f"{_said(scene, asked.url)} is asked", facts={"webhook": begun})


def _key(scene: Scene, round_: int) -> str:
    uid, status = scene.world.rollout.meta.uid, scene.status
    again = f"-{round_}" if round_ else ""
    return f"{uid}-{status.current_revision}-{scene.index}-{status.attempt}{again}"


def _take(who: str, asked: Webhook, told: WebhookStatus, result: WebhookResult) -> Wait:
    """Write down what came of a try; what follows from it is decided when it is written."""
    said = f"{who} {result.message}"
    facts: dict[str, Any] = {
        "tries": told.tries + 1,
        "status": result.status,
        "message": result.message,
        "next_at": None,
    }
    retries = RETRIES if asked.retries is None else asked.retries
    if result.again and told.tries < retries:
        facts["next_at"] = result.at + min(LONGEST_PAUSE, FIRST_PAUSE * 2**told.tries)
        return Wait("Webhook", said, facts={"webhook": told.model_copy(update=facts)})
    facts |= {"outcome": SUCCEEDED if result.passed else FAILED, "finished_at": result.at}
    event = Event("WebhookSucceeded", said) if result.passed else Event("WebhookFailed", said, warning=True)
    return Wait("Webhook", said, facts={"webhook": told.model_copy(update=facts)}, events=(event,))


def _failed(scene: Scene, asked: Webhook, told: WebhookStatus) -> Outcome:
    said = f"{_said(scene, asked.url)} {told.message}"
    match asked.on_failure:
        case OnFailure.CONTINUE:
            return Done(told.finished_at)
        case OnFailure.PAUSE:
            name = scene.world.rollout.meta.name
            todo = f"`tidegate resume {name}` calls it again, `tidegate promote {name}` goes on without it"
            return Wait("WebhookFailed", f"{said}; {todo}", pause=PauseReason.WEBHOOK)
    return Fail(said)


def _said(scene: Scene, url: str) -> str:
    return f"webhook of step {scene.index + 1} of {len(scene.steps)}: {host_of(url)}"
