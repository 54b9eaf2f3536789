"""How the API server is found, and how credentials are kept fresh."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tidegate.observe import kinds
from tidegate.shell.client import Client
from tidegate.shell.connection import NoClusterError, connect
from tidegate.shell.errors import UnavailableError

OBJECT = {"metadata": {"name": "web"}}


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No cluster around, and no kubeconfig of whoever runs the tests."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


class Gate:
    """A server that lets one token in, and notes which it was shown."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.shown: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        """Answer 200 to whoever bears the token."""
        self.shown.append(request.headers.get("Authorization", ""))
        return web.json_response(OBJECT, status=200 if self.shown[-1] == f"Bearer {self.token}" else 401)


async def serve(gate: Gate) -> TestServer:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gate.handle)
    server = TestServer(app)
    await server.start_server()
    return server


def kubeconfig(path: Path, server: str, user: dict[str, object]) -> str:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(json.dumps(config))
    return str(path)


async def ask(config: str, times: int = 1) -> None:
    connection = await connect(config)
    try:
        async with connection.session() as session:
            client = Client(session, connection.server, lambda *_: None)
            for _ in range(times):
                await client.get(kinds.SERVICE, "shop", "web")
    finally:
        await connection.close()


async def test_nothing_that_says_where_is_an_error_that_says_what_to_give() -> None:
    with pytest.raises(NoClusterError, match="give --kubeconfig"):
        await connect()
    with pytest.raises(NoClusterError, match="/not/there"):
        await connect("/not/there")


async def test_the_variable_names_the_kubeconfig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path / "config", "http://192.0.2.1:6443", {"token": "t"}))
    connection = await connect()
    assert connection.server == "http://192.0.2.1:6443"
    await connection.close()


async def test_every_request_bears_the_token(tmp_path: Path) -> None:
    gate = Gate("good")
    server = await serve(gate)
    await ask(kubeconfig(tmp_path / "config", str(server.make_url("")), {"token": "good"}), times=2)
    assert gate.shown == ["Bearer good", "Bearer good"]
    await server.close()


async def test_a_token_that_was_rotated_is_read_again_when_the_old_one_is_refused(tmp_path: Path) -> None:
    gate = Gate("first")
    server = await serve(gate)
    token = tmp_path / "token"
    token.write_text("first")
    config = kubeconfig(tmp_path / "config", str(server.make_url("")), {"tokenFile": str(token)})
    connection = await connect(config)
    async with connection.session() as session:
        client = Client(session, connection.server, lambda *_: None)
        await client.get(kinds.SERVICE, "shop", "web")
        gate.token = "second"
        token.write_text("second")
        assert await client.get(kinds.SERVICE, "shop", "web") == OBJECT
    await connection.close()
    await server.close()
    assert gate.shown == ["Bearer first", "Bearer first", "Bearer second"]


async def test_credentials_come_from_a_program_where_the_kubeconfig_says_so(tmp_path: Path) -> None:
    gate = Gate("made")
    server = await serve(gate)
    said = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "made"}}
    program = tmp_path / "login"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(said)}'\n")
    program.chmod(0o755)
    user = {"exec": {"apiVersion": said["apiVersion"], "command": str(program)}}
    await ask(kubeconfig(tmp_path / "config", str(server.make_url("")), user))
    assert gate.shown == ["Bearer made"]
    await server.close()


async def test_credentials_that_stay_refused_are_told_and_not_tried_without_end(tmp_path: Path) -> None:
    gate = Gate("other")
    server = await serve(gate)
    with pytest.raises(UnavailableError, match="does not accept the operator's credentials") as error:
        await ask(kubeconfig(tmp_path / "config", str(server.make_url("")), {"token": "secret-token"}))
    assert len(gate.shown) == 1
    assert "secret-token" not in str(error.value)
    await server.close()
