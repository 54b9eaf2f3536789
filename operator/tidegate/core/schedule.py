"""Is it open now, and when will it be: windows by cron in a time zone, less the freezes.

A window follows the wall clock as cron does, over a change of summer time too: one that opens in the hour that is left
out opens right after it, one in the hour that comes twice opens the first time. How long it is open is elapsed time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from tidegate.api.schedule import Freeze, Schedule, Window

_TRIES = 1000
"""Windows and freezes that are passed over in the search for an opening."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Why it is closed, and when it opens; None: not in sight."""

    freeze: Freeze | None
    until: datetime | None


def closed(schedule: Schedule, at: datetime) -> Closed | None:
    """None when releases may start and move on at that moment."""
    freeze = _freeze(schedule, at)
    if freeze is None and _open(schedule, at):
        return None
    return Closed(freeze, next_opening(schedule, at))


def next_opening(schedule: Schedule, since: datetime) -> datetime | None:
    """The first moment from then on at which it is open; None when there is none in sight."""
    at: datetime | None = since
    for _ in range(_TRIES):
        # The last year of the calendar is how people write "for ever", and no clock can be put beyond it.
        if at is None or at.year == MAXYEAR:
            return None
        freeze = _freeze(schedule, at)
        if freeze is None and _open(schedule, at):
            return at
        at = freeze.to if freeze else min(_next_fires(schedule, at), default=None)
    return None


def local_text(schedule: Schedule, at: datetime) -> str:
    """A moment on the schedule's wall clock."""
    return f"{at.astimezone(ZoneInfo(schedule.time_zone)):%a %Y-%m-%d %H:%M %Z}"


def _freeze(schedule: Schedule, at: datetime) -> Freeze | None:
    return next((freeze for freeze in schedule.freezes if freeze.from_ <= at < freeze.to), None)


def _open(schedule: Schedule, at: datetime) -> bool:
    zone = ZoneInfo(schedule.time_zone)
    return not schedule.windows or any(_is_open(window, zone, at) for window in schedule.windows)


def _is_open(window: Window, zone: ZoneInfo, at: datetime) -> bool:
    opened = next(_fires(window, zone, at - window.duration), None)
    return opened is not None and opened <= at


def _next_fires(schedule: Schedule, at: datetime) -> Iterator[datetime]:
    zone = ZoneInfo(schedule.time_zone)
    for window in schedule.windows:
        yield from [fire for fire in [next(_fires(window, zone, at), None)] if fire is not None]


def _fires(window: Window, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The moments after that one at which the window opens. In UTC: on one wall clock, Python compares the hands."""
    for fire in CronSim(window.cron, after.astimezone(zone)):
        moment = fire.astimezone(UTC)
        # In the hour that comes twice the wall clock alone does not tell which of the two it is.
        if moment > after:
            yield moment
