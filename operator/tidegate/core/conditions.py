"""Kubernetes conditions: what is told of an object, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tidegate.api.meta import Condition, ConditionStatus

Told = tuple[str, bool, str, str]
"""Type, true or false, reason, message."""
MAX_MESSAGE = 1024


def stamp(before: Sequence[Condition], told: Iterable[Told], now: datetime, generation: int) -> list[Condition]:
    """Conditions with their `lastTransitionTime`: now when the status changed, else what it was."""
    old = {condition.type: condition for condition in before}
    return [_stamped(old.get(entry[0]), entry, now, generation) for entry in told]


def _stamped(old: Condition | None, told: Told, now: datetime, generation: int) -> Condition:
    kind, true, reason, message = told
    status = ConditionStatus.TRUE if true else ConditionStatus.FALSE
    since = old.last_transition_time if old is not None and old.status == status else now
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message[:MAX_MESSAGE],
        last_transition_time=since,
        observed_generation=generation,
    )
