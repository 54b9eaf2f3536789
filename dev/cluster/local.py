"""The one cluster that `make cluster` starts and leaves running, until `make cluster-down`."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

from dev.cluster import build, cache, launch
from dev.cluster.cluster import RunningCluster
from dev.cluster.processes import StartError
from dev.cluster.spec import Lifetime

_LOCK = "local-cluster"


def folder() -> Path:
    """Where it keeps its state: always the same, so that a shell may keep its KUBECONFIG."""
    return cache.folder() / "cluster"


def up() -> RunningCluster:
    """The running cluster, started when there is none. Raises StartError, BuildError."""
    with cache.lock(_LOCK, waiting=_say_waiting):
        if launch.is_alive(folder()):
            return RunningCluster.read(folder())
        shutil.rmtree(folder(), ignore_errors=True)
        launched = launch.launch(dataplane=True, lifetime=Lifetime.DETACHED, folder=folder())
        return RunningCluster(launched.spec, launched.ports)


def running() -> RunningCluster:
    """The running cluster. Raises StartError when there is none."""
    if not launch.is_alive(folder()):
        raise StartError("no cluster was left running: start one with `make cluster`")
    return RunningCluster.read(folder())


def down() -> bool:
    """End it and remove its folder. False when none was running."""
    with cache.lock(_LOCK, waiting=_say_waiting):
        was_alive = launch.is_alive(folder())
        if was_alive:
            _kill(int((folder() / launch.PID_FILE).read_text()))
        shutil.rmtree(folder(), ignore_errors=True)
        return was_alive


def _kill(supervisor: int) -> None:
    """End the supervisor, and with it all that is in its process namespace."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(supervisor, signal.SIGKILL)
    while launch.is_alive(folder()):
        time.sleep(0.02)


def _say_waiting() -> None:
    build.say("another process is starting or ending the cluster; waiting for it")
