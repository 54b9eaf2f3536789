"""What there is, by lists of metadata: the measure of what the store knows.

A watch that begins again after a gap tells what there is, never what went meanwhile: a ReplicaSet that is gone would
count as ready for ever. A list tells: what it does not show is gone, and what it shows newer than known was missed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from tidegate.core.objects import Key
from tidegate.observe.fields import meta_view
from tidegate.observe.kinds import CLUSTER_TEMPLATE, HTTPROUTE, Kind
from tidegate.observe.store import Store
from tidegate.observe.table import version
from tidegate.shell.client import Client, Listing
from tidegate.shell.errors import ForbiddenError, NotFoundError

log = logging.getLogger(__name__)

OPTIONAL = frozenset({HTTPROUTE, CLUSTER_TEMPLATE})
"""Kinds that the operator may do without: the Gateway API isn't installed, or only one namespace is seen."""
FROM_MEMORY = "0"
Listings = Mapping[Kind, Listing]
Item = tuple[Kind, Mapping[str, Any]]


class Census:
    """Lists kinds and holds the store to what they show. `missing` are the kinds that can't be listed, and why."""

    def __init__(self, client: Client, store: Store, namespace: str | None) -> None:
        self._client = client
        self._store = store
        self._namespace = namespace
        self.missing: dict[Kind, str] = {}

    @property
    def complete(self) -> bool:
        """Whether all kinds are there that the operator can't do without."""
        return not set(self.missing) - OPTIONAL

    async def take(self, kinds: Iterable[Kind], resource_version: str = "") -> dict[Kind, Listing]:
        """List `kinds`, those that are served. "0" takes what the API server has in memory, which may be older."""
        asked = tuple(kinds)
        found = await asyncio.gather(*(self._list(kind, resource_version) for kind in asked))
        return {kind: listing for kind, listing in zip(asked, found, strict=True) if listing is not None}

    async def _list(self, kind: Kind, resource_version: str) -> Listing | None:
        try:
            listing = await self._client.list_metadata(kind, self._namespace, resource_version)
        except NotFoundError:
            self._not_served(kind, f"the cluster has no {kind.plural}.{kind.group}")
            return None
        except ForbiddenError as error:
            self._not_served(kind, str(error))
            return None
        if self.missing.pop(kind, None):
            log.info("%s is there now", kind.name)
        return listing

    def _not_served(self, kind: Kind, reason: str) -> None:
        if self.missing.get(kind) != reason:
            log.log(logging.INFO if kind in OPTIONAL else logging.ERROR, "%s is not watched: %s", kind.name, reason)
        self.missing[kind] = reason

    def evict(self, listings: Listings) -> set[Key]:
        """Forget what the lists no longer show. Returns the keys that must be reconciled."""
        return {
            key
            for kind, listing in listings.items()
            for key in self._store.sweep(
                kind.name,
                map(uid_of, listing.items),
                listing.resource_version,
                self._namespace if kind.namespaced else None,
            )
        }

    def unknown(self, listings: Listings) -> set[tuple[str, str]]:
        """Kind and uid of what the lists show and the store has never seen."""
        return {(kind.name, uid_of(item)) for kind, item in _each(listings) if not self._knows(kind, item)}

    def behind(self, listings: Listings) -> list[Item]:
        """What the lists show newer than the store knows it."""
        return [(kind, item) for kind, item in _each(listings) if self.is_behind(kind, item)]

    def is_behind(self, kind: Kind, item: Mapping[str, Any]) -> bool:
        """Whether the store still knows an older state than that of `item`."""
        listed = meta_view(item)
        known = self._store.meta(Key(kind.name, listed.namespace, listed.name))
        if known is None:
            return not self._knows(kind, item)
        return version(known.resource_version) < version(listed.resource_version)

    def _knows(self, kind: Kind, item: Mapping[str, Any]) -> bool:
        meta = meta_view(item)
        return self._store.knows(kind.name, meta.namespace, meta.name, meta.uid)


def _each(listings: Listings) -> Iterable[Item]:
    return ((kind, item) for kind, listing in listings.items() for item in listing.items)


def uid_of(raw: Mapping[str, Any]) -> str:
    """The uid of an object."""
    return str((raw.get("metadata") or {}).get("uid") or "")
