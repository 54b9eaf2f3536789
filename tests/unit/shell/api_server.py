"""A small real HTTP server in the API server's place: it answers what a test says, and notes what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from tidegate.shell.client import Client

Answer = web.Response | Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    content: str
    body: Any


@dataclass
class ApiServer:
    """`answers` are given in order, the last one again and again; `asked` is what was asked for."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    """What the client's observer was told: verb, resource, code."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note the request and give the next answer."""
        text = await request.text()
        body = json.loads(text) if text else None
        self.asked.append(Asked(request.method, request.path, dict(request.query), request.content_type, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            return await answer(request)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    def observe(self, verb: str, resource: str, code: int, _seconds: float) -> None:
        """What a client tells its observer."""
        self.seen.append((verb, resource, code))


def says(body: Any, status: int = 200, **headers: str) -> web.Response:
    """An answer in JSON."""
    return web.json_response(body, status=status, headers={name.replace("_", "-"): v for name, v in headers.items()})


def fails(status: int, reason: str = "", message: str = "no", **headers: str) -> web.Response:
    """A Status object as the API server's answer."""
    body = {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": status}
    return says(body, status, **headers)


async def hangs(_: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.sleep(3600)
    raise AssertionError("nobody waits that long")


async def breaks_off(request: web.Request) -> web.StreamResponse:
    """Close the connection instead of answering."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def serving(*answers: Answer) -> AsyncIterator[tuple[ApiServer, Client]]:
    """A server that gives these answers, and a client of it that waits as short as it may."""
    api = ApiServer(list(answers))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    server = TestServer(app)
    await server.start_server()
    try:
        async with aiohttp.ClientSession() as session:
            yield api, Client(session, str(server.make_url("")).rstrip("/"), api.observe, jitter=lambda: 0.0)
    finally:
        await server.close()
