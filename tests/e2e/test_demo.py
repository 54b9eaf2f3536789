"""`make demo`, as a stranger runs it: it ends with 0, and whenever it is stopped, nothing of it stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.cluster import RunningCluster
from dev.cluster.commands import kubectl

_PROJECT = Path(__file__).resolve().parents[2]


def test_the_demo_shows_what_it_promises(tmp_path: Path) -> None:
    with _demo(tmp_path) as demo:
        said, errors = demo.communicate(timeout=280)
    assert demo.returncode == 0, said + errors
    result = json.loads((tmp_path / "out" / "demo.json").read_text())
    assert {name: set(values) for name, values in result.items()} == {
        "good": {"requests", "failed", "seconds"},
        "bad": {"requests", "failed", "highestWeight", "secondsToZero"},
        "plainDeployment": {"requests", "failed"},
    }
    assert result["good"]["requests"] > 2000
    assert result["good"]["failed"] == 0
    assert 0 < result["bad"]["failed"] < 0.2 * 0.2 * result["bad"]["requests"]
    assert result["bad"]["highestWeight"] == 20
    assert 0 < result["bad"]["secondsToZero"] < 10
    assert result["plainDeployment"]["failed"] > 0
    assert "waits for" in said
    assert "20 % asked for, 20 % in the route" in said
    _nothing_left(tmp_path)


@pytest.mark.parametrize("moment", ["== first version", "== good release"])
def test_nothing_is_left_after_ctrl_c(tmp_path: Path, moment: str) -> None:
    with _demo(tmp_path) as demo:
        assert demo.stdout is not None
        while moment not in (line := demo.stdout.readline()):
            assert line, "the demo ended before"
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=30)
    assert demo.returncode == 130, errors
    _nothing_left(tmp_path)


def test_on_a_given_cluster_it_takes_away_what_it_made(bed: RunningCluster, tmp_path: Path) -> None:
    told = {"ADDRESS": bed.gateway_url, "PROMETHEUS": bed.prometheus_url}
    with _demo(tmp_path, "--kubeconfig", str(bed.kubeconfig), **told) as demo:
        said, errors = demo.communicate(timeout=280)
    assert demo.returncode == 0, said + errors
    result = json.loads((tmp_path / "out" / "demo.json").read_text())
    assert result["good"]["failed"] == 0
    assert result["bad"]["highestWeight"] == 20
    left = kubectl(
        bed.kubeconfig, "get", "namespaces", "-o", "jsonpath={.items[?(@.status.phase=='Active')].metadata.name}"
    )
    assert not [name for name in left.split() if name.startswith("tidegate-demo-")]
    _nothing_left(tmp_path)


def test_on_a_given_cluster_it_says_what_it_misses(tmp_path: Path) -> None:
    with _demo(tmp_path, "--kubeconfig", "/nowhere/kubeconfig") as demo:
        _, errors = demo.communicate(timeout=30)
    assert demo.returncode == 2
    assert "no cluster answers behind /nowhere/kubeconfig" in errors


def test_on_a_given_cluster_it_says_what_it_must_be_told(bed: RunningCluster, tmp_path: Path) -> None:
    with _demo(tmp_path, "--kubeconfig", str(bed.kubeconfig)) as demo:
        _, errors = demo.communicate(timeout=30)
    assert demo.returncode == 2
    assert "ADDRESS=… PROMETHEUS=…" in errors
    assert "IMAGE" not in errors, "where pods are only played, any image will do"


@contextmanager
def _demo(folder: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The demo as a process whose temporary files are in `folder`, and its result in `folder/out`."""
    (folder / "tmp").mkdir()
    command = [sys.executable, "-m", "dev.demo", *arguments]
    paths = os.pathsep.join([str(_PROJECT / "operator"), str(_PROJECT)])
    environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "PYTHONPATH": paths, **variables}
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _nothing_left(folder: Path) -> None:
    assert list((folder / "tmp").iterdir()) == []
    assert [name for process in Path("/proc").glob("[0-9]*") if (name := _working_in(process, folder / "tmp"))] == []


def _working_in(process: Path, folder: Path) -> str:
    """The command line of a process that works in the folder, empty for others."""
    try:
        inside = (process / "cwd").readlink().is_relative_to(folder)
        return (process / "cmdline").read_text().replace("\0", " ") if inside else ""
    except OSError:
        return ""
