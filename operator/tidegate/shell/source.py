"""Where events come from: the watch over all kinds that the cluster serves, and what a watch alone would miss."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from tidegate.core.objects import Key
from tidegate.observe.kinds import CLUSTER_TEMPLATE, WATCHED, Kind
from tidegate.observe.store import Store
from tidegate.shell.census import FROM_MEMORY, Census, Listings, uid_of
from tidegate.shell.errors import UnavailableError
from tidegate.shell.queue import Priority
from tidegate.shell.tasks import first_of, forever

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1800.0
PROBE_SECONDS = 30.0
SYNC_SECONDS = 2.0
STALL_SECONDS = 30.0
SUSPICION_SECONDS = 2.0
RESTART_SECONDS = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
HEALTHY_SECONDS = 60.0

Wake = Callable[[Iterable[Key], Priority], None]
OnEvent = Callable[[Kind, str | None, Mapping[str, Any]], None]
Watch = Callable[[tuple[Kind, ...], OnEvent], Awaitable[None]]
"""Watches kinds until cancelled; returns or raises when a watch is over for good."""


class StalledError(Exception):
    """The watch has ended, or has missed what a list shows."""


class Source:
    """Keeps the store true. `synced` is set once everything that was there at the start is known."""

    def __init__(
        self, census: Census, store: Store, watch: Watch, wake: Wake, watched: tuple[Kind, ...] = WATCHED
    ) -> None:
        self.census = census
        self.synced = asyncio.Event()
        self._store = store
        self._watch = watch
        self._wake = wake
        self._watched = watched
        self._pending: set[tuple[str, str]] = set()
        self._none_pending = asyncio.Event()
        self._suspicion = asyncio.Event()
        self._true_at: float | None = None

    @property
    def age(self) -> float:
        """Seconds since the store was last known to be true, by an event or by a list; 0 before the first."""
        return 0.0 if self._true_at is None else asyncio.get_running_loop().time() - self._true_at

    async def run(self) -> None:
        """Watch until cancelled, whatever becomes of the API server meanwhile."""
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._watch_until_over()
                continue
            except UnavailableError as error:
                log.warning("the cluster can't be listed: %s", error)
            except Exception as error:
                log.warning("the watch begins again: %s: %s", type(error).__name__, error)
            lasted = asyncio.get_running_loop().time() - began
            failures = 0 if lasted > HEALTHY_SECONDS else min(failures + 1, len(RESTART_SECONDS) - 1)
            await asyncio.sleep(RESTART_SECONDS[failures])

    async def _watch_until_over(self) -> None:
        """Returns when a kind has appeared that was missing; raises when a watch fails or has stalled."""
        listings = await self.census.take(self._watched)
        self._wake(self.census.evict(listings), Priority.LIVE)
        self._expect(listings)
        served = tuple(listings)
        await first_of(
            self._run_watch(served),
            self._sync(served),
            self._sweep_regularly(served),
            self._await_missing(),
        )

    async def _run_watch(self, served: tuple[Kind, ...]) -> None:
        await self._watch(served, self._on_event)
        raise StalledError("the watch has ended")

    def _on_event(self, kind: Kind, event: str | None, raw: Mapping[str, Any]) -> None:
        self._confirm()
        if event is None and self.synced.is_set():
            # A watch that lists anew has had a gap.
            self._suspicion.set()
        woken = self._store.ingest(kind.name, event, raw)
        self._wake(woken, Priority.LISTED if event is None else Priority.LIVE)
        if self._pending:
            self._pending.discard((kind.name, uid_of(raw)))
            self._tell_if_none_pending()

    def _expect(self, listings: Listings) -> None:
        self._pending = self.census.unknown(listings)
        self._none_pending.clear()
        self._tell_if_none_pending()

    def _tell_if_none_pending(self) -> None:
        if not self._pending:
            self._none_pending.set()

    def _confirm(self) -> None:
        self._true_at = asyncio.get_running_loop().time()

    async def _sync(self, served: tuple[Kind, ...]) -> None:
        """Wait until all is known that was listed, and say so."""
        while not self._none_pending.is_set():
            pending = len(self._pending)
            try:
                await asyncio.wait_for(self._none_pending.wait(), SYNC_SECONDS)
            except TimeoutError:
                if len(self._pending) == pending:
                    # What went between the list and the watch will never arrive: see what there is now.
                    self._expect(await self.census.take(served))
        if self.census.complete:
            self.synced.set()
        await forever()

    async def _sweep_regularly(self, served: tuple[Kind, ...]) -> None:
        while True:
            await self._suspicion_or_time()
            await self._sweep(served)

    async def _suspicion_or_time(self) -> None:
        try:
            await asyncio.wait_for(self._suspicion.wait(), SWEEP_SECONDS * (0.9 + 0.2 * random.random()))  # noqa: S311
        except TimeoutError:
            return
        # Let the list that aroused it come to its end.
        await asyncio.sleep(SUSPICION_SECONDS)
        self._suspicion.clear()

    async def _sweep(self, served: tuple[Kind, ...]) -> None:
        """Forget what is gone. Raises StalledError when the watch stays behind what there is."""
        try:
            listings = await self.census.take(served, FROM_MEMORY)
        except UnavailableError as error:
            log.warning("the cluster can't be listed: %s", error)
            return
        self._wake(self.census.evict(listings), Priority.LIVE)
        behind = self.census.behind(listings)
        if behind:
            await asyncio.sleep(STALL_SECONDS)
        for kind, item in behind:
            if self.census.is_behind(kind, item):
                meta = item["metadata"]
                raise StalledError(f"{kind.name} {meta.get('namespace', '')}/{meta['name']} changed and was not seen")
        self._confirm()

    async def _await_missing(self) -> None:
        """End when a kind that was missing is there: the watch then begins again with it."""
        while self.census.missing:
            # An operator of one namespace has no right to ClusterAnalysisTemplates, and need not ask all the time.
            bearable = set(self.census.missing) <= {CLUSTER_TEMPLATE}
            await asyncio.sleep(SWEEP_SECONDS if bearable else PROBE_SECONDS)
            if await self._appeared():
                return
        await forever()

    async def _appeared(self) -> bool:
        try:
            return bool(await self.census.take(tuple(self.census.missing)))
        except UnavailableError:
            return False
