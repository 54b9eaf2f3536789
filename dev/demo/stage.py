"""What all acts share: the cluster's objects, the load, and the face that shows them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self

from dev.cluster import Load
from dev.demo.picture import Picture, picture
from dev.demo.place import Place, Version
from dev.following import Following
from dev.kube import DEPLOYMENT, EVENT, POD, REPLICASET, ROLLOUT, ROUTE, RUN, SERVICE, SPLIT, Kube, Manifest

RATE = 200.0
KINDS = (ROLLOUT, SPLIT, RUN, ROUTE, REPLICASET, SERVICE, POD, EVENT, DEPLOYMENT)


class Face(Protocol):
    """Shows pictures to a person."""

    def show(self, picture: Picture) -> None:
        """Show this one instead of the one before."""

    def say(self, text: str) -> None:
        """A line that stays."""


class Stage:
    """`with Stage(...) as stage:` shows what goes on until the end of the block."""

    def __init__(self, place: Place, kube: Kube, seen: Following, face: Face) -> None:
        self.place = place
        self.kube = kube
        self.seen = seen
        self.face = face
        self.tells_versions = True
        self._app, self._act = "demo", "starting"
        self._load: Load | None = None
        self._over = threading.Event()
        self._showing = threading.Thread(target=self._show, daemon=True)

    def __enter__(self) -> Self:
        self._showing.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._showing.join()

    def begin(self, app: str, act: str) -> None:
        """What follows is this act, with the pods of this app."""
        self._app, self._act = app, act
        self.face.say(f"== {act}")

    @contextmanager
    def load(self, host: str) -> Iterator[Load]:
        """The load on a host name, from the first line of the block to the last."""
        with self.place.load(host, RATE) as load:
            self._load = load
            yield load

    def apply(self, file: str, version: Version | None = None) -> None:
        """Apply a file of manifests, as a person would. Raises ApiException with the server's refusal."""
        for manifest in self.place.manifests(file, version):
            self.seen.catch_up(self.kube.apply(manifest))

    @property
    def rollout(self) -> Manifest:
        """The Rollout as it was seen last."""
        return self.seen.get(ROLLOUT, "demo") or {}

    def said(self) -> str:
        """What the operator says of the Rollout, for messages."""
        status = self.rollout.get("status", {})
        waiting = (status.get("waitingFor") or {}).get("message", "nothing")
        phase, message = status.get("phase", "without a status"), status.get("message", "")
        return f"Rollout demo is {phase}, waits for: {waiting}; {message}"

    def pods(self, version: Version) -> list[Manifest]:
        """The pods of a version that are there, going ones too."""
        image = f":{version.name}"
        return [p for p in self.seen.all_of(POD) if p["spec"]["containers"][0]["image"].endswith(image)]

    def _show(self) -> None:
        known = -1
        while not self._over.is_set():
            known = self.seen.await_change(known, seconds=0.25)
            load = self._load.snapshot() if self._load else None
            self.face.show(picture(self._act, self._app, self.seen, load))
