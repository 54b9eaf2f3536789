"""The API server in memory: objects by key, a log of what happened to them, and its answers to wrong writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from tidegate.api.meta import time_text
from tidegate.core.objects import Key, key_of
from tidegate.core.pods import PodView
from tidegate.model.clock import Clock
from tidegate.model.objects import Raw, changed, created, merged, patched, uid_of

CONFLICT, NOT_FOUND, INVALID, TOO_MANY = 409, 404, 422, 429
OWN_STATUS = frozenset({"Rollout", "TrafficSplit", "AnalysisRun", "ReplicaSet", "HTTPRoute"})
"""Kinds whose status is a subresource: a write of the object leaves it alone, and the other way round."""


Metadata = Mapping[str, Mapping[str, str | None]]
"""Labels and annotations to merge; None removes one."""


class PodKeeper(Protocol):
    """Whoever holds the pods, which are no objects here."""

    def mark(self, replicaset: Key, metadata: Metadata) -> Iterable[str]:
        """Change those that differ; their names."""

    def look(self, replicaset: Key) -> list[PodView]:
        """The pods of a ReplicaSet."""

    def evict(self, namespace: str, name: str) -> None:
        """Let one go. Raises ApiError 404, 429 when a PodDisruptionBudget does not allow it."""


TIMED = frozenset({"ConfigMap", "Secret"})
"""Kinds of which somebody asks when they were written last."""


class ApiError(Exception):
    """A write that came to nothing, with the HTTP status of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the log: what a watch shows. `before` is what it was, `by` who wrote it."""

    type: str
    key: Key
    raw: Raw
    before: Raw | None
    by: str


@dataclass(frozen=True, slots=True)
class Call:
    """A write that somebody sent, whatever the answer was."""

    by: str
    verb: str
    kind: str
    name: str
    subresource: str


class ApiServer:
    """Objects as they are. What it gives away is never to be changed."""

    def __init__(self, clock: Clock) -> None:
        self.objects: dict[Key, Raw] = {}
        self.log: list[Change] = []
        self.calls: list[Call] = []
        self._clock = clock
        self._uids = count(1)
        self._watchers: list[Callable[[Change], None]] = []
        self._keepers: list[PodKeeper] = []

    @property
    def version(self) -> str:
        """The resourceVersion of the last change."""
        return str(len(self.log))

    def watch(self, watcher: Callable[[Change], None]) -> None:
        """Be told of every change, at the moment it is made."""
        self._watchers.append(watcher)

    def keep_pods(self, keeper: PodKeeper) -> None:
        """Let somebody answer for the pods."""
        self._keepers.append(keeper)

    def find(self, key: Key) -> Raw | None:
        """An object; None when it isn't there."""
        return self.objects.get(key)

    def get(self, key: Key) -> Raw:
        """An object. Raises ApiError 404."""
        found = self.objects.get(key)
        if found is None:
            raise ApiError(NOT_FOUND, f"{key.kind} {key.name} not found")
        return found

    def list(self, kind: str, namespace: str | None = None) -> list[Raw]:
        """The objects of a kind, in the order in which they were created."""
        return [raw for key, raw in self.objects.items() if key.kind == kind and namespace in (None, key.namespace)]

    def create(self, body: Mapping[str, Any], by: str = "user") -> Raw:
        """POST. Raises ApiError 409 when there is one of that name."""
        key = key_of(body)
        self._count(by, "create", key)
        if key in self.objects:
            raise ApiError(CONFLICT, f"{key.kind} {key.name} already exists")
        uid = f"{next(self._uids):08x}-0000-4000-8000-000000000000"
        return self._put("ADDED", created(body, uid, self._next(), self._clock.now), None, by)

    def load(self, raws: Iterable[Mapping[str, Any]], by: str = "user") -> None:
        """Objects as another API server has them: their uids, by which they know each other, stay."""
        for raw in raws:
            # Some kinds have no generation there.
            metadata = {"generation": 1, **raw["metadata"], "resourceVersion": self._next()}
            self._put("ADDED", {**raw, "metadata": metadata}, None, by)

    def merge(
        self, key: Key, patch: Mapping[str, Any], by: str = "user", *, subresource: str = "", version: str = ""
    ) -> Raw:
        """A merge patch; `version` is the resourceVersion that it expects. Raises ApiError 404, 409."""
        self._count(by, "patch", key, subresource)
        old = self.get(key)
        if version not in ("", old["metadata"]["resourceVersion"]):
            raise ApiError(CONFLICT, f"{key.kind} {key.name}: the object has been modified")
        return self._replace(old, merged(old, patch), by, subresource)

    def patch(self, key: Key, operations: Sequence[Mapping[str, Any]], by: str = "user") -> Raw:
        """A JSON Patch. Raises ApiError 404, 422 (also when a test in it does not hold)."""
        self._count(by, "patch", key)
        old = self.get(key)
        try:
            new = patched(old, [dict(operation) for operation in operations])
        except ValueError as error:
            raise ApiError(INVALID, f"{key.kind} {key.name}: {error}") from error
        return self._replace(old, new, by, "")

    def delete(self, key: Key, by: str = "user", *, uid: str = "") -> Raw:
        """DELETE in the background: the object is gone at once. Raises ApiError 404, 409 when the uid is another."""
        self._count(by, "delete", key)
        old = self.get(key)
        if uid not in ("", uid_of(old)):
            raise ApiError(CONFLICT, f"{key.kind} {key.name}: the uid is {uid_of(old)}")
        del self.objects[key]
        last = {**old, "metadata": {**old["metadata"], "resourceVersion": self._next()}}
        self._tell(Change("DELETED", key, last, old, by))
        return last

    def mark_pods(self, replicaset: Key, metadata: Metadata, by: str) -> None:
        """Merge labels and annotations into the pods of a ReplicaSet, those that differ, each by one write."""
        for keeper in self._keepers:
            for name in keeper.mark(replicaset, metadata):
                self._count(by, "patch", Key("Pod", replicaset.namespace, name))

    def pods_of(self, replicaset: Key) -> Sequence[PodView]:
        """A list of the pods of a ReplicaSet."""
        return tuple(pod for keeper in self._keepers for pod in keeper.look(replicaset))

    def evict(self, namespace: str, name: str, by: str) -> None:
        """POST an Eviction of a pod. Raises ApiError 404, 429 when a PodDisruptionBudget does not allow it."""
        self._count(by, "create", Key("Pod", namespace, name), "eviction")
        for keeper in self._keepers:
            keeper.evict(namespace, name)

    def mark_deleting(self, key: Key) -> Raw:
        """What a DELETE does that waits for a finalizer."""
        meta = {"deletionTimestamp": time_text(self._clock.now), "finalizers": ["orphan"]}
        old = self.get(key)
        new = {**old, "metadata": {**old["metadata"], **meta, "resourceVersion": self._next()}}
        return self._put("MODIFIED", new, old, "user")

    def apply(self, bodies: Iterable[Mapping[str, Any]], by: str = "user") -> None:
        """`kubectl apply`: create what isn't there, write spec and metadata of what is."""
        for body in bodies:
            key = key_of(body)
            if key in self.objects:
                self._count(by, "patch", key)
                old = self.objects[key]
                self._replace(old, {**old, **body, "metadata": {**old["metadata"], **body["metadata"]}}, by, "")
            else:
                self.create(body, by)

    def _replace(self, old: Raw, new: Raw, by: str, subresource: str) -> Raw:
        key = key_of(old)
        if subresource:
            new = {**old, subresource: new.get(subresource)}
        elif key.kind in OWN_STATUS and "status" in old:
            new = {**new, "status": old["status"]}
        result = changed(old, new, self._next())
        if result is None:
            return old
        return self._put("MODIFIED", result, old, by)

    def _put(self, kind: str, raw: Raw, before: Raw | None, by: str) -> Raw:
        key = key_of(raw)
        if key.kind in TIMED:
            raw["metadata"]["managedFields"] = [
                {"manager": by, "time": time_text(self._clock.now.replace(microsecond=0))}
            ]
        self.objects[key] = raw
        self._tell(Change(kind, key, raw, before, by))
        return raw

    def _tell(self, change: Change) -> None:
        self.log.append(change)
        for watcher in self._watchers:
            watcher(change)

    def _next(self) -> str:
        return str(len(self.log) + 1)

    def _count(self, by: str, verb: str, key: Key, subresource: str = "") -> None:
        self.calls.append(Call(by, verb, key.kind, key.name, subresource))
