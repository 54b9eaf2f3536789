"""The garbage collector: what belongs to nobody that is there any more goes, or stays when it was asked to."""

from __future__ import annotations

from tidegate.core.objects import Key, key_of
from tidegate.model.api import ApiServer, Change
from tidegate.model.clock import Clock
from tidegate.model.objects import Raw, owners_of, uid_of

NAME = "garbage-collector"
LAG = 0.05


class GarbageCollector:
    """Deletes dependents of what is gone."""

    def __init__(self, api: ApiServer, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        api.watch(self._note)

    def orphan(self, key: Key) -> None:
        """`kubectl delete --cascade=orphan`: seen to go, then its dependents lose their owner, then it is gone."""
        self._api.mark_deleting(key)
        self._clock.after(LAG, lambda: self._let_go(key))

    def _let_go(self, key: Key) -> None:
        owner = uid_of(self._api.get(key))
        for child in self._children(owner):
            kept = [reference for reference in owners_of(child) if reference["uid"] != owner]
            self._api.merge(key_of(child), {"metadata": {"ownerReferences": kept or None}}, NAME)
        self._api.delete(key, NAME)

    def _note(self, change: Change) -> None:
        if change.type == "DELETED":
            owner = uid_of(change.raw)
            self._clock.after(LAG, lambda: self._collect(owner))
        elif change.type == "ADDED" and any(owners_of(change.raw)):
            # Made for an owner that went meanwhile.
            self._clock.after(LAG, lambda: self._check(change.key))

    def _collect(self, owner: str) -> None:
        for child in self._children(owner):
            self._check(key_of(child))

    def _check(self, key: Key) -> None:
        raw = self._api.find(key)
        owners = list(owners_of(raw)) if raw is not None else []
        if owners and not any(self._exists(reference["uid"]) for reference in owners):
            self._api.delete(key, NAME)

    def _children(self, owner: str) -> list[Raw]:
        objects = self._api.objects.values()
        return [raw for raw in objects if any(reference["uid"] == owner for reference in owners_of(raw))]

    def _exists(self, uid: str) -> bool:
        return any(uid_of(raw) == uid for raw in self._api.objects.values())
