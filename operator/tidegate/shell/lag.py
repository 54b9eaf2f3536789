"""How long a status that holds no decision may wait, so that many small changes cost one write."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.core.actions import Plan
from tidegate.core.objects import Key


class StatusLag:
    """Since when the status of each object differs from what it should be."""

    def __init__(self) -> None:
        self._since: dict[Key, datetime] = {}

    def wait(self, key: Key, plan: Plan, now: datetime) -> timedelta | None:
        """How much longer the status of `plan` may wait; None when it must be written now, or there is none."""
        if plan.status is None or plan.urgent:
            self.forget(key)
            return None
        left = self._since.setdefault(key, now) + plan.lag - now
        return left if left > timedelta(0) else None

    def forget(self, key: Key) -> None:
        """The status was written, or the object is gone."""
        self._since.pop(key, None)
