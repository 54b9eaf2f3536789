"""The span of a range query: `now()`, `now() - duration("5m")` or a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tidegate.api.meta import parse_duration
from tidegate.core.analysis.errors import AnalysisError

_NOW = re.compile(r"""\s*now\(\)\s*(?:([+-])\s*duration\(\s*(["'`])([^"'`]{1,64})\2\s*\)\s*)?""")
_DATE = re.compile(r"""\s*(?:date\(\s*)?(["'`]?)(\d{4}-\d\d-\d\d[^"'`)]{0,40})\1\s*\)?\s*""")


def moment(written: str, now: datetime, where: str) -> datetime:
    """The time that is meant. Raises AnalysisError when it can't be read."""
    if match := _NOW.fullmatch(written):
        return now + _offset(match, where) if match[1] else now
    if match := _DATE.fullmatch(written):
        return _time(match[2], where)
    raise AnalysisError(f'{where}: {written!r} is no time: write now(), now() - duration("5m") or 2026-01-31T12:00:00Z')


def _offset(match: re.Match[str], where: str) -> timedelta:
    try:
        offset = parse_duration(match[3])
    except (ValueError, OverflowError) as error:
        raise AnalysisError(f"{where}: {error}") from None
    return -offset if match[1] == "-" else offset


def _time(written: str, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        raise AnalysisError(f"{where}: {written!r} is no time: write it like 2026-01-31T12:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
