"""However a cluster ends, nothing of it stays: no process, no folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.cluster import Cluster, StartError
from tests.bed import kube

_STARTER = """
import signal
from dev.cluster import Cluster
with Cluster(dataplane=True) as cluster:
    print(cluster.folder, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda end: end.name)
def test_nothing_is_left_when_the_starter_gets(end: signal.Signals) -> None:
    with _starter() as (process, folder):
        assert len(_processes_in(folder)) >= 10
        process.send_signal(end)
        process.wait(20)
        kube.eventually(lambda: not folder.exists(), f"the folder is gone after {end.name}")
        assert _processes_in(folder) == []


def test_nothing_is_left_when_the_supervisor_is_killed_too() -> None:
    with _starter() as (process, folder):
        supervisor = int((folder / "supervisor.pid").read_text())
        process.kill()
        os.kill(supervisor, signal.SIGKILL)
        kube.eventually(lambda: not _processes_in(folder), "the processes are gone")
    os.utime(folder, (0, 0))
    with Cluster():
        assert not folder.exists(), "the next start removes a folder that nobody was left to remove"


def test_a_start_that_fails_names_the_log_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "etcd"
    broken.write_text("#!/bin/sh\necho no space left on device >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    before = _clusters()
    with pytest.raises(StartError) as failed, Cluster():
        pass
    message = str(failed.value)
    assert "etcd: ended with 3" in message
    assert "no space left on device" in message
    log = message.split("Log: ")[1].splitlines()[0]
    assert "no space left on device" in Path(log).read_text()
    assert _clusters() == before


@contextmanager
def _starter() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    process = subprocess.Popen([sys.executable, "-c", _STARTER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()


def _processes_in(folder: Path) -> list[str]:
    """The command lines of the processes that work in the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def _clusters() -> set[Path]:
    return set(Path(os.environ.get("TMPDIR", "/tmp")).glob("tidegate-cluster-*"))
