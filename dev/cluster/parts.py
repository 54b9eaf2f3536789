"""Sends signals to the parts of a running cluster, by name: what happens when Prometheus hangs, or Contour dies?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from signal import Signals

# Each part has its name in its environment: process numbers are others inside the cluster's namespace.
NAME_VARIABLE = "LOCAL_CLUSTER_PART"


class NoSuchPartError(RuntimeError):
    """No part of that name runs in the cluster. The message lists those that do."""


def send(folder: Path, name: str, signal: Signals) -> None:
    """Send the signal to the part `name`. Raises NoSuchPartError."""
    running = dict(_running(folder))
    if name not in running:
        raise NoSuchPartError(f"{name} does not run; these do: {', '.join(sorted(running))}")
    os.kill(running[name], signal)


def _running(folder: Path) -> Iterator[tuple[str, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder and (name := _name(entry)):
                yield name, int(entry.name)
        except OSError:
            # It ended meanwhile, or it is another user's.
            continue


def _name(entry: Path) -> str | None:
    variables = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
    prefix = f"{NAME_VARIABLE}="
    return next((line.removeprefix(prefix) for line in variables if line.startswith(prefix)), None)
