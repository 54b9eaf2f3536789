"""A server that answers as Prometheus does, or as it does not: a real one, on a real socket."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Notes each request and gives the reply that the test has set."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self)
        self.server.arrived.set()
        self.server.reply(self)

    @property
    def asked(self) -> dict[str, str]:
        """The parameters of the query."""
        return {name: each[0] for name, each in parse_qs(urlsplit(self.path).query).items()}

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet: the test says what it expects."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, reply: Reply) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply = reply
        self.requests: list[Handler] = []
        self.arrived = threading.Event()
        self.stop = threading.Event()
        self.open = 0
        self.changed = threading.Condition()
        self.secure = False

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.changed:
            self.open += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self.changed:
            self.open -= 1
            self.changed.notify_all()

    def wait_until_open(self, most: int) -> None:
        """Wait until no more than `most` connections are open."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.open <= most, 5), f"{self.open} connections are open"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that broke off is what some tests are about."""


@contextmanager
def serving(reply: Reply, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(reply)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.secure = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


def success(result: Any, kind: str = "vector") -> Reply:
    """What Prometheus answers to a query that it likes."""
    body = json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()
    return lambda handler: handler.send(200, body, Content_Type="application/json")


def vector(*samples: str) -> Reply:
    return success([{"metric": {}, "value": [1700000000.0, sample]} for sample in samples])


def failure(status: int, body: bytes) -> Reply:
    return lambda handler: handler.send(status, body)
