"""The whole process: it comes up, says so, and ends in order when it is told to."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.unit.observe import raws
from tests.unit.shell.test_connection import kubeconfig
from tests.unit.shell.watched_cluster import Cluster
from tidegate.observe.kinds import ROLLOUT
from tidegate.shell import main
from tidegate.shell.main import Options


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Process:
    """The operator within this process, over a cluster."""

    def __init__(self, port: int, task: asyncio.Task[None]) -> None:
        self.task = task
        self._url = f"http://127.0.0.1:{port}"

    async def ask(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(self._url + path) as response:
            return response.status, await response.text()

    async def until(self, path: str, status: int) -> str:
        """Ask until the answer has this status."""
        async with asyncio.timeout(10):
            while True:
                try:
                    found, text = await self.ask(path)
                except aiohttp.ClientConnectionError:
                    found, text = 0, ""
                if found == status:
                    return text
                await asyncio.sleep(0.02)


@asynccontextmanager
async def process(tmp_path: Path, cluster: Cluster, port: int) -> AsyncIterator[Process]:
    server = await cluster.start()
    config = kubeconfig(tmp_path / "config", str(server.make_url("")), {"token": "t"})
    options = Options(kubeconfig=config, health_host="127.0.0.1", health_port=port)
    task = asyncio.create_task(main._run(options))
    try:
        yield Process(port, task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.close()


async def test_it_comes_up_and_ends_when_the_kubelet_says_so(tmp_path: Path) -> None:
    cluster = Cluster()
    async with process(tmp_path, cluster, free_port()) as operator:
        assert await operator.until("/readyz", 200) == "caches: ok\n"
        assert (await operator.ask("/livez"))[0] == 200
        assert "tidegate_queue_depth" in (await operator.ask("/metrics"))[1]
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(operator.task, 10)
    assert {method for method, _, _ in cluster.asked} == {"GET"}


async def test_it_is_alive_but_not_ready_while_the_kinds_are_missing_and_says_which(tmp_path: Path) -> None:
    cluster = Cluster()
    cluster.gone.add("rollouts")
    async with process(tmp_path, cluster, free_port()) as operator:
        text = await operator.until("/readyz", 503)
        while "rollouts" not in text:
            text = (await operator.ask("/readyz"))[1]
        assert "the cluster has no rollouts.tidegate.dev" in text
        assert (await operator.ask("/livez"))[0] == 200


async def test_it_can_be_stopped_before_it_was_ready(tmp_path: Path) -> None:
    cluster = Cluster()
    cluster.gone.add("rollouts")
    async with process(tmp_path, cluster, free_port()) as operator:
        await operator.until("/livez", 200)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(operator.task, 10)


async def test_nobody_writes_before_everything_is_known(tmp_path: Path) -> None:
    cluster = Cluster()
    cluster.gone.add("trafficsplits")
    cluster.there["rollouts"] = [raws.rollout()]
    async with process(tmp_path, cluster, free_port()) as operator:
        await operator.until("/livez", 200)
        await asyncio.wait_for(cluster.watched["rollouts"].wait(), 10)
        cluster.tell(ROLLOUT, "MODIFIED", raws.rollout(meta={"generation": 2}))
        await operator.until("/readyz", 503)
    assert {method for method, _, _ in cluster.asked} == {"GET"}


async def test_a_port_that_is_taken_is_an_error_at_once(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    async with process(tmp_path, Cluster(), port) as operator:
        with pytest.raises(OSError, match="address already in use"):
            await asyncio.wait_for(operator.task, 10)
    taken.close()
