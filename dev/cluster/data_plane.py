"""Starts everything that carries traffic, in a network namespace where every pod address is a local one.

Run by the supervisor in the cluster's folder. Its arguments are descriptors: one end of a socket pair, and the sockets
at which the host's loopback is to reach the gateway and Prometheus. The first thing it sends over the pair is the
socket at which the API server is to be reached from in here.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from pathlib import Path
from typing import IO

import aiohttp
from pyroute2 import IPRoute

from dev.cluster import gateway, inside
from dev.cluster.forward import forward, listen
from dev.cluster.processes import Processes, StartError
from dev.cluster.spec import Spec

_POD_ADDRESSES = "10.0.0.0/8"
_LOCAL_TABLE, _HOST_SCOPE = 255, 254
_PROMETHEUS_CONFIG = Path(__file__).parent / "objects" / "prometheus.yaml"


def main() -> None:
    """Bring it up, say so or why not, and serve until the process namespace goes."""
    border, *listeners = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    _set_up_network()
    with listen(inside.API) as api:
        socket.send_fds(border, [b"api"], [api.fileno()])
    asyncio.run(_run(Spec.read(Path.cwd()), border, listeners))


def _set_up_network() -> None:
    with IPRoute() as network:
        (loopback,) = network.link_lookup(ifname="lo")
        network.link("set", index=loopback, state="up")
        local = {"type": "local", "table": _LOCAL_TABLE, "scope": _HOST_SCOPE}
        network.route("add", dst=_POD_ADDRESSES, oif=loopback, **local)


async def _run(spec: Spec, border: socket.socket, listeners: list[socket.socket]) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=border)
    ports = (inside.GATEWAY, inside.PROMETHEUS)
    servers = [await forward(*pair) for pair in zip(listeners, ports, strict=True)]
    loads = asyncio.create_task(_serve_loads())
    said: dict[str, str] = {}
    try:
        await _start(spec, reader)
    except StartError as error:
        said = {"failed": str(error)}
    writer.write(json.dumps(said).encode() + b"\n")
    await asyncio.gather(loads, *(server.serve_forever() for server in servers))


async def _start(spec: Spec, border: asyncio.StreamReader) -> None:
    processes = Processes(spec.path / "logs")
    await processes.start("pods", sys.executable, "-m", "dev.cluster.pods_server")
    await processes.start("prometheus", spec.tools["prometheus"], *_prometheus_flags())
    await gateway.start_envoy(spec, processes)
    await border.readline()
    await gateway.start_contour(spec, processes)
    await _await_answers(processes)
    processes.finish_start()


async def _await_answers(processes: Processes) -> None:
    urls = {
        "prometheus": f"http://127.0.0.1:{inside.PROMETHEUS}/-/ready",
        "pods": f"http://127.0.0.1:{inside.POD_METRICS}/metrics",
        "contour": f"http://127.0.0.1:{inside.CONTOUR_HEALTH}/healthz",
    }
    async with aiohttp.ClientSession() as session:
        for name, url in urls.items():

            async def answers(url: str = url) -> bool:
                try:
                    async with session.get(url) as answer:
                        return answer.status == 200
                except aiohttp.ClientError:
                    return False

            await processes.until(name, answers, "it was ready")


def _prometheus_flags() -> list[str]:
    return [
        f"--config.file={_PROMETHEUS_CONFIG}",
        "--storage.tsdb.path=prometheus",
        f"--web.listen-address=127.0.0.1:{inside.PROMETHEUS}",
        "--log.level=warn",
    ]


async def _serve_loads() -> None:
    """Start a load generator for each connection to the socket: the connection is its input and its output."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(inside.LOAD_SOCKET)
    listener.listen()
    listener.settimeout(0)
    while True:
        connection, _ = await asyncio.get_running_loop().sock_accept(listener)
        connection.settimeout(None)
        with connection, _load_log() as log:
            command = (sys.executable, "-m", "dev.cluster.load_generator")
            end = connection.fileno()
            await asyncio.create_subprocess_exec(*command, stdin=end, stdout=end, stderr=log)


def _load_log() -> IO[bytes]:
    return Path("logs/load.log").open("ab")


if __name__ == "__main__":
    main()
