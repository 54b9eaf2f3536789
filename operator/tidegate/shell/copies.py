"""Copies of ConfigMaps and Secrets: the content goes from the API server to the API server, and stays nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.api.config import ConfigKind
from tidegate.core.actions import CopyConfig
from tidegate.core.config.content import copy_of
from tidegate.observe.fields import meta_view
from tidegate.observe.kinds import CONFIG_MAP, READABLE, SECRET, Kind
from tidegate.shell.client import Client
from tidegate.shell.errors import AlreadyExistsError, ConflictError, InvalidError, NotFoundError

KINDS: Mapping[ConfigKind, Kind] = {ConfigKind.CONFIG_MAP: CONFIG_MAP, ConfigKind.SECRET: SECRET}


class Copier:
    """Makes copies. With `labelled_only`, of Secrets only those that carry `tidegate.dev/readable: "true"`."""

    def __init__(self, client: Client, *, labelled_only: bool) -> None:
        self._client = client
        self._labelled_only = labelled_only

    async def copy(self, action: CopyConfig) -> None:
        """Create the copy. Raises ConflictError when there is no longer what it was decided on, InvalidError when
        the name is taken."""
        kind = KINDS[action.config.kind]
        body = copy_of(action, await self._source(kind, action))
        if body is None:
            raise ConflictError(f"{action.config} has changed")
        try:
            await self._client.create(kind, action.namespace, body)
        except AlreadyExistsError:
            await self._check_owner(kind, action)

    async def _source(self, kind: Kind, action: CopyConfig) -> Mapping[str, Any]:
        try:
            found = await self._client.get(kind, action.namespace, action.config.name)
        except NotFoundError as error:
            raise ConflictError(f"{action.config} is gone") from error
        if kind is SECRET and self._labelled_only and (found["metadata"].get("labels") or {}).get(READABLE) != "true":
            raise ConflictError(f"{action.config} is not opened any more: it has lost its label {READABLE}")
        return found

    async def _check_owner(self, kind: Kind, action: CopyConfig) -> None:
        """That it is ours is enough: it is immutable, and its name is that of its content."""
        try:
            meta = meta_view(await self._client.get(kind, action.namespace, action.name))
        except NotFoundError as error:
            raise ConflictError(f"{kind.name} {action.name} went while it was looked at") from error
        if meta.deleting:
            raise ConflictError(f"{kind.name} {action.name} is being deleted")
        if meta.owner_uid != action.owner["uid"]:
            raise InvalidError(f"{kind.name} {action.name} is there and belongs to somebody else: delete or rename it")
