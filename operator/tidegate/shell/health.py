"""What the kubelet and Prometheus ask over HTTP: /livez, /readyz, /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

TICK_SECONDS = 1.0

Check = Callable[[], str]
"""Says what is wrong; empty when all is well."""


@dataclass(slots=True)
class LoopLag:
    """How late the event loop is: something that never yields shows here before anywhere else."""

    seconds: float = 0.0

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            self.seconds = max(0.0, loop.time() - due)


def application(live: Mapping[str, Check], ready: Mapping[str, Check], registry: CollectorRegistry) -> web.Application:
    """The endpoints. Each check has a name; one that says something makes the answer 503, with all that was said."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/livez", _handler(live))
    app.router.add_get("/readyz", _handler(ready))
    app.router.add_get("/metrics", metrics)
    return app


def _handler(checks: Mapping[str, Check]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        said = {name: check() for name, check in checks.items()}
        text = "".join(f"{name}: {problem or 'ok'}\n" for name, problem in said.items())
        return web.Response(text=text, status=503 if any(said.values()) else 200)

    return answer


async def serve(app: web.Application, host: str | None, port: int) -> web.AppRunner:
    """Listen. Raises OSError when the port is taken. The caller ends it with `cleanup`."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
