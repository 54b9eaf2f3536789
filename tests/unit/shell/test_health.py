"""What the kubelet and Prometheus get to hear."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry, Gauge

from tidegate.shell.health import LoopLag, application


async def ask(path: str, problem: str = "") -> tuple[int, str]:
    registry = CollectorRegistry()
    Gauge("answer", "The answer.", registry=registry).set(42)
    app = application({"loop": lambda: ""}, {"caches": lambda: problem, "rest": lambda: ""}, registry)
    async with TestClient(TestServer(app)) as client:
        response = await client.get(path)
        return response.status, await response.text()


async def test_all_is_well() -> None:
    assert await ask("/livez") == (200, "loop: ok\n")
    assert await ask("/readyz") == (200, "caches: ok\nrest: ok\n")


async def test_what_is_wrong_is_said_beside_what_is_well() -> None:
    assert await ask("/readyz", "listing") == (503, "caches: listing\nrest: ok\n")


async def test_not_being_ready_is_no_reason_to_be_killed() -> None:
    assert (await ask("/livez", "listing"))[0] == 200


async def test_metrics_are_in_the_format_of_prometheus() -> None:
    status, text = await ask("/metrics")
    assert status == 200
    assert "answer 42.0" in text


async def test_a_loop_that_is_held_up_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.shell.health.TICK_SECONDS", 0.01)
    lag = LoopLag()
    task = asyncio.create_task(lag.run())
    await asyncio.sleep(0.005)
    time.sleep(0.3)  # noqa: ASYNC251
    await asyncio.sleep(0.002)
    assert lag.seconds > 0.2
    task.cancel()
