"""The views of one kind.

Events come late, twice and out of order: a table takes only what is newer than what it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from tidegate.core.objects import Meta
from tidegate.observe.fields import Raw, meta_view

Name = tuple[str, str]
"""Namespace (empty when the kind has none) and name."""

TOMBSTONES = 10_000


class View(Protocol):
    """What all views have."""

    @property
    def meta(self) -> Meta: ...


V = TypeVar("V", bound=View)


@dataclass(frozen=True, slots=True)
class Change(Generic[V]):
    """What an event did to a table: `old` is None for a new object, `new` is None for one that is gone."""

    old: V | None
    new: V | None

    @property
    def tells(self) -> bool:
        """Whether a decision could come out differently. A new resourceVersion alone is no news."""
        if self.old is None or self.new is None:
            return True
        return bool(_without_version(self.old) != _without_version(self.new))

    @property
    def both(self) -> tuple[V, ...]:
        """The views there were before and after: whoever one of them concerns must look again."""
        return tuple(view for view in (self.old, self.new) if view is not None)


def _without_version(view: Any) -> Any:
    return replace(view, meta=replace(view.meta, resource_version=""))


def version(text: str) -> int:
    """A resourceVersion as a number: they are comparable across the objects of a kind. 0 when it is none."""
    return int(text) if text.isdecimal() else 0


class Table(Generic[V]):
    """The views of one kind by name and by the uid of their owner."""

    def __init__(self, parse: Callable[[Raw, V | None], V]) -> None:
        self._parse = parse
        self._views: dict[Name, V] = {}
        self._owned: dict[str, dict[Name, None]] = {}
        # Without them the late answer to a write would bring back an object that was deleted meanwhile.
        self._tombstones: dict[Name, int] = {}

    def get(self, namespace: str, name: str) -> V | None:
        """The view of one object; None when it isn't there."""
        return self._views.get((namespace, name))

    def owned_by(self, uid: str) -> tuple[V, ...]:
        """The views of the objects that this owner controls, in the order in which they were first seen."""
        return tuple(self._views[name] for name in self._owned.get(uid, ()))

    def __iter__(self) -> Iterator[V]:
        return iter(tuple(self._views.values()))

    def __len__(self) -> int:
        return len(self._views)

    def put(self, raw: Raw) -> Change[V] | None:
        """Take an object in. None when it is not newer than what is known."""
        meta = meta_view(raw)
        name, seen = (meta.namespace, meta.name), version(meta.resource_version)
        old = self._views.get(name)
        if seen < self._tombstones.get(name, 0) or (old and not _newer(meta, old.meta)):
            return None
        self._tombstones.pop(name, None)
        new = self._parse(raw, old)
        self._set(name, old, new)
        return Change(old, new)

    def drop(self, raw: Raw) -> Change[V] | None:
        """Take note of a deletion. None when it was that of an earlier object of this name."""
        meta = meta_view(raw)
        name = (meta.namespace, meta.name)
        old = self._views.get(name)
        if old and old.meta.uid != meta.uid and _newer(old.meta, meta):
            return None
        self._bury(name, version(meta.resource_version))
        return self._forget(name)

    def evict(self, name: Name) -> Change[V] | None:
        """Forget an object that the API server says is gone."""
        old = self._views.get(name)
        if old is not None:
            # It lived until now at least: an event from before must not bring it back.
            self._bury(name, version(old.meta.resource_version) + 1)
        return self._forget(name)

    def lost(self, uids: Iterable[str], resource_version: str, namespace: str | None) -> list[Name]:
        """Names of the objects that a list of that version should have shown and didn't.

        An object that is newer than the list proves nothing: the list is then older than its creation.
        """
        listed, at = set(uids), version(resource_version)
        return [
            name
            for name, view in self._views.items()
            if view.meta.uid not in listed
            and version(view.meta.resource_version) <= at
            and (namespace is None or name[0] == namespace)
        ]

    def knows(self, namespace: str, name: str, uid: str) -> bool:
        """Whether the object was seen: it is here, or it has gone again."""
        view = self._views.get((namespace, name))
        return (namespace, name) in self._tombstones or (view is not None and view.meta.uid == uid)

    def _set(self, name: Name, old: V | None, new: V) -> None:
        if old is not None and old.meta.owner_uid != new.meta.owner_uid:
            self._disown(name, old)
        self._views[name] = new
        if new.meta.owner_uid:
            self._owned.setdefault(new.meta.owner_uid, {})[name] = None

    def _forget(self, name: Name) -> Change[V] | None:
        old = self._views.pop(name, None)
        if old is None:
            return None
        self._disown(name, old)
        return Change(old, None)

    def _disown(self, name: Name, view: V) -> None:
        owned = self._owned.get(view.meta.owner_uid or "", {})
        owned.pop(name, None)
        if not owned:
            self._owned.pop(view.meta.owner_uid or "", None)

    def _bury(self, name: Name, at: int) -> None:
        self._tombstones[name] = at
        if len(self._tombstones) > TOMBSTONES:
            self._tombstones.pop(next(iter(self._tombstones)))


def _newer(meta: Meta, than: Meta) -> bool:
    """Whether `meta` is a later state. Versions that are no numbers can only be told apart."""
    new, old = version(meta.resource_version), version(than.resource_version)
    return new > old if new and old else meta.resource_version != than.resource_version
