"""Events: what was said of which object, with as many writes as the operator's recorder makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tidegate.core.actions import Event
from tidegate.core.world import Key
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
    """The first of its reason is a write at once; what comes within the next seconds is one more at their end."""

    def __init__(self, api: ApiServer, clock: Clock, said: list[Said], by: str) -> None:
        self.by = by
        self._said = said
        self._api = api
        self._clock = clock
        self._windows: dict[tuple[Key, str], int] = {}

    def record(self, key: Key, events: Iterable[Event]) -> None:
        """Say something about an object."""
        for event in events:
            self._said.append(Said(self._clock.now, key, event))
            window = (key, event.reason)
            if window in self._windows:
                self._windows[window] += 1
            else:
                self._open(window)
                self._send(key)

    def _open(self, window: tuple[Key, str]) -> None:
        self._windows[window] = 0
        self._clock.after(WINDOW_SECONDS, lambda: self._close(window))

    def _close(self, window: tuple[Key, str]) -> None:
        if self._windows.pop(window):
            self._open(window)
            self._send(window[0])

    def _send(self, key: Key) -> None:
        self._api.calls.append(Call(self.by, "create", "Event", key.name, ""))
