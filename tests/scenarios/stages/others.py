"""Another system that answers as it is told: as that of the model, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.scenarios.stages.stage import Called


class StandIn:
    """Answers at `url` by what stands in the path; nothing said is HTTP 200."""

    def __init__(self) -> None:
        self.calls: list[Called] = []
        self._said: dict[str, tuple[int, str, float]] = {}
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def say(self, part: str, status: int, content: str, seconds: float) -> None:
        """From now on calls of paths that contain `part` get this answer, after so many seconds."""
        self._said.pop(part, None)
        self._said[part] = status, content, seconds

    def answer(self, called: Called) -> tuple[int, bytes]:
        """Status and content, when their time has come."""
        self.calls.append(called)
        found = [said for part, said in self._said.items() if part in called.path]
        status, content, seconds = found[-1] if found else (200, "", 0.0)
        self._ended.wait(seconds)
        return status, content.encode()

    @contextmanager
    def running(self) -> Iterator[StandIn]:
        """Serve for the time of the block."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        yield self
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            called = Called(self.headers["webhook-id"], self.path, body, "webhook-signature" in self.headers)
            status, content = stand_in.answer(called)
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                # Nobody waits any more.
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
