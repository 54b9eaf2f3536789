"""Prometheus as it is, and as it is at three in the morning: down, slow, broken, huge, somewhere else."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import math
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.unit.metrics.server import Handler, Reply, failure, serving, success, vector
from tidegate.core.analysis.reading import (
    BasicCredentials,
    BearerToken,
    PrometheusQuery,
    ProviderError,
    Reading,
    Span,
    Trouble,
    Values,
)
from tidegate.metrics import open_providers
from tidegate.metrics.prometheus import Prometheus

SHORT = timedelta(seconds=0.5)


@pytest.fixture
async def prometheus() -> AsyncIterator[Prometheus]:
    provider = Prometheus(allowed_hosts=["127.0.0.1"])
    yield provider
    await provider.close()


async def ask(provider: Prometheus, reply: Reply, **query: object) -> Reading:
    with serving(reply) as server:
        return await provider.measure(PrometheusQuery("up", server.url, **query))  # type: ignore[arg-type]


def trouble(reading: Reading, kind: Trouble) -> str:
    assert isinstance(reading, ProviderError)
    assert reading.trouble is kind
    return reading.message


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (vector("0.97"), (0.97,)),
        (vector("0.97", "1", "+Inf"), (0.97, 1.0, math.inf)),
        (vector(), ()),
        (success([1700000000.0, "42"], "scalar"), 42.0),
        (
            success([{"metric": {}, "values": [[1, "1"], [2, "2"]]}, {"metric": {}, "values": [[1, "3"]]}]),
            (1.0, 2.0, 3.0),
        ),
    ],
)
async def test_what_prometheus_answers_is_measured(prometheus: Prometheus, reply: Reply, expected: object) -> None:
    assert await ask(prometheus, reply) == Values(expected)  # type: ignore[arg-type]


async def test_nan_is_measured_as_nan(prometheus: Prometheus) -> None:
    reading = await ask(prometheus, vector("NaN"))
    assert isinstance(reading, Values)
    assert isinstance(reading.value, tuple)
    assert math.isnan(reading.value[0])


async def test_a_query_arrives_as_it_was_written(prometheus: Prometheus) -> None:
    query = 'sum(rate(x{svc="a&b", p=~"é.*"}[30s])) > 0'
    with serving(vector("1")) as server:
        await prometheus.measure(PrometheusQuery(query, f"{server.url}/", headers=(("X-Scope-OrgID", "team-a"),)))
    (request,) = server.requests
    assert request.path.startswith("/api/v1/query?")
    assert request.asked == {"query": query, "timeout": "10s"}
    assert request.headers["X-Scope-OrgID"] == "team-a"
    assert request.headers["Authorization"] is None


async def test_a_range_query_asks_for_its_span(prometheus: Prometheus) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    span = Span(start, start + timedelta(minutes=5), timedelta(seconds=30))
    with serving(success([{"metric": {}, "values": [[1, "1"], [2, "2"]]}], "matrix")) as server:
        reading = await prometheus.measure(PrometheusQuery("up", server.url, span=span))
    assert reading == Values((1.0, 2.0))
    (request,) = server.requests
    assert request.path.startswith("/api/v1/query_range?")
    asked = {name: float(value) for name, value in request.asked.items() if name in ("start", "end", "step")}
    assert asked == {"start": start.timestamp(), "end": start.timestamp() + 300, "step": 30.0}


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        (BearerToken("tok"), "Bearer tok"),
        (BasicCredentials("üser", "pä:ss"), "Basic " + base64.b64encode("üser:pä:ss".encode()).decode()),
    ],
)
async def test_credentials_are_sent(
    prometheus: Prometheus, credentials: BearerToken | BasicCredentials, header: str
) -> None:
    with serving(vector("1")) as server:
        await prometheus.measure(PrometheusQuery("up", server.url, credentials=credentials))
    assert server.requests[0].headers["Authorization"] == header


async def test_a_server_that_is_down_is_unavailable_and_named(prometheus: Prometheus) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    message = trouble(await prometheus.measure(PrometheusQuery("up", url)), Trouble.UNAVAILABLE)
    assert message == f"Prometheus at {url} can't be reached: connection refused"


async def test_a_name_nobody_knows_is_unavailable(prometheus: Prometheus) -> None:
    reading = await prometheus.measure(PrometheusQuery("up", "http://prometheus.invalid:9090"))
    assert "its name is not known" in trouble(reading, Trouble.UNAVAILABLE)


def _silent(handler: Handler) -> None:
    handler.server.stop.wait(20)


def _dripping(handler: Handler) -> None:
    """A header that comes a byte at a time: no wait for the socket ever times out."""
    while not handler.server.stop.wait(0.05):
        handler.wfile.write(b"H")
        handler.wfile.flush()


def _dripping_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    _dripping(handler)


@pytest.mark.parametrize("reply", [_silent, _dripping, _dripping_body])
async def test_a_slow_server_is_given_up_after_the_timeout(prometheus: Prometheus, reply: Reply) -> None:
    with serving(reply) as server:
        begun = time.monotonic()
        reading = await prometheus.measure(PrometheusQuery("up", server.url, timeout=SHORT))
        took = time.monotonic() - begun
    assert "does not answer within 0.5s" in trouble(reading, Trouble.UNAVAILABLE)
    assert took < 2


async def test_a_hostile_server_never_keeps_the_threads(prometheus: Prometheus) -> None:
    """Broken off in the middle of a header, the threads come back: twenty queries go through eight of them."""
    with serving(_dripping) as slow, serving(vector("1")) as good:
        stuck = [
            asyncio.create_task(prometheus.measure(PrometheusQuery(f"q{n}", slow.url, timeout=SHORT)))
            for n in range(20)
        ]
        await asyncio.sleep(0)
        assert await prometheus.measure(PrometheusQuery("up", good.url)) == Values((1.0,))
        assert not stuck[-1].done(), "the other server's runs waited for the hostile one"
        readings = await asyncio.wait_for(asyncio.gather(*stuck), 10)
    assert all(isinstance(reading, ProviderError) for reading in readings)


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (failure(500, b"boom"), Trouble.UNAVAILABLE, "answers HTTP 500: boom"),
        (failure(503, b'{"status":"error","errorType":"timeout","error":"too slow"}'), Trouble.UNAVAILABLE, "too slow"),
        (failure(422, b'{"status":"error","error":"many-to-many"}'), Trouble.UNAVAILABLE, "many-to-many"),
        (
            failure(400, b'{"status":"error","error":"parse error: x"}'),
            Trouble.REFUSED,
            "query wrong (HTTP 400): parse",
        ),
        (failure(401, b""), Trouble.UNAVAILABLE, "credentials (HTTP 401)"),
        (failure(404, b"<html>"), Trouble.UNAVAILABLE, "without /api/v1"),
        (failure(200, b"<html>hello</html>"), Trouble.UNAVAILABLE, "none of Prometheus'"),
        (failure(200, b"[" * 200_000), Trouble.UNAVAILABLE, "none of Prometheus'"),
        (failure(200, b'{"status":"success"}'), Trouble.UNAVAILABLE, "none of Prometheus'"),
        (success(None), Trouble.UNAVAILABLE, "none of Prometheus'"),
        (success([1, "hello"], "string"), Trouble.UNAVAILABLE, "none of Prometheus'"),
        (success([{"metric": {}, "histogram": [1, {}]}]), Trouble.UNAVAILABLE, "none of Prometheus'"),
        (failure(200, b"x" * (2 << 20)), Trouble.UNAVAILABLE, "more than 1 MiB"),
    ],
)
async def test_what_is_no_answer_is_said_plainly(
    prometheus: Prometheus, reply: Reply, kind: Trouble, says: str
) -> None:
    assert says in trouble(await ask(prometheus, reply), kind)


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut(prometheus: Prometheus) -> None:
    bomb = gzip.compress(b"0" * (64 << 20))
    reading = await ask(prometheus, lambda handler: handler.send(200, bomb, Content_Encoding="gzip"))
    assert "more than 1 MiB" in trouble(reading, Trouble.UNAVAILABLE)


async def test_an_answer_that_breaks_off_is_unavailable(prometheus: Prometheus) -> None:
    def torn(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"status"')
        handler.close_connection = True

    assert "breaks off" in trouble(await ask(prometheus, torn), Trouble.UNAVAILABLE)


async def test_the_words_of_others_are_cut_and_on_one_line(prometheus: Prometheus) -> None:
    message = trouble(await ask(prometheus, failure(500, b"a\x1b[31m\nb " * 1000)), Trouble.UNAVAILABLE)
    assert message.isprintable()
    assert len(message.partition("HTTP 500: ")[2]) == 200


async def test_a_redirect_on_the_same_server_is_followed(prometheus: Prometheus) -> None:
    def moved(handler: Handler) -> None:
        if handler.path.startswith("/new/"):
            vector("7")(handler)
        else:
            handler.send(302, b"", Location=f"/new{handler.path}")

    assert await ask(prometheus, moved) == Values((7.0,))


async def test_a_redirect_to_another_server_is_not_followed(prometheus: Prometheus) -> None:
    with serving(vector("1")) as other:
        reading = await ask(
            prometheus,
            lambda handler: handler.send(302, b"", Location=f"{other.url}/api/v1/query"),
            credentials=BearerToken("secret-token"),
        )
        assert other.requests == []
    assert "sends the query on to http://127.0.0.1" in trouble(reading, Trouble.UNAVAILABLE)


async def test_a_redirect_in_a_circle_ends(prometheus: Prometheus) -> None:
    reading = await ask(prometheus, lambda handler: handler.send(302, b"", Location=handler.path))
    assert "again and again" in trouble(reading, Trouble.UNAVAILABLE)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"])
async def test_the_operators_own_machine_is_never_asked(host: str) -> None:
    provider = Prometheus()
    with serving(vector("1")) as server:
        url = f"http://{host}:{server.server_address[1]}"
        message = trouble(await provider.measure(PrometheusQuery("up", url)), Trouble.REFUSED)
        assert server.requests == []
    await provider.close()
    assert "must not be asked" in message
    assert "the operator's own machine" in message


async def test_a_redirect_within_an_allowed_host_is_checked_again() -> None:
    """What is allowed is a host by its name: nothing else becomes reachable through it."""
    provider = Prometheus(allowed_hosts=["localhost"])
    with serving(vector("1")) as server:
        port = server.server_address[1]
        assert await provider.measure(PrometheusQuery("up", f"http://localhost:{port}")) == Values((1.0,))
        trouble(await provider.measure(PrometheusQuery("up", f"http://127.0.0.1:{port}")), Trouble.REFUSED)
    await provider.close()


@pytest.mark.parametrize(
    "address", ["prometheus:9090", "ftp://p", "http://", "http://p:port", "http://p?x=1", "file:///etc"]
)
async def test_an_address_that_is_no_url_is_refused(prometheus: Prometheus, address: str) -> None:
    message = trouble(await prometheus.measure(PrometheusQuery("up", address)), Trouble.REFUSED)
    assert "write http://HOST:PORT" in message


async def test_without_an_address_the_default_one_is_asked() -> None:
    with serving(vector("1")) as server:
        (provider,) = open_providers(prometheus_address=server.url, allowed_hosts=["127.0.0.1"]).values()
        assert await provider.measure(PrometheusQuery("up")) == Values((1.0,))
        await provider.close()


async def test_without_any_address_the_remedy_is_named(prometheus: Prometheus) -> None:
    message = trouble(await prometheus.measure(PrometheusQuery("up")), Trouble.REFUSED)
    assert "provider.prometheus.address" in message


async def test_identical_queries_in_flight_are_sent_once(prometheus: Prometheus) -> None:
    waiting = threading.Barrier(2)

    def late(handler: Handler) -> None:
        waiting.wait(5)
        vector("1")(handler)

    with serving(late) as server:
        query = PrometheusQuery("up", server.url)
        tasks = [asyncio.create_task(prometheus.measure(query)) for _ in range(10)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.to_thread(waiting.wait, 5)
        answers = await asyncio.gather(*tasks[1:])
        assert answers == [Values((1.0,))] * 9
        assert len(server.requests) == 1
        server.reply = vector("2")
        assert await prometheus.measure(query) == Values((2.0,)), "an answer was kept after it was given"


async def test_connections_are_used_again(prometheus: Prometheus) -> None:
    with serving(vector("1")) as server:
        for number in range(20):
            await prometheus.measure(PrometheusQuery(f"q{number}", server.url))
        assert len({request.client_address for request in server.requests}) <= 8


@pytest.mark.parametrize("written", ['pass"word\\1', "päss word+&/="])
async def test_a_secret_never_comes_back(prometheus: Prometheus, written: str) -> None:
    """Whatever form the server echoes it in."""

    def echo(handler: Handler) -> None:
        said = f"{handler.path} {handler.headers['Authorization']} {written} {json.dumps(written)}"
        handler.send(400, json.dumps({"error": said[-180:]}).encode())

    secrets = frozenset({written, f"me:{written}"})
    credentials = BasicCredentials("me", written)
    reading = await ask(prometheus, echo, credentials=credentials, secrets=secrets)
    message = trouble(reading, Trouble.REFUSED)
    assert "***" in message
    assert written not in message
    assert base64.b64encode(f"me:{written}".encode()).decode().rstrip("=") not in message
    assert written not in repr(PrometheusQuery("up", credentials=credentials, secrets=secrets))


async def test_a_password_in_the_address_is_not_shown(prometheus: Prometheus) -> None:
    with serving(failure(500, b"no")) as server:
        address = server.url.replace("http://", "http://me:hidden@")
        message = trouble(await prometheus.measure(PrometheusQuery("up", address)), Trouble.UNAVAILABLE)
    assert "hidden" not in message
    assert server.requests[0].headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("token", ["two\r\nlines", "café ☕"])
async def test_a_header_that_http_cannot_carry_is_refused_without_showing_it(
    prometheus: Prometheus, token: str
) -> None:
    with serving(vector("1")) as server:
        reading = await prometheus.measure(PrometheusQuery("up", server.url, credentials=BearerToken(token)))
        assert server.requests == []
    message = trouble(reading, Trouble.REFUSED)
    assert "header" in message
    assert "two" not in message
    assert "caf" not in message


async def test_tls_is_verified_with_the_given_authority_only(prometheus: Prometheus) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted, other = (each.cert_pem.bytes().decode() for each in (authority, stranger))
    with serving(vector("1"), context) as server:
        ask_with = lambda **how: prometheus.measure(PrometheusQuery("up", server.url, **how))  # noqa: E731
        assert await ask_with(ca_cert=trusted) == Values((1.0,))
        assert await ask_with(insecure=True) == Values((1.0,))
        assert "can't be verified: give caCert" in trouble(await ask_with(), Trouble.UNAVAILABLE)
        assert "can't be verified" in trouble(await ask_with(ca_cert=other), Trouble.UNAVAILABLE)
        assert "no certificates in PEM" in trouble(await ask_with(ca_cert="nonsense"), Trouble.REFUSED)


async def test_the_given_authority_replaces_the_public_ones(
    prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    public, own = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    public.issue_cert("127.0.0.1").configure_cert(context)
    public.cert_pem.write_to_path(tmp_path / "public.pem")
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "public.pem"))
    with serving(vector("1"), context) as server:
        assert await prometheus.measure(PrometheusQuery("up", server.url)) == Values((1.0,))
        pinned = PrometheusQuery("up", server.url, ca_cert=own.cert_pem.bytes().decode())
        assert "can't be verified" in trouble(await prometheus.measure(pinned), Trouble.UNAVAILABLE)


async def test_the_operators_own_proxy_and_netrc_are_not_used(
    prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else a template could send the operator's own credentials anywhere."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login operator password private\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(vector("1")) as server:
        await prometheus.measure(PrometheusQuery("up", server.url))
        assert server.requests[0].headers["Authorization"] is None
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        assert await prometheus.measure(PrometheusQuery("down", server.url)) == Values((1.0,))


async def test_closing_breaks_off_what_is_under_way() -> None:
    provider = Prometheus(allowed_hosts=["127.0.0.1"])
    with serving(_silent) as server:
        task = asyncio.create_task(provider.measure(PrometheusQuery("up", server.url)))
        assert await asyncio.to_thread(server.arrived.wait, 5)
        await provider.close()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 2)


def test_nothing_heavy_is_imported_before_the_first_query() -> None:
    code = "import sys, tidegate.metrics; print(sorted({'requests', 'urllib3', 'pandas'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout == b"[]\n"


async def test_the_next_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a Service with an address of each family, of which the server listens on one."""
    real = socket.getaddrinfo

    def both(host: str, port: int, *how: int, **more: int) -> object:
        if host != "both.example":
            return real(host, port, *how, **more)
        return [(2, 1, 6, "", (address, port)) for address in ("127.0.0.9", "127.0.0.1")]

    monkeypatch.setattr("socket.getaddrinfo", both)
    provider = Prometheus(allowed_hosts=["both.example"])
    with serving(vector("1")) as server:
        url = f"http://both.example:{server.server_address[1]}"
        assert await provider.measure(PrometheusQuery("up", url)) == Values((1.0,))
    await provider.close()


