"""Prometheus, through prometheus-api-client in a bounded pool of threads.

A slow or hostile server holds only the runs that ask it: it gets half of the threads at most, and what lasts longer
than the query's timeout is broken off. Identical queries that are in flight at once are sent once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit
from weakref import WeakValueDictionary

from tidegate.core.analysis.reading import PrometheusQuery, ProviderError, Reading, Trouble
from tidegate.core.analysis.secrets import redact
from tidegate.metrics.answers import no_answer
from tidegate.metrics.guard import Guard

if TYPE_CHECKING:
    from tidegate.metrics.session import Flight

THREADS = 8
MAX_TIMEOUT = timedelta(seconds=60)


class Prometheus:
    """Measures PrometheusQuery. To be used within one event loop.

    `default_address` is asked where a template names none; `allowed_hosts` may be asked wherever they are, also on the
    operator's own machine.
    """

    def __init__(self, default_address: str | None = None, allowed_hosts: Collection[str] = ()) -> None:
        self._default_address = default_address
        self._guard = Guard.of(allowed_hosts)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="prometheus")
        self._free = asyncio.Semaphore(THREADS)
        self._free_of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._under_way: dict[PrometheusQuery, asyncio.Task[Reading]] = {}
        self._flights: set[Flight] = set()

    async def measure(self, query: PrometheusQuery) -> Reading:
        """The answer, or why there is none. Raises nothing but the caller's own cancellation."""
        task = self._under_way.get(query)
        if task is None:
            task = asyncio.create_task(self._measure(query))
            self._under_way[query] = task
            task.add_done_callback(lambda _: self._under_way.pop(query, None))
        # Shielded: others may wait for the same answer.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Break off what is under way and end the threads."""
        for flight in self._flights:
            flight.abort()
        for task in list(self._under_way.values()):
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _measure(self, query: PrometheusQuery) -> Reading:
        address = query.address or self._default_address
        if not address:
            remedy = "write provider.prometheus.address, or start the operator with a default address"
            return ProviderError(Trouble.REFUSED, f"no Prometheus to ask: {remedy}")
        url = _url(address)
        if url is None:
            wrong = redact(address[:200], query.secrets)
            return ProviderError(Trouble.REFUSED, f"address {wrong!r} is no URL: write http://HOST:PORT")
        query = replace(query, timeout=min(query.timeout, MAX_TIMEOUT))
        return _named(await self._turn(query, url), url, query)

    async def _turn(self, query: PrometheusQuery, url: SplitResult) -> Reading:
        """Wait for a free thread, then for the answer, at most as long as the query's timeout."""
        own = self._free_of.setdefault(url.netloc, asyncio.Semaphore(THREADS // 2))
        await own.acquire()
        await self._free.acquire()
        flight = _new_flight()
        self._flights.add(flight)
        work = asyncio.get_running_loop().run_in_executor(self._threads, _call, query, url, self._guard, flight)
        work.add_done_callback(lambda _: self._landed(flight, own))
        done, _ = await asyncio.wait({work}, timeout=query.timeout.total_seconds())
        if done:
            return work.result()
        flight.abort()
        return ProviderError(Trouble.UNAVAILABLE, no_answer(query.timeout))

    def _landed(self, flight: Flight, own: asyncio.Semaphore) -> None:
        """A thread counts as taken until it has really come back, also when nobody waits for it any more."""
        self._flights.discard(flight)
        own.release()
        self._free.release()


def _new_flight() -> Flight:
    # Imported at the first query: requests and its like cost memory that an operator without analyses can spare.
    from tidegate.metrics.session import Flight

    return Flight()


def _call(query: PrometheusQuery, url: SplitResult, guard: Guard, flight: Flight) -> Reading:
    from tidegate.metrics.prometheus_call import call

    return call(query, url.geturl().rstrip("/"), guard, flight)


def _url(address: str) -> SplitResult | None:
    try:
        url = urlsplit(address.strip())
        port_is_number = url.port is None or url.port > 0
    except ValueError:
        return None
    usable = url.scheme in ("http", "https") and url.hostname and port_is_number and not (url.query or url.fragment)
    return url if usable else None


def _named(reading: Reading, url: SplitResult, query: PrometheusQuery) -> Reading:
    """The error with the server's name, without a password that stands in the address."""
    if not isinstance(reading, ProviderError):
        return reading
    shown = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path.rstrip('/')}"
    return replace(reading, message=f"Prometheus at {redact(shown, query.secrets)} {reading.message}")
