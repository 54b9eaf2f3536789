"""The user's cache folder: what was built or fetched once, and locks against doing it twice at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def folder() -> Path:
    """`${XDG_CACHE_HOME:-~/.cache}/tidegate`, created when missing."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(base) / "tidegate"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def lock(name: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock `name` of the cache folder. `waiting` is called once when another process has it.

    The kernel drops the lock when its holder dies, so a killed build never blocks the next one.
    """
    with (folder() / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