async def test_a_connection_that_nobody_takes_is_unavailable(
    prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", lost)
    message = trouble(await prometheus.measure(PrometheusQuery("up", "http://127.0.0.1:9")), Trouble.UNAVAILABLE)
    assert message.endswith("can't be reached: it does not answer")


async def test_old_connections_are_closed_when_tokens_change(
    prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidegate.metrics.prometheus_call.CONNECTIONS_A_THREAD", 1)
    with serving(vector("1")) as server:
        for number in range(30):
            query = PrometheusQuery("up", server.url, credentials=BearerToken(f"token-{number}"))
            assert await prometheus.measure(query) == Values((1.0,))
        await asyncio.to_thread(server.wait_until_open, 8)


def test_breaking_off_before_there_is_a_connection_is_harmless() -> None:
    from tidegate.metrics.session import Flight

    Flight().abort()


async def test_what_nobody_foresaw_is_unavailable_without_its_text(
    prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("prometheus_api_client.PrometheusConnect.custom_query", broken)
    message = trouble(await prometheus.measure(PrometheusQuery("up", "http://127.0.0.1:9")), Trouble.UNAVAILABLE)
    assert message.endswith("can't be asked: RuntimeError")


@pytest.mark.parametrize("part", ["header", "body"])
def test_a_silent_server_is_given_up_by_the_thread_itself(part: str) -> None:
    from tidegate.metrics.guard import Guard
    from tidegate.metrics.prometheus_call import call
    from tidegate.metrics.session import Flight

    def silent(handler: Handler) -> None:
        if part == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "9")
            handler.end_headers()
        _silent(handler)

    with serving(silent) as server:
        reading = call(PrometheusQuery("up", timeout=SHORT), server.url, Guard.of(["127.0.0.1"]), Flight())
    assert trouble(reading, Trouble.UNAVAILABLE) == "does not answer within 0.5s"
