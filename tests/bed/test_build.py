"""Tools are found where people have them, and built once where they are missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dev.cluster import build
from dev.cluster.tools import ETCD, built_path

# Plays Go: it says a version, downloads nothing, and what it builds is a script. Each build leaves a line.
_GO = """#!/bin/sh
case "$1 $2" in
  "env GOVERSION") echo go1.26.8 ;;
  "mod download") echo "module x" > "{folder}/x.mod"; echo '{{"GoMod": "{folder}/x.mod"}}' ;;
  "build "*) sleep 0.5; echo built >> "{folder}/builds"; while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\n' > "$2"; chmod +x "$2" ;;
esac
"""
_ENSURE = "from dev.cluster import build, tools; print(build.ensure([tools.ETCD])['etcd'])"


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a Go, and an empty cache."""
    program = tmp_path / "bin" / "go"
    program.parent.mkdir()
    program.write_text(_GO.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return program


def test_a_tool_of_the_user_is_taken(go: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = _script(tmp_path / "assets" / "etcd")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(own.parent))
    assert build.ensure([ETCD]) == {"etcd": own}
    assert not (tmp_path / "builds").exists()


def test_a_missing_tool_is_built_once_by_two_processes_at_a_time(go: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _ENSURE]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert {out.strip() for out, _ in said} == {str(built_path(ETCD))}
    assert (tmp_path / "builds").read_text() == "built\n"
    progress = "".join(err for _, err in said)
    assert "building once, in about 1 min on 2 cores: etcd" in progress
    assert "[1/1] etcd v3" in progress


def test_a_build_that_fails_says_why_and_where_all_of_it_stands(go: Path) -> None:
    go.write_text(go.read_text().replace("sleep 0.5;", "echo no space left on device >&2; exit 1;"))
    with pytest.raises(build.BuildError, match=r"(?s)etcd v3.*no space left on device.*all of it: .*etcd\.log"):
        build.ensure([ETCD])
    assert not built_path(ETCD).exists()


def _script(path: Path) -> Path:
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path
