"""The recorder of Events: what was decided, in words, at the object that it was decided for.

A decision is posted at once; the same words again, within the next seconds, are counted in one write at their end. What
is routine, such as one step after the other, is said together then. Best effort: nothing ever waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tidegate.core.actions import Event
from tidegate.observe.kinds import Kind
from tidegate.shell.client import Client
from tidegate.shell.errors import ApiError
from tidegate.shell.limiter import TokenBucket

log = logging.getLogger(__name__)

EVENTS = Kind("Event", "events.k8s.io", "v1", "events")
CONTROLLER = "tidegate.dev/operator"
WINDOW_SECONDS = 30.0
RATE, BURST = 0.1, 30.0
"""An object that has something to say all the time says it every ten seconds, after a burst of thirty."""
BUCKETS = 1000
BACKLOG = 1000
SENDERS = 4
NOTE_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Regarding:
    """The object that an Event tells of."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str


@dataclass(slots=True)
class _Series:
    """What was said of one object for one reason since the window opened."""

    regarding: Regarding
    first: Event
    name: str
    at: str
    count: int = 1
    told: int = 1
    """How many of `count` were told."""
    notes: list[str] = field(default_factory=list)
    """The words of what is routine."""


@dataclass(frozen=True, slots=True)
class _Write:
    namespace: str
    name: str
    body: dict[str, Any]
    patch: bool


class Recorder:
    """Takes Events and sends them by itself. `run` must be running; `flush` sends what is left."""

    def __init__(self, client: Client, instance: str) -> None:
        self._client = client
        self._instance = instance
        self._series: dict[tuple[str, str], _Series] = {}
        self._buckets: dict[str, TokenBucket] = {}
        self._writes: asyncio.Queue[_Write] = asyncio.Queue(BACKLOG)
        self.dropped = 0

    def record(self, regarding: Regarding, event: Event) -> None:
        """Say something about an object. Never waits."""
        self._series.pop((regarding.uid, event.instead_of), None)
        key = (regarding.uid, event.reason)
        series = self._series.get(key)
        if series is not None and (event.routine or event.message == series.first.message):
            series.count += 1
            series.notes.append(event.message)
            return
        if series is not None:
            self._close(key)
        if self._allowed(regarding.uid):
            self._open(key, regarding, event)

    async def run(self) -> None:
        """Send until it is cancelled."""
        async with asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(self._send_all())

    async def flush(self) -> None:
        """Close every window and wait until all is sent; the caller bounds the time."""
        for key in tuple(self._series):
            self._close(key)
        await self._writes.join()

    def _open(self, key: tuple[str, str], regarding: Regarding, event: Event) -> None:
        name = f"{regarding.name}.{time.time_ns():x}"
        series = _Series(regarding, event, name, _micro_time(), notes=[event.message])
        self._series[key] = series
        if not event.routine:
            self._post(series, event)
        asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._end, key, series)

    def _end(self, key: tuple[str, str], series: _Series) -> None:
        """The window is over; the next one opens while there was something new."""
        if self._series.get(key) is not series:
            return
        again = not series.first.routine and series.count > series.told and self._allowed(series.regarding.uid)
        self._tell(series)
        if again:
            asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._end, key, series)
        else:
            del self._series[key]

    def _close(self, key: tuple[str, str]) -> None:
        self._tell(self._series.pop(key))

    def _tell(self, series: _Series) -> None:
        if series.first.routine:
            words = "; ".join(dict.fromkeys(series.notes))
            self._post(series, replace(series.first, message=words))
        elif series.count > series.told:
            series.told = series.count
            body = {"series": {"count": series.count, "lastObservedTime": _micro_time()}}
            self._put(_Write(series.regarding.namespace, series.name, body, patch=True))

    def _post(self, series: _Series, event: Event) -> None:
        body = self._body(series, event)
        self._put(_Write(series.regarding.namespace, series.name, body, patch=False))

    def _allowed(self, uid: str) -> bool:
        if len(self._buckets) >= BUCKETS:
            # Those that are full are as good as new ones, and most of their objects are gone.
            self._buckets = {known: bucket for known, bucket in self._buckets.items() if not bucket.full}
        bucket = self._buckets.setdefault(uid, TokenBucket(RATE, BURST))
        if bucket.try_take():
            return True
        self.dropped += 1
        return False

    def _put(self, write: _Write) -> None:
        try:
            self._writes.put_nowait(write)
        except asyncio.QueueFull:
            self.dropped += 1

    async def _send_all(self) -> None:
        while True:
            write = await self._writes.get()
            try:
                await self._send(write)
            except ApiError as error:
                self.dropped += 1
                log.warning("an Event was dropped: %s", error)
            finally:
                self._writes.task_done()

    async def _send(self, write: _Write) -> None:
        if write.patch:
            await self._client.merge(EVENTS, write.namespace, write.name, write.body)
        else:
            await self._client.create(EVENTS, write.namespace, write.body)

    def _body(self, series: _Series, event: Event) -> dict[str, Any]:
        regarding = series.regarding
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.name,
            "metadata": {"name": series.name, "namespace": regarding.namespace},
            "eventTime": series.at,
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance[:128],
            "action": event.reason,
            "reason": event.reason,
            "type": "Warning" if event.warning else "Normal",
            "note": event.message[:NOTE_LENGTH],
            "regarding": {
                "apiVersion": regarding.api_version,
                "kind": regarding.kind,
                "namespace": regarding.namespace,
                "name": regarding.name,
                "uid": regarding.uid,
            },
        }


def _micro_time() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
