"""Starts a load on the cluster's gateway, follows it, and ends it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from dev.cluster import inside
from dev.cluster.load_result import LoadResult, Plan

_START_SECONDS = 20.0


class LoadError(RuntimeError):
    """The load generator could not be reached, or it ended without a result."""


class Load:
    """`with cluster.load(host="demo.example.com", rate=200) as load: …`, and after it `load.result()`.

    It runs from the first line of the block to the last, and ends with the process that started it.
    """

    def __init__(self, connect: Callable[[], socket.socket], plan: Plan) -> None:
        """`connect` starts a load generator and returns its input and output. It may raise LoadError."""
        self._connect = connect
        self._plan = plan
        self._changed = threading.Condition()
        self._latest: LoadResult | None = None
        self._ended = False

    def __enter__(self) -> Self:
        """Returns when the first request was sent. Raises LoadError."""
        self._connection = self._connect()
        self._connection.sendall(json.dumps(asdict(self._plan)).encode() + b"\n")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.until(lambda seen: seen.sent > 0, "the first request was sent", _START_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def snapshot(self) -> LoadResult:
        """What it has seen until a quarter of a second ago."""
        with self._changed:
            if self._latest is None:
                raise LoadError("the load generator ended before it said anything: look at its log, load.log")
            return self._latest

    def until(self, check: Callable[[LoadResult], bool], what: str, seconds: float = 30) -> LoadResult:
        """Wait until what it has seen fulfils `check`. Raises LoadError with `what` when it is not in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while self._latest is None or not check(self._latest):
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    raise LoadError(f"not within {seconds:.0f} s: {what}; last seen: {self._latest}")
                self._changed.wait(left)
            return self._latest

    def is_over(self) -> bool:
        """Whether its time is up, or it was stopped."""
        return self._ended

    def stop(self) -> LoadResult:
        """End it, wait for the answers that are still to come, and return the whole result."""
        if self._connection.fileno() >= 0:
            self._connection.shutdown(socket.SHUT_WR)
            self._reader.join()
            self._connection.close()
        return self.snapshot()

    def result(self) -> LoadResult:
        """The whole result, once it is over: by `stop`, the end of the block or the end of its time."""
        self._reader.join()
        return self.snapshot()

    def _read(self) -> None:
        with self._connection.makefile("rb") as lines:
            for line in lines:
                self._take(LoadResult.from_json(line))
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, seen: LoadResult) -> None:
        with self._changed:
            self._latest = seen
            self._changed.notify_all()


def generator_in(folder: Path) -> socket.socket:
    """A load generator in the data plane of the cluster in the folder. Raises LoadError where it has none."""
    # By a path that is short enough for a socket, whatever the folder's is.
    connection = socket.socket(socket.AF_UNIX)
    handle = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        connection.connect(f"/proc/self/fd/{handle}/{inside.LOAD_SOCKET}")
    except OSError as error:
        raise LoadError(f"no data plane in {folder}: {error}. Start the cluster with one") from error
    finally:
        os.close(handle)
    return connection


def generator_here(log: Path) -> socket.socket:
    """A load generator on this machine, for a gateway that is reached from here. It ends when the socket is closed."""
    here, there = socket.socketpair()
    command = [sys.executable, "-m", "dev.cluster.load_generator"]
    with there, log.open("ab") as errors:
        subprocess.Popen(command, stdin=there.fileno(), stdout=there.fileno(), stderr=errors, start_new_session=True)
    return here
