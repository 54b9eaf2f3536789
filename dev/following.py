"""What a namespace holds, kept by watches: asked for, waited for, and remembered change by change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from kubernetes.client import ApiException
from kubernetes.watch import Watch
from urllib3.exceptions import HTTPError

from dev.kube import Kind, Kube, Manifest

_Found = TypeVar("_Found")
# Some waits look at other things than objects too, such as a load: they are looked at this often at least.
_LOOK_AGAIN = 0.2
_WRITE_SECONDS = 10.0


class NotSeenError(AssertionError):
    """What was waited for did not show in time."""


@dataclass(frozen=True, slots=True)
class Change:
    """An object as it became at a moment (`time.time()`); `gone` when it was deleted."""

    at: float
    kind: Kind
    object: Manifest
    gone: bool

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.object["metadata"]["name"])


class Following:
    """`with Following(kube, "demo", [ROLLOUT, POD]) as seen:` follows these kinds in a namespace."""

    def __init__(self, kube: Kube, namespace: str, kinds: Iterable[Kind]) -> None:
        self._kube = kube
        self._namespace = namespace
        self._watches = {kind: Watch() for kind in kinds}
        self._now: dict[tuple[Kind, str], Manifest] = {}
        self._changes: list[Change] = []
        self._changed = threading.Condition()
        self._error: Exception | None = None
        self._ended = False

    def __enter__(self) -> Self:
        for kind, watch in self._watches.items():
            items, since = self._kube.listed(kind, self._namespace)
            for item in items:
                self._take(kind, "ADDED", item)
            threading.Thread(target=self._follow, args=(kind, since, watch), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = True
        for watch in self._watches.values():
            watch.stop()

    def get(self, kind: Kind, name: str) -> Manifest | None:
        """The object as it was seen last, None when it is not there."""
        with self._changed:
            return self._now.get((kind, name))

    def all_of(self, kind: Kind) -> list[Manifest]:
        """All objects of a kind as they were seen last."""
        with self._changed:
            return [item for (its_kind, _), item in self._now.items() if its_kind == kind]

    def changes(self, kind: Kind, name: str | None = None) -> list[Change]:
        """Every change that was seen of a kind, or of one object, in order."""
        with self._changed:
            return [c for c in self._changes if c.kind == kind and name in (None, c.name)]

    def wait(self, check: Callable[[], _Found | None], what: str, seconds: float) -> _Found:
        """Wait until `check` gives something true. Raises NotSeenError with `what` when that is not in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not (found := check()):
                if self._error is not None:
                    raise NotSeenError(f"a watch ended while waiting for {what}: {self._error}") from self._error
                if time.monotonic() > deadline:
                    raise NotSeenError(f"not within {seconds:.0f} s: {what}")
                self._changed.wait(_LOOK_AGAIN)
            return found

    def catch_up(self, written: Manifest) -> None:
        """Wait until a write is seen, given the object as the API server answered it; not at all for other kinds.

        Without it a check right after a write may find the object as it was before. Raises NotSeenError.
        """
        kind = Kind(written["apiVersion"], written["kind"])
        name, version = written["metadata"]["name"], written["metadata"]["resourceVersion"]

        def is_seen() -> bool:
            return any(c.object["metadata"]["resourceVersion"] == version for c in self.changes(kind, name))

        if kind in self._watches:
            self.wait(is_seen, f"the write of {kind.name} {name}", _WRITE_SECONDS)

    def await_change(self, known: int, seconds: float) -> int:
        """Wait until there are more than `known` changes, or the time is over; how many there are then."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._changes) > known, timeout=seconds)
            return len(self._changes)

    def _follow(self, kind: Kind, since: str, watch: Watch) -> None:
        try:
            for what, item in self._kube.changes(kind, self._namespace, since, watch):
                self._take(kind, what, item)
        except (ApiException, HTTPError, OSError, ValueError) as error:
            if not self._ended:
                with self._changed:
                    self._error = error
                    self._changed.notify_all()

    def _take(self, kind: Kind, what: str, item: Manifest) -> None:
        change = Change(time.time(), kind, item, gone=what == "DELETED")
        with self._changed:
            self._changes.append(change)
            if change.gone:
                self._now.pop((kind, change.name), None)
            else:
                self._now[kind, change.name] = item
            self._changed.notify_all()
