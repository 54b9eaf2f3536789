"""Workers that take keys from a queue. What goes wrong with one key is tried again later and stops no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from tidegate.core.objects import Key
from tidegate.shell.apply import RefusedError
from tidegate.shell.errors import ApiError, ConflictError
from tidegate.shell.queue import BACKOFF_BASE, Queue, QueueClosedError
from tidegate.shell.telemetry import Telemetry

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds before the first retry of what another look alone will hardly mend."""
Reconcile = Callable[[Key], Awaitable[timedelta | None]]
"""One pass over a key; returns in how long to look again, None when only a change is a reason to."""


class Pool:
    """A bounded number of workers on one queue. They end, each after its key, when the queue is closed."""

    def __init__(self, queue: Queue[Key], reconcile: Reconcile, size: int, telemetry: Telemetry) -> None:
        self._queue = queue
        self._reconcile = reconcile
        self._size = size
        self._telemetry = telemetry
        self._said: dict[Key, str] = {}

    async def run(self) -> None:
        """Work until the queue is closed and what was begun is done."""
        async with asyncio.TaskGroup() as workers:
            for number in range(self._size):
                workers.create_task(self._work(), name=f"worker {number}")

    async def _work(self) -> None:
        while True:
            try:
                key = await self._queue.get()
            except QueueClosedError:
                return
            try:
                await self._pass(key)
            finally:
                self._queue.done(key)

    async def _pass(self, key: Key) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            wait = await self._reconcile(key)
        except ConflictError:
            self._again(key, "Conflict", BACKOFF_BASE)
        except RefusedError:
            # The controller has told its author.
            self._again(key, "Refused", PATIENCE)
        except ApiError as error:
            self._again(key, type(error).__name__.removesuffix("Error"), PATIENCE, error)
        except Exception as error:
            # A defect of one decision: the others go on, and its object is looked at again when it changes.
            self._again(key, "Defect", PATIENCE, error, trace=True)
        else:
            self._went_well(key, wait)
        self._telemetry.timed(key.kind, loop.time() - began)

    def _went_well(self, key: Key, wait: timedelta | None) -> None:
        self._said.pop(key, None)
        self._queue.forget(key)
        if wait is not None:
            self._queue.add_after(key, wait.total_seconds())

    def _again(
        self, key: Key, reason: str, base: float, error: Exception | None = None, *, trace: bool = False
    ) -> None:
        self._telemetry.failed(key.kind, reason)
        seconds = self._queue.add_backoff(key, base)
        said = f"{reason}: {error}"
        if error is None or self._said.get(key) == said:
            # Said once: a server that is down for an hour would fill the log with one line.
            return
        self._said[key] = said
        text = "%s %s/%s: %s; next try in %.1f s, then less often"
        log.error(text, key.kind, key.namespace, key.name, said, seconds, exc_info=trace)
