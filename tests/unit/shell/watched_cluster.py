"""A cluster to be watched: discovery, lists and watches over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.unit.observe import raws
from tidegate.observe.kinds import WATCHED, Kind

NEEDED_BY_KOPF = (
    Kind("Namespace", "", "v1", "namespaces", namespaced=False),
    Kind("CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions", namespaced=False),
)
GROUPS = sorted({kind.group for kind in (*WATCHED, *NEEDED_BY_KOPF)} - {""})


class Cluster:
    """Serves discovery, lists and watches; `tell` sends a watch event, `gone` ends a kind."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []
        self.there: dict[str, list[raws.Raw]] = {kind.plural: [] for kind in WATCHED}
        self.watches: dict[str, asyncio.Queue[raws.Raw]] = {kind.plural: asyncio.Queue() for kind in WATCHED}
        self.watched = {kind.plural: asyncio.Event() for kind in WATCHED}
        self.gone: set[str] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer as an API server does that holds what `there` holds."""
        self.asked.append((request.method, request.path, dict(request.query)))
        parts = request.path.strip("/").split("/")
        if request.path == "/api":
            return web.json_response({"versions": ["v1"]})
        if request.path == "/apis":
            return web.json_response({"groups": [_group(group) for group in GROUPS]})
        if len(parts) == (2 if parts[0] == "api" else 3):
            return web.json_response({"resources": _resources(parts[1] if parts[0] == "apis" else "")})
        plural = parts[-1]
        if plural in self.gone:
            return web.json_response({"kind": "Status", "code": 404, "reason": "NotFound"}, status=404)
        if request.query.get("watch"):
            return await self._stream(request, plural)
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": self.there[plural]})

    async def _stream(self, request: web.Request, plural: str) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        self.watched[plural].set()
        while True:
            event = await self.watches[plural].get()
            if not event:
                return response
            await response.write(json.dumps(event).encode() + b"\n")

    def tell(self, kind: Kind, event: str, raw: raws.Raw) -> None:
        """Send a watch event."""
        self.watches[kind.plural].put_nowait({"type": event, "object": raw})

    async def start(self) -> TestServer:
        """Serve; the caller closes it."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        server = TestServer(app)
        await server.start_server()
        return server

    def end(self, kind: Kind) -> None:
        """Take the kind away, as deleting its CRD does."""
        self.gone.add(kind.plural)
        self.watches[kind.plural].put_nowait({})


def _group(name: str) -> raws.Raw:
    version = {"groupVersion": f"{name}/v1", "version": "v1alpha1" if name == "tidegate.dev" else "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(group: str) -> list[raws.Raw]:
    return [
        {
            "name": kind.plural,
            "kind": kind.name,
            "singularName": "",
            "namespaced": kind.namespaced,
            "verbs": ["list", "watch"],
        }
        for kind in (*WATCHED, *NEEDED_BY_KOPF)
        if kind.group == group
    ]
