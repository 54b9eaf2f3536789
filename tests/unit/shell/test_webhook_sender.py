"""Calls over HTTP, on real sockets: where they may go, and what becomes of answers of every kind."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme
from aiohttp import web

from tidegate.api.webhook import Webhook
from tidegate.core.webhook.call import WebhookCall, build_call
from tidegate.core.webhook.outcome import Answer, NoAnswer
from tidegate.shell.webhook_sender import MAX_ANSWER, Sender

LOOPBACK = "127.0.0.1"


class Other:
    """Another system at `url`, that answers as its path says."""

    def __init__(self) -> None:
        self.url = ""
        self.ended = asyncio.Event()
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        match request.path:
            case "/slow":
                await self.ended.wait()
            case "/large":
                return web.Response(body=b"x" * (MAX_ANSWER + 1))
            case "/away":
                raise web.HTTPFound("http://169.254.169.254/latest")
            case "/broken":
                response = web.StreamResponse(headers={"Content-Length": "100"})
                await response.prepare(request)
                await response.write(b"half")
                assert request.transport
                request.transport.close()
                return response
            case "/no":
                return web.Response(status=409, text="not yet", headers={"Set-Cookie": "a=b"})
        return web.Response(body=b'{"ok":true}')


@asynccontextmanager
async def other_system() -> AsyncIterator[Other]:
    other = Other()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", other.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0)
    await site.start()
    other.url = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    yield other
    other.ended.set()
    await runner.cleanup()


async def sent(call: WebhookCall, *allowed: str, **headers: str) -> Answer | NoAnswer:
    sender = Sender(allowed)
    try:
        return await sender.send(call, {name.replace("_", "-"): value for name, value in headers.items()})
    finally:
        await sender.close()


def call(url: str, **fields: Any) -> WebhookCall:
    return build_call(Webhook.model_validate({"url": url, **fields}), {"revision": "7"}, "k", 0)


async def test_a_call_goes_out_as_it_was_made() -> None:
    async with other_system() as other:
        headers = [{"key": "X-Team", "value": "shop"}, {"key": "webhook-id", "value": "forged"}]
        asked = call(f"{other.url}/check?a=b%20c", method="PUT", headers=headers, body="hello")
        answer = await sent(asked, LOOPBACK, webhook_id="k")
        ((method, path, got, body),) = other.asked
    assert answer == Answer(200, b'{"ok":true}')
    assert (method, path, body) == ("PUT", "/check?a=b%20c", b"hello")
    assert (got["X-Team"], got["webhook-id"], got["User-Agent"]) == ("shop", "k", "tidegate")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/no", Answer(409, b"not yet")),
        ("/large", NoAnswer("answers with more than 1 MiB", passing=False)),
        ("/slow", NoAnswer("does not answer within 1s", passing=True)),
        ("/broken", NoAnswer("breaks off in the middle of its answer", passing=True)),
    ],
)
async def test_answers_of_every_kind(path: str, answer: Answer | NoAnswer) -> None:
    async with other_system() as other:
        assert await sent(call(f"{other.url}{path}", timeoutSeconds=1), LOOPBACK) == answer


async def test_no_redirect_is_followed() -> None:
    async with other_system() as other:
        answer = await sent(call(f"{other.url}/away"), LOOPBACK)
        assert isinstance(answer, Answer)
        assert answer.status == 302
        assert len(other.asked) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:1/", "127.0.0.1 is the operator's own machine"),
        ("http://[::1]:1/", "::1 is the operator's own machine"),
        ("http://[::ffff:127.0.0.1]:1/", "is the operator's own machine"),
        ("http://169.254.169.254/latest", "169.254.169.254 is a link-local address"),
        ("http://100.100.100.200/", "100.100.100.200 is a cloud's metadata service"),
        ("http://0.0.0.0:1/", "0.0.0.0 is the operator's own machine"),
        ("http://localhost:1/", "the operator's own machine"),
        ("http://LOCALHOST:1/", "the operator's own machine"),
        ("http://ann:pw@127.0.0.1:1/", "127.0.0.1 is the operator's own machine"),
    ],
)
async def test_it_never_goes_where_it_must_not(url: str, why: str) -> None:
    answer = await sent(call(url), "gate.example.com")
    assert isinstance(answer, NoAnswer)
    assert not answer.passing
    assert answer.message.startswith("must not be called: ")
    assert why in answer.message
    assert "whoever runs the operator can allow the host" in answer.message


@pytest.mark.parametrize("url", ["http://2130706433:1/", "http://127.1:1/", "http://0x7f.0.0.1:1/", "http://0177.1:1/"])
async def test_other_ways_to_write_an_address_lead_nowhere(url: str) -> None:
    answer = await sent(call(url))
    assert isinstance(answer, NoAnswer)
    assert not answer.passing


async def test_a_host_that_is_allowed_is_called_by_its_name_too() -> None:
    async with other_system() as other:
        assert await sent(call(other.url.replace(LOOPBACK, "localhost")), "localhost") == Answer(200, b'{"ok":true}')
        refused = await sent(call(other.url.replace(LOOPBACK, "localhost")), LOOPBACK)
        assert isinstance(refused, NoAnswer)


async def test_nobody_is_there() -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
    answer = await sent(call(f"http://{LOOPBACK}:{port}/"), LOOPBACK)
    assert answer == NoAnswer("can't be reached: connection refused", passing=True)


async def test_a_name_that_nobody_has() -> None:
    assert await sent(call("http://nobody.invalid/")) == NoAnswer(
        "can't be reached: its name is not known to the DNS", passing=True
    )


async def test_what_is_none_of_http_is_told_without_its_text() -> None:
    async with other_system() as other:
        headers = [{"key": "X-A", "value": "a\r\nHost: other"}]
        for asked in (call("http://gate.example.com:99999/"), call(f"{other.url}/", headers=headers)):
            answer = await sent(asked, LOOPBACK)
            assert isinstance(answer, NoAnswer)
            assert not answer.passing
            assert "other" not in answer.message
        assert other.asked == []


async def test_a_certificate_that_nobody_vouches_for() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(LOOPBACK).configure_cert(context)
    runner = web.AppRunner(web.Application())
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0, ssl_context=context)
    await site.start()
    answer = await sent(call(f"https://{LOOPBACK}:{runner.addresses[0][1]}/"), LOOPBACK)
    await runner.cleanup()
    assert answer == NoAnswer("shows a TLS certificate that can't be verified", passing=True)
