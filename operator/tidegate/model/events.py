"""Events: what was said of which object, with as many writes as the operator's recorder makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tidegate.core.actions import Event
from tidegate.core.objects import Key
from tidegate.model.api import ApiServer, Call
from tidegate.model.clock import Clock

WINDOW_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Said:
    """An Event, of whom and when."""

    at: datetime
    key: Key
    event: Event


class Recorder:
    """A decision is a write at once; the same words again are counted in one more; what is routine is told together."""

    def __init__(self, api: ApiServer, clock: Clock, said: list[Said], by: str) -> None:
        self.by = by
        self._said = said
        self._api = api
        self._clock = clock
        self._windows: dict[tuple[Key, str], list[Event]] = {}

    def record(self, key: Key, events: Iterable[Event]) -> None:
        """Say something about an object."""
        for event in events:
            self._forget(key, event.instead_of)
            self._said.append(Said(self._clock.now, key, event))
            window = self._windows.get((key, event.reason))
            if window is not None and (event.routine or event.message == window[0].message):
                window.append(event)
            else:
                self._open(key, event)

    def _forget(self, key: Key, reason: str) -> None:
        untold = self._windows.pop((key, reason), [])
        self._said[:] = [said for said in self._said if all(said.event is not event for event in untold)]

    def _open(self, key: Key, event: Event) -> None:
        told = [event]
        if (key, event.reason) in self._windows:
            self._close(key, self._windows[key, event.reason])
        self._windows[key, event.reason] = told
        if not event.routine:
            self._send(key)
        self._clock.after(WINDOW_SECONDS, lambda: self._close(key, told))

    def _close(self, key: Key, told: list[Event]) -> None:
        if self._windows.get((key, told[0].reason)) is told:
            del self._windows[key, told[0].reason]
            if told[0].routine or len(told) > 1:
                self._send(key)

    def _send(self, key: Key) -> None:
        self._api.calls.append(Call(self.by, "create", "Event", key.name, ""))
