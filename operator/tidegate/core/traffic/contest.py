"""Two writers of one weight: put right at once while it happens now and then, and slowly when it doesn't end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)
WAR = 5
"""So many corrections within WINDOW are no accident: somebody writes as stubbornly as we do."""
PAUSE = timedelta(minutes=1)
"""Between two corrections in a war."""


def remembered(corrections: Sequence[datetime], now: datetime) -> list[datetime]:
    """The times of the last corrections with one more at `now`, oldest first: as many as decide about a war."""
    return [*corrections, now][-WAR:]


def is_war(corrections: Sequence[datetime], now: datetime) -> bool:
    """Whether somebody else writes the same weights all the time."""
    return len(corrections) >= WAR and now < peace_at(corrections)


def peace_at(corrections: Sequence[datetime]) -> datetime:
    """When a war is over, if nothing has to be corrected until then."""
    return corrections[-WAR] + WINDOW


def may_correct_at(corrections: Sequence[datetime], now: datetime) -> datetime:
    """When the next correction may be written: at once, but in a war."""
    return max(now, corrections[-1] + PAUSE) if is_war(corrections, now) else now


def is_first(corrections: Sequence[datetime], now: datetime) -> bool:
    """Whether there was no correction lately: then one more is news."""
    return not corrections or corrections[-1] + WINDOW <= now
