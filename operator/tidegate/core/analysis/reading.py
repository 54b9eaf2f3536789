"""What goes out to a provider and what comes back: the border between deciding and measuring."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time with the distance between two points."""

    start: datetime
    end: datetime
    step: timedelta


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """User name and password."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token for the Authorization header."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrometheusQuery:
    """A query as it goes out, all arguments filled in. `address` None is the operator's default address.

    `secrets` are the values that must never be seen; whoever shows anything of this or of the answer redacts them.
    """

    query: str = field(repr=False)
    address: str | None = field(default=None, repr=False)
    timeout: timedelta = timedelta(seconds=10)
    span: Span | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    credentials: BasicCredentials | BearerToken | None = None
    ca_cert: str | None = field(default=None, repr=False)
    insecure: bool = field(default=False, kw_only=True)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Values:
    """What was measured: a number, or a list of them in the order of the answer."""

    value: float | tuple[float, ...]


class Trouble(StrEnum):
    """Why there is no answer."""

    UNAVAILABLE = "Unavailable"
    """Down, slow, broken or not allowed in: it may be over in a moment, so the release is held until it is."""
    REFUSED = "Refused"
    """The provider or the operator refuses this query: somebody must change the template."""


@dataclass(frozen=True, slots=True)
class ProviderError:
    """No answer, and why, in words for a person; without secrets, at most 200 characters of somebody else's text."""

    trouble: Trouble
    message: str


Reading = Values | ProviderError


@dataclass(frozen=True, slots=True)
class MeasurementResult:
    """A measurement that is over. `metric` is the name of the metric in the run."""

    metric: str
    started_at: datetime
    finished_at: datetime
    reading: Reading
