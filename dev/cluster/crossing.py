"""The supervisor's side of the data plane: starts it beyond the border, and carries its connections across."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from typing import Any

from dev.cluster import inside
from dev.cluster.api import Api, condition, load_objects
from dev.cluster.forward import forward, listen
from dev.cluster.processes import Processes, StartError
from dev.cluster.spec import Spec

_NAME = "data-plane"
_GATEWAY_API = "/apis/gateway.networking.k8s.io/v1"
_GATEWAY = f"{_GATEWAY_API}/namespaces/{inside.GATEWAY_NAMESPACE}/gateways"


class DataPlane:
    """The data plane as the supervisor sees it. Made by `start`."""

    def __init__(self, processes: Processes, border: socket.socket, ports: dict[str, int]) -> None:
        self._processes = processes
        self._border = border
        self._ports = ports

    @classmethod
    async def start(cls, spec: Spec, processes: Processes) -> DataPlane:
        """Start it. It gets ready as far as it can without an API server."""
        here, there = socket.socketpair()
        listeners = {"gateway": listen(), "prometheus": listen()}
        passed = [there.fileno(), *(listener.fileno() for listener in listeners.values())]
        command = ["unshare", "--net", sys.executable, "-m", "dev.cluster.data_plane", *map(str, passed)]
        await processes.start_once(_NAME, *command, pass_fds=passed)
        ports = {name: int(listener.getsockname()[1]) for name, listener in listeners.items()}
        for handed_over in (there, *listeners.values()):
            handed_over.close()
        plane = cls(processes, here, ports)
        await plane._take_api_listener(spec.api_port)
        return plane

    async def finish(self, admin: Api) -> dict[str, int]:
        """Wait until the Gateway is programmed, now that the CRDs are there. The ports on the host by name."""
        gateway_class, gateway = load_objects("gateway.yaml")
        await admin.apply_object("/api/v1/namespaces", _namespace(inside.GATEWAY_NAMESPACE))
        await admin.apply_object(f"{_GATEWAY_API}/gatewayclasses", gateway_class)
        await admin.apply_object(_GATEWAY, gateway)
        await self._tell_and_hear()

        async def is_programmed() -> bool:
            found = await admin.get(f"{_GATEWAY}/{inside.GATEWAY_NAME}")
            return found is not None and condition(found, "Programmed") == "True"

        await self._processes.until(_NAME, is_programmed, "the Gateway was programmed")
        return self._ports

    async def _take_api_listener(self, api_port: int) -> None:
        _, descriptors, _, _ = await asyncio.to_thread(socket.recv_fds, self._border, 16, 1)
        if not descriptors:
            self._processes.fail(_NAME, "did not set up its network")
        await forward(socket.socket(fileno=descriptors[0]), api_port)

    async def _tell_and_hear(self) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=self._border)
        writer.write(b"the objects are there\n")
        said: dict[str, Any] = json.loads(await reader.readline() or b'{"failed": "the data plane ended"}')
        if "failed" in said:
            raise StartError(said["failed"])


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
