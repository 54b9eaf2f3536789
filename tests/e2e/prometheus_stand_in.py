"""Stands between the operator and the bed's Prometheus, and misbehaves when it is told to."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError

_TIMEOUT = 10.0


class StandIn:
    """A Prometheus at `url` that answers as the one at `real`, unless `trouble` says something else.

    `asked` counts the queries that came while it was in trouble.
    """

    def __init__(self, real: str) -> None:
        self.asked = 0
        self.trouble: Trouble | None = None
        self._well = threading.Event()
        self._handler = _handler(self, real)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler)
        self._port = self._server.server_port
        self.url = f"http://127.0.0.1:{self._port}"

    def heal(self) -> None:
        """From here on it answers as the real one."""
        self.trouble = None
        self._well.set()

    def end(self) -> None:
        """Nobody listens any more."""
        self._server.shutdown()
        self._server.server_close()

    def start(self) -> None:
        """Listen again, where it did before."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler)
        self._serve()

    def hang(self) -> None:
        """Say nothing until it is well again."""
        self._well.wait(60)

    @contextmanager
    def running(self) -> Iterator[StandIn]:
        """Serve for the time of the block."""
        self._serve()
        try:
            yield self
        finally:
            self.heal()
            self.end()

    def _serve(self) -> None:
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


Trouble = Callable[["BaseHTTPRequestHandler", StandIn], None]


def broken_off(handler: BaseHTTPRequestHandler, _: StandIn) -> None:
    """It dies before it has answered."""
    handler.close_connection = True
    handler.connection.close()


def slow(_: BaseHTTPRequestHandler, stand_in: StandIn) -> None:
    """No answer at all."""
    stand_in.hang()


def error_500(handler: BaseHTTPRequestHandler, _: StandIn) -> None:
    """It says that it can't."""
    _answer(handler, 500, b"out of memory")


def nan(handler: BaseHTTPRequestHandler, _: StandIn) -> None:
    """0/0, as of a rate without requests."""
    _answer(handler, 200, _vector("NaN"))


def empty(handler: BaseHTTPRequestHandler, _: StandIn) -> None:
    """No series at all."""
    _answer(handler, 200, _vector())


def garbage(handler: BaseHTTPRequestHandler, _: StandIn) -> None:
    """The login page of something else."""
    _answer(handler, 200, b"<html>please log in</html>")


def _vector(*values: str) -> bytes:
    result = [{"metric": {}, "value": [0, value]} for value in values]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


def _answer(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _handler(stand_in: StandIn, real: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve(None)

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _serve(self, body: bytes | None) -> None:
            if stand_in.trouble is not None:
                stand_in.asked += 1
                stand_in.trouble(self, stand_in)
                return
            headers = {"Content-Type": self.headers.get("Content-Type", "application/x-www-form-urlencoded")}
            request = urllib.request.Request(f"{real}{self.path}", data=body, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
                    _answer(self, answer.status, answer.read())
            except HTTPError as refused:
                _answer(self, refused.code, refused.read())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
