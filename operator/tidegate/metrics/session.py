"""An HTTP session that keeps the promises about outgoing calls.

Addresses are checked after the name is resolved and before a packet is sent; a redirect is followed on the same server
only; at most 1 MiB of an answer is read; and a call can be broken off from outside, also in the middle of a header
that comes a byte a second. Importing this costs memory and time, so it is imported at the first query.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util import connection
from urllib3.util.retry import Retry

from tidegate.metrics.guard import Guard

MAX_ANSWER = 1 << 20
MAX_REDIRECTS = 3
_CHUNK = 1 << 16


class Flight:
    """One call under way, so that it can be broken off. `failure` says in words why no connection came about."""

    def __init__(self) -> None:
        self.failure = ""
        self.connection: HTTPConnection | None = None

    def abort(self) -> None:
        """Break off. The thread that waits for the socket wakes up at once, with an error."""
        sock = self.connection.sock if self.connection else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class _Here(threading.local):
    """What this thread is doing."""

    def __init__(self) -> None:
        self.flight = Flight()


_here = _Here()


@contextlib.contextmanager
def flying(flight: Flight) -> Iterator[None]:
    """Makes `flight` the call that this thread makes."""
    _here.flight = flight
    try:
        yield
    finally:
        _here.flight = Flight()


class StatusError(Exception):
    """The server answered with something else than 200."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.body = status, body


class TooLargeError(Exception):
    """The answer is larger than it may be."""


class CertificateError(Exception):
    """The authorities to trust are not given as certificates in PEM."""


class RedirectError(Exception):
    """The server sends the query to another one; the message is where to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, as much of the interface of `requests.Response` as prometheus-api-client looks at."""

    status_code: int
    content: bytes

    def json(self) -> Any:
        """The parsed body. Raises ValueError or RecursionError when it is none of Prometheus'."""
        parsed = json.loads(self.content)
        if isinstance(parsed, dict) and isinstance(parsed.get("data"), dict) and "result" in parsed["data"]:
            return parsed
        raise ValueError


class _Checked:
    """Connects only where the guard lets it."""

    guard = Guard()
    host: str
    port: int
    timeout: Any
    socket_options: Any

    def request(self, *args: Any, **kwargs: Any) -> Any:
        _here.flight.connection = self  # type: ignore[assignment]
        return super().request(*args, **kwargs)  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        try:
            return self._connected()
        except OSError as error:
            _here.flight.failure = _words(error)
            raise

    def _connected(self) -> socket.socket:
        addresses = self.guard.resolve(self.host, self.port)
        for address in addresses[:-1]:
            with contextlib.suppress(OSError):
                return self._connect(address)
        return self._connect(addresses[-1])

    def _connect(self, address: str) -> socket.socket:
        return connection.create_connection((address, self.port), self.timeout, None, self.socket_options)


def _words(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "its name is not known to the DNS"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    return (error.strerror or type(error).__name__).lower()


class _Adapter(HTTPAdapter):
    """Builds checked connections, without retries of its own: the planner decides when to try again."""

    def __init__(self, guard: Guard, context: ssl.SSLContext | None) -> None:
        self._guard, self._context = guard, context
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=Retry(total=0, read=False))

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:  # noqa: FBT001, FBT002
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs, ssl_context=self._context)
        plain = type("Plain", (_Checked, HTTPConnection), {"guard": self._guard})
        secure = type("Secure", (_Checked, HTTPSConnection), {"guard": self._guard})
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        # With authorities of its own, requests would add the public ones to them.
        if self._context is None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]


class GuardedSession(requests.Session):
    """A session whose calls end, stay small and go where they may. Raises StatusError for anything but 200."""

    def __init__(self, guard: Guard, ca_cert: str | None, *, insecure: bool) -> None:
        super().__init__()
        # Neither a proxy nor a .netrc of the operator's surroundings is meant for somebody's template.
        self.trust_env = False
        self.verify = not insecure
        if insecure:
            # It was asked for in the manifest; a warning at each query tells nobody more.
            urllib3.disable_warnings(InsecureRequestWarning)
        self._adapter = _Adapter(guard, _context(ca_cert, insecure=insecure))
        self.guard_all()

    def guard_all(self) -> None:
        """Every address goes through the guard, also those that somebody mounted an adapter for."""
        for prefix in [*self.adapters]:
            self.adapters.pop(prefix)
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    def request(self, method: str, url: str, **kwargs: Any) -> Any:  # type: ignore[override]
        """The whole answer. Raises RedirectError, TooLargeError, StatusError, or what requests raises."""
        for _ in range(MAX_REDIRECTS):
            response = super().request(method, url, **{**kwargs, "stream": True, "allow_redirects": False})
            with response:
                if not response.is_redirect:
                    return _whole(response)
                url = _same_server(url, response.headers["location"])
                kwargs["params"] = None
        raise RedirectError("itself, again and again")


def _context(ca_cert: str | None, *, insecure: bool) -> ssl.SSLContext | None:
    if ca_cert is None or insecure:
        return None
    try:
        return ssl.create_default_context(cadata=ca_cert)
    except (ssl.SSLError, ValueError):
        raise CertificateError from None


def _same_server(url: str, location: str) -> str:
    target = urljoin(url, location)
    if urlsplit(target)[:2] != urlsplit(url)[:2]:
        raise RedirectError(f"{urlsplit(target).scheme}://{urlsplit(target).hostname}")
    return target


def _whole(response: requests.Response) -> Answer:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise TooLargeError
    if response.status_code != requests.codes.ok:
        raise StatusError(response.status_code, bytes(body))
    return Answer(response.status_code, bytes(body))
