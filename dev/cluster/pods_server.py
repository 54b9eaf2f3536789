"""Plays all pods at once: the address that a request came in on tells which pod is asked.

Run in the data plane's namespace, in the cluster's folder. An address whose pod is not ready or gone is answered with
a reset, as by a real machine: a request sent there is lost, and has to be seen as lost.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
import struct
import time
from pathlib import Path

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from dev.cluster import credentials, inside, pod_watch
from dev.cluster.pod_metrics import Measurements
from dev.cluster.pods import Addresses, Pod
from dev.cluster.spec import Spec

# Envoy may learn of a ready pod before this process does: both follow the API server, each at its own pace.
_WATCH_LAG = 0.3
_POLL = 0.01
_LINE_LIMIT = 1 << 20
_RESET = struct.pack("ii", 1, 0)


class PodsServer:
    """Answers for every pod, at every port that some pod declares."""

    def __init__(self) -> None:
        self.addresses = Addresses()
        self._measurements = Measurements()
        self._connections: dict[str, set[asyncio.Transport]] = {}
        self._runner = web.ServerRunner(web.Server(self._answer))
        self._ports: set[int] = set()

    async def start(self) -> None:
        """Listen for Prometheus, and for pods at the port that they have unless they say another."""
        await self._runner.setup()
        await self._listen(inside.POD_DEFAULT)
        metrics = web.ServerRunner(web.Server(self._scrape))
        await metrics.setup()
        await web.TCPSite(metrics, "127.0.0.1", inside.POD_METRICS).start()

    async def changed(self) -> None:
        """The addresses changed: new ports are listened at, and connections to pods that are gone break."""
        serving = self.addresses.all_serving()
        for port in {port for pod in serving for port in pod.ports} - self._ports:
            await self._listen(port)
        for ip in self._connections.keys() - {pod.ip for pod in serving}:
            for transport in self._connections.pop(ip):
                _reset(transport)
        self._forget_closed()
        self._measurements.keep(serving)

    def _forget_closed(self) -> None:
        for ip, transports in self._connections.items():
            self._connections[ip] = {transport for transport in transports if not transport.is_closing()}

    async def _listen(self, port: int) -> None:
        self._ports.add(port)
        try:
            await web.TCPSite(self._runner, "0.0.0.0", port, backlog=1024).start()
        except OSError as error:
            print(f"pods at port {port} get no traffic: {error}", flush=True)

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        began = time.monotonic()
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        ip = transport.get_extra_info("sockname")[0]
        pod = await self._serving(ip)
        if pod is None:
            _reset(transport)
            return web.Response(status=503)
        self._connections.setdefault(ip, set()).add(transport)
        if request.path == "/metrics":
            return self._metrics([pod])
        return await self._play(pod, began)

    async def _play(self, pod: Pod, began: float) -> web.Response:
        behaviour = pod.behaviour
        if behaviour.latency:
            await asyncio.sleep(behaviour.latency)
        code = 500 if random.random() < behaviour.error_rate else 200
        self._measurements.of(pod).observe(code, time.monotonic() - began)
        headers = {"x-version": behaviour.version, "x-pod": pod.name}
        body = json.dumps({"version": behaviour.version, "pod": pod.name, "namespace": pod.namespace}) + "\n"
        return web.Response(status=code, text=body, content_type="application/json", headers=headers)

    async def _serving(self, ip: str) -> Pod | None:
        deadline = time.monotonic() + _WATCH_LAG
        pod = self.addresses.serving(ip)
        while pod is None and time.monotonic() < deadline:
            await asyncio.sleep(_POLL)
            pod = self.addresses.serving(ip)
        return pod

    async def _scrape(self, _: web.BaseRequest) -> web.Response:
        return self._metrics(self.addresses.all_serving())

    def _metrics(self, pods: list[Pod]) -> web.Response:
        return web.Response(body=self._measurements.text(pods), headers={"content-type": CONTENT_TYPE_LATEST})


def _reset(transport: asyncio.Transport) -> None:
    """Break the connection with a TCP reset instead of an orderly end."""
    link = transport.get_extra_info("socket")
    if link is not None and not transport.is_closing():
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


async def _run(spec: Spec) -> None:
    server = PodsServer()
    await server.start()
    context = ssl.create_default_context(cafile="ca.pem")
    headers = {"authorization": f"Bearer {spec.tokens[credentials.ADMIN]}"}
    url = f"https://127.0.0.1:{inside.API}"
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(url, headers=headers, connector=connector, read_bufsize=_LINE_LIMIT) as session:
        await pod_watch.follow(session, server.addresses, server.changed)


if __name__ == "__main__":
    asyncio.run(_run(Spec.read(Path.cwd())))
