"""The operator as a child process: started, killed and started again, as on a node that fails."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

_POLL = 0.05
_READY_SECONDS = 30.0
_STOP_SECONDS = 15.0


class OperatorError(RuntimeError):
    """The operator did not come up or ended by itself. The message holds the end of its log."""


@dataclass
class OperatorProcess:
    """`with OperatorProcess(cluster.operator_kubeconfig, log) as operator:` runs it, ready to work, until the end.

    `arguments` are added to `tidegate operator`. The log is appended to, so it tells of every start. It ends with the
    process that started it, also when that is killed.
    """

    kubeconfig: Path
    log: Path
    arguments: Sequence[str] = ()
    port: int = field(default=0, init=False)
    """Where `/livez`, `/readyz` and `/metrics` answer on the loopback; another one after each start."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        """Start it and wait until its caches are synced. Raises OperatorError."""
        self.start()
        try:
            self.await_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process id. Raises OperatorError when it does not run."""
        return self._running().pid

    def start(self) -> None:
        """Start it without waiting. Raises OperatorError when it runs already."""
        if self._process is not None:
            raise OperatorError("the operator runs already: stop or kill it first")
        self.port = _free_port()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                # Ctrl-C goes to the starter alone, which ends everything in order.
                start_new_session=True,
            )

    def await_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Wait until it says that its caches are synced. Raises OperatorError when it ends or takes too long."""
        process, deadline = self._running(), time.monotonic() + seconds
        while not self._is_ready():
            code = process.poll()
            if code is not None:
                raise OperatorError(f"the operator ended with {code} before it was ready\n{self.tail()}")
            if time.monotonic() > deadline:
                raise OperatorError(f"the operator was not ready within {seconds:.0f} s\n{self.tail()}")
            time.sleep(_POLL)

    def check(self) -> None:
        """Raises OperatorError when it has ended by itself."""
        code = self._running().poll()
        if code is not None:
            raise OperatorError(f"the operator ended with {code}\n{self.tail()}")

    def kill(self) -> None:
        """SIGKILL: what it was doing stays half done."""
        process = self._running()
        process.kill()
        process.wait()
        self._process = None

    def stop(self) -> int | None:
        """SIGTERM, as the kubelet ends it; its exit code, None when it did not run or had to be killed."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def tail(self, lines: int = 40) -> str:
        """The last lines of its log, for messages."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join([f"the end of {self.log}:", *(f"  | {line[:400]}" for line in text.splitlines()[-lines:])])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise OperatorError("the operator was not started")
        return self._process

    def _command(self) -> list[str]:
        program = [sys.executable, "-m", "tidegate.cli.main", "operator"]
        health = ["--health-host=127.0.0.1", f"--health-port={self.port}"]
        return [*_ends_with_its_starter(), *program, f"--kubeconfig={self.kubeconfig}", *health, *self.arguments]

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _ends_with_its_starter() -> list[str]:
    """A prefix by which the kernel kills the command when the thread that started it is gone."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "KILL"] if program else []


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
