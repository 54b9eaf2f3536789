"""The few calls that the bench makes as administrator; they are not among those that are counted."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from dev.cluster import RunningCluster

Raw = dict[str, Any]


class Kube:
    """JSON in and out at the cluster's API server."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def create(self, collection: str, body: Raw) -> None:
        """POST an object; that it is there already is an error."""
        async with self._session.post(collection, json=body) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"POST {collection}: {await answer.text()}")

    async def patch(self, path: str, patch: Raw) -> None:
        """Merge-patch an object."""
        headers = {"content-type": "application/merge-patch+json"}
        async with self._session.patch(path, data=json.dumps(patch), headers=headers) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"PATCH {path}: {await answer.text()}")

    async def items(self, collection: str) -> list[Raw]:
        """All objects of a collection."""
        async with self._session.get(collection) as answer:
            return list((await answer.json())["items"])

    async def get(self, path: str) -> Raw:
        """One object."""
        async with self._session.get(path) as answer:
            answer.raise_for_status()
            return dict(await answer.json())

    async def wait_all(self, collection: str, good: Callable[[Raw], bool], what: str, seconds: float) -> None:
        """Wait until every object of the collection is good. Raises TimeoutError that names one that isn't."""
        try:
            async with asyncio.timeout(seconds):
                while bad := [raw for raw in await self.items(collection) if not good(raw)]:  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
        except TimeoutError:
            said = json.dumps(bad[0].get("status", {}).get("waitingFor") or bad[0].get("status"))
            raise TimeoutError(
                f"{len(bad)} not {what} after {seconds:.0f} s; {bad[0]['metadata']['name']}: {said}"
            ) from None

    async def watch(self, path: str, name: str) -> AsyncIterator[Raw]:
        """One object, each time it changes, from its present state on."""
        query = {"watch": "1", "fieldSelector": f"metadata.name={name}"}
        async with self._session.get(path, params=query) as answer:
            async for line in answer.content:
                yield json.loads(line)["object"]


@asynccontextmanager
async def connect(cluster: RunningCluster) -> AsyncIterator[Kube]:
    """A Kube with its own session."""
    tls = ssl.create_default_context(cafile=str(cluster.ca_file))
    session = aiohttp.ClientSession(
        cluster.url,
        headers={"authorization": f"Bearer {cluster.admin_token}"},
        connector=aiohttp.TCPConnector(ssl=tls, limit=32),
        timeout=aiohttp.ClientTimeout(total=None),
        read_bufsize=2**20,
    )
    async with session:
        yield Kube(session)


async def in_parallel(calls: Iterable[Any], at_once: int = 16) -> None:
    """Await all, some at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(call: Any) -> None:
        async with gate:
            await call

    await asyncio.gather(*(one(call) for call in calls))
