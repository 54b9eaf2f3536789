"""Child processes with a log each: watched while the cluster starts, started again when they end later."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NoReturn

from dev.cluster.parts import NAME_VARIABLE

_POLL = 0.03
_TAIL_LINES = 12
# As long as a part of a real cluster is away at the least when it crashes.
_RESTART_PAUSE = 2.0


class StartError(RuntimeError):
    """A part of the cluster did not come up. The message names it, its log file and the log's last lines."""


class Processes:
    """The children of one supervisor. Nothing ends them here: their process namespace takes them along."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: dict[str, Process] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self._is_up = False

    async def start(self, name: str, *command: str) -> None:
        """Start `command` with its output in the log `name`, and again whenever it ends once the cluster is up."""
        await self._spawn(name, command)
        watcher = asyncio.create_task(self._keep(name, command))
        self._watchers.add(watcher)

    async def start_once(self, name: str, *command: str, pass_fds: Sequence[int]) -> None:
        """The same for one that inherits descriptors, which no other can have after it."""
        await self._spawn(name, command, pass_fds)

    async def _spawn(self, name: str, command: Sequence[str], pass_fds: Sequence[int] = ()) -> None:
        with self._log(name).open("ab") as log:
            self._children[name] = await asyncio.create_subprocess_exec(
                *command,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=pass_fds,
                env={**os.environ, NAME_VARIABLE: name},
            )

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

    def finish_start(self) -> None:
        """The cluster is up: from now on a child that ends is started again. Raises StartError when one has ended."""
        self._is_up = True
        for name, child in self._children.items():
            if child.returncode is not None:
                self.fail(name, f"ended with {child.returncode} while the cluster started")

    def fail(self, name: str, what: str) -> NoReturn:
        """Raises StartError for the child `name`."""
        raise StartError(explain(name, what, self._log(name)))

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    async def _keep(self, name: str, command: Sequence[str]) -> None:
        while True:
            code = await self._children[name].wait()
            print(f"{name} ended with {code}; its log: {self._log(name)}", file=sys.stderr, flush=True)
            if not self._is_up:
                return
            await asyncio.sleep(_RESTART_PAUSE)
            await self._spawn(name, command)


def explain(name: str, what: str, log: Path) -> str:
    """A message with the last lines of the log: what a person needs who sees that a start failed."""
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:] if log.exists() else []
    return "\n".join([f"{name}: {what}. Log: {log}", *(f"  | {line[:400]}" for line in lines)])
