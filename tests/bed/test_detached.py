"""`make cluster` leaves a cluster running that `make cluster-down` ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kubernetes import client

from dev.cluster import cache, launch
from tests.bed import kube


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder with the built tools and nothing else: the user's own cluster is left alone."""
    built = cache.folder()
    home = tmp_path / "tidegate"
    home.mkdir()
    for name in ("bin", "crds", "prometheus"):
        (home / name).symlink_to(built / name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return home


def test_a_cluster_left_running_can_be_used_and_ended(home: Path) -> None:
    said = _run("up", "--detach")
    kubeconfig = home / "cluster" / "kubeconfig"
    assert f"export KUBECONFIG={kubeconfig}" in said
    assert "curl -H 'Host: " in said
    assert client.CoreV1Api(kube.api(kubeconfig)).list_node().items
    assert _run("up", "--detach") == said, "a second start finds the first"
    assert _run("down") == "The cluster is gone.\n"
    assert not launch.is_alive(home / "cluster")
    assert not (home / "cluster").exists()
    assert _run("down") == "No cluster was running.\n"


def test_a_load_without_a_cluster_says_how_to_start_one(home: Path) -> None:
    done = _start("load", "--host", "demo.example.com")
    assert done.returncode == 1
    assert "make cluster" in done.stderr


def _run(*arguments: str) -> str:
    done = _start(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dev.cluster", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
