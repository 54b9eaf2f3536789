"""What came of a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other system said: an HTTP status and at most 1 MiB."""

    status: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is none, in words for a person that go on after the name of the host, without secrets.

    `passing`: it may be over in a moment, and another try makes sense.
    """

    message: str
    passing: bool = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class WebhookResult:
    """One try that is over. `key` and `tries` say of which call, and how many tries of it were over before."""

    key: str
    tries: int
    at: datetime
    passed: bool = field(kw_only=True)
    again: bool = field(kw_only=True)
    """It failed in a way that may be over in a moment."""
    status: int | None
    message: str
