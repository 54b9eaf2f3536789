"""A Prometheus that knows what it is told: as that of the model, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class StandIn:
    """Answers instant queries at `url` by what stands in them; nothing said is an empty vector."""

    def __init__(self) -> None:
        self.down = False
        self._said: dict[str, tuple[float, ...]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def measured(self, part: str, *values: float) -> None:
        """From now on, queries that contain `part` get these values."""
        self._said[part] = values

    def answer(self, query: str) -> bytes:
        """The body of an answer."""
        values = next((values for part, values in self._said.items() if part in query), ())
        result = [{"metric": {}, "value": [0, str(value)]} for value in values]
        return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()

    @contextmanager
    def running(self) -> Iterator[StandIn]:
        """Serve for the time of the block."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        yield self
        self._server.shutdown()
        self._server.server_close()


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def _answer(self, form: str) -> None:
            if stand_in.down:
                self.connection.close()
                return
            body = stand_in.answer(parse_qs(form)["query"][0])
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
