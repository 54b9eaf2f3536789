"""The queue of the operator in virtual time: a key is worked on once at a time, again when it was woken meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from tidegate.core.objects import Key
from tidegate.model.apply import ConflictError, RefusedError, UnavailableError
from tidegate.model.clock import Clock
from tidegate.model.weather import Weather

PASS_SECONDS = 0.001
FIRST_RETRY, LONGEST_RETRY = 0.02, 5.0
Steps = Iterator[None]
"""One pass over one object; every `yield` is a request on its way to the API server."""


class Loop:
    """Runs passes. After `stop` it does nothing any more, whatever was under way."""

    def __init__(self, clock: Clock, weather: Weather, work: Callable[[Key], Steps]) -> None:
        self.running = True
        self._clock = clock
        self._weather = weather
        self._work = work
        self._active: set[Key] = set()
        self._dirty: set[Key] = set()
        self._alarms: dict[Key, datetime] = {}
        self._retries: dict[Key, float] = {}

    def stop(self) -> None:
        """The process is gone."""
        self.running = False

    def wake(self, keys: Iterable[Key]) -> None:
        """Look at these again."""
        # A set has no order that two runs of the same example would share.
        for key in sorted(keys, key=lambda key: (key.kind, key.namespace, key.name)):
            self._enqueue(key)

    def wake_at(self, key: Key, when: datetime | None) -> None:
        """Look at it again at a moment, if it is not looked at by then anyway."""
        if when is not None and (key not in self._alarms or when < self._alarms[key]):
            self._alarms[key] = when
            self._clock.at(when, lambda: self._ring(key, when))

    def _ring(self, key: Key, when: datetime) -> None:
        if self._alarms.get(key) == when:
            del self._alarms[key]
            self._enqueue(key)

    def _enqueue(self, key: Key) -> None:
        if key in self._active:
            self._dirty.add(key)
        elif self.running:
            self._active.add(key)
            self._clock.after(PASS_SECONDS, lambda: self._begin(key))

    def _begin(self, key: Key) -> None:
        self._dirty.discard(key)
        self._go_on(key, self._work(key))

    def _go_on(self, key: Key, steps: Steps) -> None:
        if not self.running:
            return
        try:
            next(steps)
        except StopIteration:
            self._retries.pop(key, None)
            self._end(key)
        except (ConflictError, RefusedError, UnavailableError):
            self._retry(key)
            self._end(key)
        else:
            self._clock.after(self._weather.write_seconds, lambda: self._go_on(key, steps))

    def _end(self, key: Key) -> None:
        self._active.discard(key)
        if key in self._dirty:
            self._enqueue(key)

    def _retry(self, key: Key) -> None:
        wait = self._retries.get(key, FIRST_RETRY)
        self._retries[key] = min(LONGEST_RETRY, 2 * wait)
        self._clock.after(wait, lambda: self._enqueue(key))
