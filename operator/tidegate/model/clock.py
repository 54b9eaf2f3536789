"""Virtual time: what is due happens in order, at once, and nothing happens in between."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2030, 1, 1, tzinfo=UTC)
Action = Callable[[], None]


class Clock:
    """A queue of what is going to happen. Two things that are due at the same moment happen in the order of asking."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start
        self._start = start
        self._due: list[tuple[datetime, int, Action]] = []
        self._order = count()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return (self.now - self._start).total_seconds()

    @property
    def next_at(self) -> datetime | None:
        """When something is due next; None when nothing ever is."""
        return self._due[0][0] if self._due else None

    def after(self, seconds: float, action: Action) -> None:
        """Do something in so many seconds."""
        self.at(self.now + timedelta(seconds=seconds), action)

    def at(self, when: datetime, action: Action) -> None:
        """Do something at a moment; at once when that is over."""
        heapq.heappush(self._due, (max(when, self.now), next(self._order), action))

    def step(self) -> None:
        """Go to the next moment at which something is due, and do it. Raises IndexError when nothing is."""
        self.now, _, action = heapq.heappop(self._due)
        action()

    def sleep_until(self, when: datetime) -> None:
        """Let the time pass in which nothing is due."""
        self.now = max(self.now, when)
