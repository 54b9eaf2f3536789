"""When a release may start or move on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field

from tidegate.api.meta import Check, Duration, Model, Rule, Time


def _fires(value: object) -> bool:
    """A cron expression of five fields that comes true at some time."""
    if not isinstance(value, str) or len(value.split()) != 5:
        return False
    try:
        next(CronSim(value, datetime(2024, 1, 1)))  # noqa: DTZ001 - a wall clock anywhere
    except (CronSimError, StopIteration):
        return False
    return True


def _zone(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


Cron = Annotated[
    str,
    Field(max_length=100),
    Check(
        r"self.matches('^ *[^ ]+( +[^ ]+){4} *$')",
        "is no cron expression that ever comes true: write five fields, such as 0 9 * * MON-FRI",
        _fires,
    ),
]
TimeZone = Annotated[
    str,
    Field(max_length=64),
    Check(
        "self.matches('^[A-Za-z0-9_+/-]+$')",
        "is not a time zone: write a name of the IANA database, such as Europe/Berlin",
        _zone,
    ),
]


class Window(Model):
    """A time in which releases may start and move on; it comes again and again."""

    cron: Annotated[Cron, Field(description="When it opens: minute, hour, day, month, weekday in the time zone.")]
    duration: Annotated[Duration, Field(description="How long it is open: seconds, or a text such as 8h.")]


class Freeze(Model):
    """A time in which nothing starts and nothing moves on, also inside a window."""

    from_: Annotated[Time, Field(alias="from", description="When it begins.")]
    to: Annotated[Time, Field(description="When it is over.")]
    reason: Annotated[str, Field(min_length=1, max_length=256, description="Why; told to everybody who waits.")]
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "timestamp(self.from) < timestamp(self.to)",
            "a freeze ends after it has begun: to must lie behind from",
            lambda f: f.from_ < f.to,
            field="to",
        ),
    )


class Override(Model):
    """Lets releases start and move on in spite of windows, freezes and the interval."""

    by: Annotated[str, Field(min_length=1, max_length=128, description="Who answers for it.")]
    reason: Annotated[str, Field(min_length=1, max_length=512, description="Why it can't wait.")]
    until: Annotated[Time, Field(description="When it is over by itself: nobody has to remember to remove it.")]


class Schedule(Model):
    """When a release may start or move on. Going back and an abort never wait."""

    time_zone: Annotated[TimeZone, Field(description="Whose wall clock the windows follow.")] = "UTC"
    windows: Annotated[list[Window], Field(max_length=32, description="Open times. None: always open.")] = []
    freezes: Annotated[list[Freeze], Field(max_length=64, description="Closed times.")] = []
    min_interval_seconds: Annotated[
        int,
        Field(ge=0, description="Least T(D_i): seconds from the end of a release to the start of the next."),
    ] = 0
    override: Annotated[Override | None, Field(description="Lets releases go on for a while in spite of it.")] = None
