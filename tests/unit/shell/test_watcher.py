"""kopf as a watcher: it tells of every object and writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.unit.observe import raws
from tests.unit.shell.test_connection import kubeconfig
from tests.unit.shell.watched_cluster import Cluster
from tidegate.observe.kinds import REPLICASET, ROLLOUT, SERVICE, Kind
from tidegate.shell.connection import connect
from tidegate.shell.watcher import watch

SERVED = (ROLLOUT, REPLICASET, SERVICE)


class Told:
    """What the watcher told, in order."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[tuple[str, str | None, str]] = asyncio.Queue()

    def __call__(self, kind: Kind, event: str | None, raw: Mapping[str, Any]) -> None:
        self.events.put_nowait((kind.name, event, raw["metadata"]["name"]))

    async def next(self, count: int = 1) -> list[tuple[str, str | None, str]]:
        return sorted([await asyncio.wait_for(self.events.get(), 10) for _ in range(count)], key=str)


@asynccontextmanager
async def watching(
    tmp_path: Path, api: Cluster, namespace: str | None = None
) -> AsyncIterator[tuple[Told, asyncio.Task[None]]]:
    server = await api.start()
    connection = await connect(kubeconfig(tmp_path / "config", str(server.make_url("")), {"token": "t"}))
    told = Told()
    task = asyncio.create_task(watch(connection, SERVED, namespace, told, lambda: None))
    try:
        yield told, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await connection.close()
        await server.close()


async def test_what_is_there_is_listed_and_what_happens_is_told(tmp_path: Path) -> None:
    api = Cluster()
    rollout, service = raws.rollout(), raws.service("web")
    api.there["rollouts"], api.there["services"] = [rollout], [service]
    async with watching(tmp_path, api) as (told, _):
        assert await told.next(2) == [("Rollout", None, "web"), ("Service", None, "web")]
        replicaset = raws.replicaset("web-abc", "abc")
        api.tell(REPLICASET, "ADDED", replicaset)
        assert await told.next() == [("ReplicaSet", "ADDED", "web-abc")]
        api.tell(REPLICASET, "MODIFIED", raws.again(replicaset))
        api.tell(REPLICASET, "DELETED", raws.again(replicaset))
        assert await told.next(2) == [("ReplicaSet", "DELETED", "web-abc"), ("ReplicaSet", "MODIFIED", "web-abc")]


async def test_nothing_is_written_and_no_namespace_or_crd_is_watched(tmp_path: Path) -> None:
    api = Cluster()
    api.there["rollouts"] = [raws.rollout()]
    async with watching(tmp_path, api) as (told, _):
        await told.next()
        api.tell(ROLLOUT, "MODIFIED", raws.rollout(meta={"generation": 2}))
        api.tell(ROLLOUT, "MODIFIED", raws.rollout(meta={"deletionTimestamp": "2026-01-02T03:04:05Z"}))
        await told.next(2)
    assert {method for method, _, _ in api.asked} == {"GET"}
    watched = {path.rpartition("/")[2] for _, path, query in api.asked if query.get("watch")}
    assert watched == {"rollouts", "replicasets", "services"}


async def test_the_server_is_asked_to_select(tmp_path: Path) -> None:
    api = Cluster()
    api.there["services"] = [raws.service("web")]
    async with watching(tmp_path, api) as (told, _):
        await told.next()
        api.tell(REPLICASET, "ADDED", raws.replicaset("web-abc", "abc"))
        await told.next()
    queries = [query for _, path, query in api.asked if path.endswith("/replicasets")]
    assert queries
    assert {query["labelSelector"] for query in queries} == {"tidegate.dev/pod-template-hash"}


async def test_one_namespace_is_all_that_is_asked_for(tmp_path: Path) -> None:
    api = Cluster()
    api.there["services"] = [raws.service("web")]
    async with watching(tmp_path, api, namespace="shop") as (told, _):
        await told.next()
        api.tell(ROLLOUT, "ADDED", raws.rollout())
        await told.next()
    paths = [path for _, path, _ in api.asked if path.endswith(("/rollouts", "/services"))]
    assert paths
    assert all("/namespaces/shop/" in path for path in paths)


async def test_a_kind_that_is_taken_away_ends_the_watch_and_no_task_of_ours(tmp_path: Path) -> None:
    api = Cluster()
    api.there["services"] = [raws.service("web")]
    async with watching(tmp_path, api) as (told, task):
        await told.next()
        later = asyncio.create_task(asyncio.sleep(3600))
        api.tell(ROLLOUT, "ADDED", raws.rollout())
        await told.next()
        api.end(ROLLOUT)
        with pytest.raises(Exception, match=r"404|NotFound"):
            await asyncio.wait_for(asyncio.shield(task), 20)
        assert not later.done()
        later.cancel()
