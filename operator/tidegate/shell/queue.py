"""The queue of keys, with the semantics of client-go's workqueue.

A key is in it once, however often it was added. A key that is added while it is worked on comes again when that is
done, so no key is ever worked on twice at the same time and no change is ever lost. What somebody waits for goes
before what was only listed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

BACKOFF_BASE = 0.005
BACKOFF_LIMIT = 60.0


class Priority(IntEnum):
    """Why a key is in the queue; the smaller number goes first."""

    LIVE = 0
    """Something changed, somebody may be waiting."""
    TIMER = 1
    """Its time has come."""
    LISTED = 2
    """It was only listed: at the start there are thousands of these."""


class QueueClosedError(Exception):
    """The queue gives out nothing any more: the worker should end."""


@dataclass(frozen=True, slots=True)
class _Timer:
    at: float
    handle: asyncio.TimerHandle


class Queue(Generic[K]):
    """Keys to work on. Belongs to one event loop; times are those of its clock, in seconds."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        """`jitter` gives a number in [0, 1), for the spread of retries."""
        self._jitter = jitter
        self._waiting: tuple[dict[K, float], ...] = tuple({} for _ in Priority)
        self._active: set[K] = set()
        self._dirty: dict[K, Priority] = {}
        self._timers: dict[K, _Timer] = {}
        self._failures: dict[K, int] = {}
        self._ready = asyncio.Semaphore(0)
        self._closed = False

    def add(self, key: K, priority: Priority = Priority.LIVE) -> None:
        """Have a key worked on as soon as a worker is free."""
        if self._closed:
            return
        if key in self._active:
            self._dirty[key] = min(priority, self._dirty.get(key, priority))
            return
        queued = self._priority_of(key)
        if queued is None:
            self._waiting[priority][key] = self._now()
            self._ready.release()
        elif priority < queued:
            self._waiting[priority][key] = self._waiting[queued].pop(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Have a key worked on in some time. When that was asked for before, the earlier time holds."""
        at = self._now() + max(0.0, seconds)
        timer = self._timers.get(key)
        if self._closed or (timer and timer.at <= at):
            return
        self._cancel_timer(key)
        handle = asyncio.get_running_loop().call_at(at, self._fire, key)
        self._timers[key] = _Timer(at, handle)

    def add_backoff(self, key: K, base: float = BACKOFF_BASE) -> float:
        """Have a key worked on again after a failure: each in a row waits twice as long, beginning with `base`.

        Returns the seconds.
        """
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        # Half of the time is left to chance: keys that failed together should not come back together.
        seconds = min(BACKOFF_LIMIT, base * 2.0 ** min(failures, 32)) * (0.5 + 0.5 * self._jitter())
        self.add_after(key, seconds)
        return seconds

    def forget(self, key: K) -> None:
        """The key went well: its next failure is a first one."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """The next key, whose `done` the caller then owes. Raises QueueClosedError when the queue is closed."""
        await self._ready.acquire()
        if self._closed:
            self._ready.release()
            raise QueueClosedError
        key = self._take()
        self._active.add(key)
        # Whoever works on the key reckons its times anew.
        self._cancel_timer(key)
        return key

    def done(self, key: K) -> None:
        """The work on a key has ended, well or not."""
        self._active.discard(key)
        priority = self._dirty.pop(key, None)
        if priority is not None:
            self.add(key, priority)

    def close(self) -> None:
        """Give out nothing any more, and wake all that wait. Nothing is lost: a restart works on every key."""
        self._closed = True
        for key in tuple(self._timers):
            self._cancel_timer(key)
        for level in self._waiting:
            level.clear()
        self._ready.release()

    def __len__(self) -> int:
        """How many keys wait for a worker."""
        return sum(len(level) for level in self._waiting)

    @property
    def age(self) -> float:
        """How long the key that has waited longest has waited, in seconds; 0 when none does."""
        since = [time for level in self._waiting for time in level.values()]
        return self._now() - min(since) if since else 0.0

    def _take(self) -> K:
        level = next(level for level in self._waiting if level)
        key = next(iter(level))
        del level[key]
        return key

    def _fire(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key, Priority.TIMER)

    def _cancel_timer(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer:
            timer.handle.cancel()

    def _priority_of(self, key: K) -> Priority | None:
        return next((priority for priority in Priority if key in self._waiting[priority]), None)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
