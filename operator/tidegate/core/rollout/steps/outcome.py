"""What a step can answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidegate.api.rollout_status import PauseReason
from tidegate.core.actions import Action, Event
from tidegate.core.webhook.call import WebhookCall


@dataclass(frozen=True, slots=True)
class Done:
    """The step is over: the next one may begin in the same pass."""

    at: datetime | None = None
    """When it ended, where that is known: a pause ends on time, whenever the next pass comes. None: now."""
    fleeting: bool = field(default=False, kw_only=True)
    """True of the world as it is, and no longer once the next step changes it."""
    events: tuple[Event, ...] = field(default=(), kw_only=True)
    """What is said when the release goes on."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The step needs something of the world: in one word, and in a sentence for people."""

    reason: str
    message: str
    until: datetime | None = None
    """When it ends by itself."""
    pause: PauseReason | None = None
    """The release stands still for this reason, from now on if it did not before."""
    actions: tuple[Action, ...] = ()
    on_pods: bool = False
    """The wait is for pods: the progress deadline runs."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the step has to remember, by the fields of the status."""
    events: tuple[Event, ...] = ()
    call: WebhookCall | None = None
    """Another system that the step waits for."""


STEP_COMPLETED = "StepCompleted"
TURN = Wait(STEP_COMPLETED, "a step is over, and the next one begins")
"""A step that is over by what the world is like is written down before the next one changes that: after a crash, or in
the next pass, it would be looked at anew and not be over any more."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The release hurts, or can't go on: it is taken back. `cause` is a sentence for people."""

    cause: str


Outcome = Done | Wait | Fail
