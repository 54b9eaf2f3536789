"""A line that says what is done and for how long: rewritten in place on a terminal, else every 30 seconds."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

_PLAIN_INTERVAL = 30.0


class Progress:
    """`with Progress("[2/7] etcd v3.7.3", about_minutes=1) as progress: progress.step("compiling")`."""

    def __init__(self, label: str, about_minutes: float) -> None:
        self._label = label
        self._about = about_minutes
        self._step = "starting"
        self._ended = threading.Event()
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def step(self, text: str) -> None:
        """Say what is being done from now on."""
        self._step = text

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._write(f"{'failed' if error else 'done'} after {self._elapsed()}", end="\n")

    def _tick(self) -> None:
        terminal = sys.stderr.isatty()
        while True:
            text = f"{self._step}, {self._elapsed()} of about {self._about:g} min"
            self._write(text, end="" if terminal else "\n")
            if self._ended.wait(1.0 if terminal else _PLAIN_INTERVAL):
                return

    def _write(self, text: str, end: str) -> None:
        start = "\r\033[K" if sys.stderr.isatty() else ""
        print(f"{start}cluster: {self._label}: {text}", end=end, file=sys.stderr, flush=True)

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self._started)
        return f"{seconds // 60}:{seconds % 60:02d}"
