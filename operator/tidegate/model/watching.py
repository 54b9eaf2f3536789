"""Lists and watches: how changes get to the operator's store."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tidegate.core.objects import Key
from tidegate.core.world import HASH_LABEL
from tidegate.model.api import ApiServer, Change
from tidegate.model.clock import Clock
from tidegate.model.objects import Raw, uid_of
from tidegate.model.weather import Weather
from tidegate.observe import kinds
from tidegate.observe.store import Store

KINDS = frozenset(kind.name for kind in (*kinds.WATCHED, kinds.CONFIG_MAP, kinds.SECRET))


class Watch:
    """Everything that the operator watches, in one."""

    def __init__(
        self, api: ApiServer, clock: Clock, weather: Weather, store: Store, wake: Callable[[Iterable[Key]], None]
    ) -> None:
        self._api = api
        self._clock = clock
        self._weather = weather
        self._store = store
        self._wake = wake
        self._open = True

    def start(self) -> None:
        """List everything, then be told of every change."""
        for kind in sorted(KINDS):
            self._list(kind)
        self._api.watch(self._note)

    def stop(self) -> None:
        """Nobody listens any more."""
        self._open = False

    def _list(self, kind: str) -> None:
        if not self._open:
            return
        found = [raw for raw in self._api.list(kind) if _selected(raw)]
        for raw in found:
            self._wake(self._store.ingest(kind, None, raw))
        self._wake(self._store.sweep(kind, [uid_of(raw) for raw in found], self._api.version))

    def _note(self, change: Change) -> None:
        kind = change.key.kind
        if not self._open or kind not in KINDS or not _selected(change.raw):
            return
        deliveries = self._weather.deliveries()
        for seconds in deliveries:
            self._clock.after(seconds, lambda: self._deliver(change))
        if not deliveries:
            self._clock.after(self._weather.relist_seconds, lambda: self._list(kind))

    def _deliver(self, change: Change) -> None:
        if self._open:
            self._wake(self._store.ingest(change.key.kind, change.type, change.raw))


def _selected(raw: Raw) -> bool:
    """The label selectors of the watches."""
    labels = raw["metadata"].get("labels") or {}
    match raw["kind"]:
        case kinds.REPLICASET.name:
            return HASH_LABEL in labels
        case kinds.CONFIG_MAP.name:
            return HASH_LABEL not in labels
        case kinds.SECRET.name:
            return labels.get(kinds.READABLE) == "true"
    return True
