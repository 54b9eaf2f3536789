"""The source: when everything is known, what a watch missed, kinds that come later. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import cast

import pytest

from tests.unit.observe import raws
from tests.unit.observe.raws import NAMESPACE, Raw
from tidegate.core.objects import Key
from tidegate.observe.kinds import CLUSTER_TEMPLATE, HTTPROUTE, REPLICASET, ROLLOUT, WATCHED, Kind
from tidegate.observe.store import Store
from tidegate.shell.census import Census
from tidegate.shell.client import Client, Listing
from tidegate.shell.errors import ForbiddenError, NotFoundError, UnavailableError
from tidegate.shell.queue import Priority
from tidegate.shell.source import PROBE_SECONDS, STALL_SECONDS, SWEEP_SECONDS, OnEvent, Source

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

WEB = Key("Rollout", NAMESPACE, "web")


class Cluster:
    """A cluster that is listed and watched: what `there` holds is listed, what is told is told."""

    def __init__(self, *there: Raw) -> None:
        self.there = list(there)
        self.version = 5000
        self.lists: list[tuple[str, str]] = []
        self.errors: dict[Kind, Exception] = {}
        self.watched: list[tuple[Kind, ...]] = []
        self.quiet = False
        self.swept = asyncio.Event()
        self._tell: OnEvent | None = None
        self._broken = asyncio.Event()

    async def list_metadata(self, kind: Kind, namespace: str | None, resource_version: str) -> Listing:
        self.lists.append((kind.name, resource_version))
        if resource_version == "0":
            self.swept.set()
        if kind in self.errors:
            raise self.errors[kind]
        items = tuple({"metadata": raw["metadata"]} for raw in self.there if raw["kind"] == kind.name)
        return Listing(str(self.version), items)

    async def watch(self, served: tuple[Kind, ...], on_event: OnEvent) -> None:
        """List, then wait until it breaks."""
        self.watched.append(served)
        self._tell = on_event
        self._broken.clear()
        for raw in () if self.quiet else tuple(self.there):
            self.tell(raw, None)
        await self._broken.wait()
        raise ConnectionError("the watch broke")

    def tell(self, raw: Raw, event: str | None = "MODIFIED") -> None:
        """Tell the watcher of an object."""
        assert self._tell is not None
        kind = next(kind for kind in WATCHED if kind.name == raw["kind"])
        self._tell(kind, event, raw)

    def break_watch(self) -> None:
        """End the watch as a lost connection does."""
        self._broken.set()

    def sweeps(self) -> int:
        """How often Rollouts were listed from memory."""
        return self.lists.count(("Rollout", "0"))


class Running:
    """A source that runs over a cluster, its store, and what it woke."""

    def __init__(self, cluster: Cluster, namespace: str | None) -> None:
        self.store = Store()
        self.woken: list[tuple[Key, Priority]] = []
        self.source = Source(Census(cast(Client, cluster), self.store, namespace), self.store, cluster.watch, self.wake)

    def wake(self, keys: Iterable[Key], priority: Priority) -> None:
        self.woken.extend((key, priority) for key in keys)

    def names(self, kind: Kind) -> list[str]:
        return [key.name for key in self.store.keys(kind.name)]


@asynccontextmanager
async def running(cluster: Cluster, namespace: str | None = None) -> AsyncIterator[Running]:
    found = Running(cluster, namespace)
    task = asyncio.create_task(found.source.run())
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def synced(found: Running) -> None:
    await asyncio.wait_for(found.source.synced.wait(), 60)


async def test_an_empty_cluster_is_known_at_once(looptime: float) -> None:
    async with running(Cluster()) as found:
        await synced(found)
        assert looptime == 0


async def test_all_is_known_when_everything_that_was_listed_has_arrived() -> None:
    cluster = Cluster(raws.rollout(), raws.replicaset("web-abc", "abc"))
    cluster.quiet = True
    async with running(cluster) as found:
        await asyncio.sleep(1)
        assert not found.source.synced.is_set()
        cluster.tell(cluster.there[0], None)
        await asyncio.sleep(0)
        assert not found.source.synced.is_set()
        cluster.tell(cluster.there[1], None)
        await synced(found)


async def test_what_went_between_the_list_and_the_watch_is_not_waited_for() -> None:
    cluster = Cluster(raws.rollout(), raws.rollout("short-lived"))
    cluster.quiet = True
    async with running(cluster) as found:
        await asyncio.sleep(0.1)
        cluster.tell(cluster.there[0], None)
        del cluster.there[1]
        await synced(found)


async def test_a_cluster_that_takes_long_to_arrive_is_not_listed_again_and_again() -> None:
    cluster = Cluster(*(raws.rollout(f"r{number}") for number in range(20)))
    cluster.quiet = True
    async with running(cluster) as found:
        for raw in cluster.there:
            await asyncio.sleep(2)
            cluster.tell(raw, None)
        await synced(found)
        assert cluster.lists.count(("Rollout", "")) == 1


async def test_what_is_listed_waits_behind_what_changes() -> None:
    cluster = Cluster(raws.rollout())
    async with running(cluster) as found:
        await synced(found)
        cluster.tell(raws.again(cluster.there[0], meta={"generation": 2}))
        assert found.woken == [(WEB, Priority.LISTED), (WEB, Priority.LIVE)]


async def test_a_ghost_that_the_watch_never_told_the_end_of_is_swept_away() -> None:
    cluster = Cluster(raws.rollout(), raws.replicaset("web-abc", "abc"))
    async with running(cluster) as found:
        await synced(found)
        found.woken.clear()
        del cluster.there[1]
        await asyncio.sleep(1.2 * SWEEP_SECONDS)
        assert found.names(REPLICASET) == []
        assert found.woken == [(WEB, Priority.LIVE)]


async def test_a_watch_that_lists_anew_has_had_a_gap_and_is_swept_soon() -> None:
    cluster = Cluster(raws.rollout(), raws.replicaset("web-abc", "abc"))
    async with running(cluster) as found:
        await synced(found)
        del cluster.there[1]
        cluster.tell(cluster.there[0], None)
        await asyncio.sleep(5)
        assert found.names(REPLICASET) == []


async def test_a_cluster_at_rest_is_asked_about_twice_an_hour() -> None:
    cluster = Cluster(raws.rollout())
    async with running(cluster) as found:
        await synced(found)
        await asyncio.sleep(3 * 3600)
        assert 5 <= cluster.sweeps() <= 7
        assert found.source.age <= 1.1 * SWEEP_SECONDS
        assert len(cluster.watched) == 1


async def test_a_sweep_that_fails_is_tried_again_and_ends_no_watch() -> None:
    cluster = Cluster(raws.rollout())
    async with running(cluster) as found:
        await synced(found)
        cluster.errors[ROLLOUT] = UnavailableError("away")
        await asyncio.sleep(3 * SWEEP_SECONDS)
        assert found.names(ROLLOUT) == ["web"]
        assert len(cluster.watched) == 1
        assert found.source.age > 2 * SWEEP_SECONDS


async def test_a_watch_that_stays_behind_the_list_begins_again() -> None:
    cluster = Cluster(raws.rollout())
    async with running(cluster) as found:
        await synced(found)
        cluster.there[0] = raws.again(cluster.there[0], version=5001, spec={"replicas": 0})
        cluster.version = 5002
        await asyncio.sleep(1.2 * SWEEP_SECONDS + STALL_SECONDS)
        assert len(cluster.watched) == 2
        meta = found.store.meta(WEB)
        assert meta is not None
        assert meta.resource_version == "5001"


async def test_a_watch_that_is_a_little_late_is_left_alone() -> None:
    cluster = Cluster(raws.rollout())
    async with running(cluster) as found:
        await synced(found)
        later = raws.again(cluster.there[0], version=5001)
        cluster.there[0] = later
        await cluster.swept.wait()
        cluster.tell(later)
        await asyncio.sleep(2 * STALL_SECONDS)
        assert len(cluster.watched) == 1


async def test_a_watch_that_breaks_begins_again_and_what_went_meanwhile_is_forgotten() -> None:
    cluster = Cluster(raws.rollout(), raws.rollout("api"))
    async with running(cluster) as found:
        await synced(found)
        await asyncio.sleep(100)
        del cluster.there[1]
        cluster.break_watch()
        await asyncio.sleep(1)
        assert len(cluster.watched) == 2
        assert found.names(ROLLOUT) == ["web"]


async def test_a_watch_that_breaks_again_and_again_is_not_begun_in_a_tight_loop() -> None:
    cluster = Cluster()
    async with running(cluster) as found:
        await synced(found)
        for _ in range(300):
            cluster.break_watch()
            await asyncio.sleep(1)
        assert len(cluster.watched) < 20


async def test_an_api_server_that_is_away_at_the_start_is_waited_for() -> None:
    cluster = Cluster(raws.rollout())
    cluster.errors[ROLLOUT] = UnavailableError("away")
    async with running(cluster) as found:
        await asyncio.sleep(300)
        assert not found.source.synced.is_set()
        del cluster.errors[ROLLOUT]
        await synced(found)


async def test_without_the_gateway_api_the_operator_is_ready_and_takes_it_up_when_it_comes() -> None:
    cluster = Cluster(raws.rollout())
    cluster.errors[HTTPROUTE] = NotFoundError("404")
    async with running(cluster) as found:
        await synced(found)
        assert HTTPROUTE not in cluster.watched[-1]
        assert "httproutes.gateway.networking.k8s.io" in found.source.census.missing[HTTPROUTE]
        cluster.there.append(raws.route())
        del cluster.errors[HTTPROUTE]
        await asyncio.sleep(PROBE_SECONDS + 1)
        assert HTTPROUTE in cluster.watched[-1]
        assert found.names(HTTPROUTE) == ["web"]
        assert found.source.census.missing == {}


async def test_without_our_own_kinds_the_operator_is_not_ready_until_they_are_there() -> None:
    cluster = Cluster()
    cluster.errors[ROLLOUT] = NotFoundError("404")
    async with running(cluster) as found:
        await asyncio.sleep(600)
        assert not found.source.synced.is_set()
        assert ROLLOUT in found.source.census.missing
        del cluster.errors[ROLLOUT]
        await synced(found)


async def test_an_operator_of_one_namespace_does_not_ask_all_the_time_for_what_it_may_not_see() -> None:
    cluster = Cluster()
    cluster.errors[CLUSTER_TEMPLATE] = ForbiddenError("no")
    async with running(cluster) as found:
        await synced(found)
        await asyncio.sleep(3600)
        assert [name for name, _ in cluster.lists].count("ClusterAnalysisTemplate") <= 8


async def test_an_operator_of_one_namespace_sweeps_what_lives_in_none_too() -> None:
    cluster = Cluster(raws.template("everybodys", cluster=True))
    async with running(cluster, NAMESPACE) as found:
        await synced(found)
        assert found.names(CLUSTER_TEMPLATE) == ["everybodys"]
        cluster.there.clear()
        await asyncio.sleep(1.2 * SWEEP_SECONDS)
        assert found.names(CLUSTER_TEMPLATE) == []


async def test_a_kind_that_is_taken_away_does_not_stop_the_others() -> None:
    cluster = Cluster(raws.rollout())
    async with running(cluster) as found:
        await synced(found)
        cluster.errors[HTTPROUTE] = NotFoundError("404")
        await asyncio.sleep(100)
        cluster.break_watch()
        await asyncio.sleep(5)
        assert HTTPROUTE not in cluster.watched[-1]
        assert ROLLOUT in cluster.watched[-1]
