"""Child processes with a log each, watched while the cluster starts and afterwards."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NoReturn

_POLL = 0.03
_TAIL_LINES = 12


class StartError(RuntimeError):
    """A part of the cluster did not come up. The message names it, its log file and the log's last lines."""


class Processes:
    """The children of one supervisor. Nothing ends them here: their process namespace takes them along."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: dict[str, Process] = {}
        self._watchers: set[asyncio.Task[None]] = set()

    async def start(self, name: str, *command: str | Path, pass_fds: Sequence[int] = ()) -> Process:
        """Start `command` with its output in the log `name`; it inherits the descriptors `pass_fds`."""
        with self._log(name).open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *map(str, command),
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=pass_fds,
            )
        self._children[name] = child
        watcher = asyncio.create_task(self._report_end(name, child))
        self._watchers.add(watcher)
        return child

    async def until(self, name: str, check: Callable[[], Awaitable[bool]], what: str, seconds: float = 30) -> None:
        """Wait until `check` is true. Raises StartError after `seconds`, or when the child ends before."""
        deadline = time.monotonic() + seconds
        while not await check():
            child = self._children[name]
            if child.returncode is not None:
                self.fail(name, f"ended with {child.returncode} before {what}")
            if time.monotonic() > deadline:
                self.fail(name, f"waited {seconds:.0f} s in vain until {what}")
            await asyncio.sleep(_POLL)

    def check(self) -> None:
        """Raises StartError when a child has ended: at the end of a start all of them live."""
        for name, child in self._children.items():
            if child.returncode is not None:
                self.fail(name, f"ended with {child.returncode} while the cluster started")

    def fail(self, name: str, what: str) -> NoReturn:
        """Raises StartError for the child `name`."""
        raise StartError(explain(name, what, self._log(name)))

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    async def _report_end(self, name: str, child: Process) -> None:
        code = await child.wait()
        print(f"{name} ended with {code}; its log: {self._log(name)}", file=sys.stderr, flush=True)


def explain(name: str, what: str, log: Path) -> str:
    """A message with the last lines of the log: what a person needs who sees that a start failed."""
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:] if log.exists() else []
    return "\n".join([f"{name}: {what}. Log: {log}", *(f"  | {line[:400]}" for line in lines)])
