"""From actions to writes: in order, up to the first that fails. Each reply goes into the store at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tidegate.core.actions import Action, CopyConfig, Create, Delete, MarkPods, Merge, PatchList, RestartPods
from tidegate.core.objects import Key, Meta
from tidegate.observe.fields import meta_view
from tidegate.observe.kinds import REPLICASET, WRITTEN, Kind
from tidegate.observe.store import Store
from tidegate.shell.client import Client
from tidegate.shell.copies import Copier
from tidegate.shell.errors import AlreadyExistsError, ConflictError, ForbiddenError, InvalidError, NotFoundError
from tidegate.shell.marking import PodMarker
from tidegate.shell.restarting import PodRestarter

Wake = Callable[[Iterable[Key]], None]


class RefusedError(Exception):
    """The API server will not take a write, today or tomorrow; the message says which and why, for its author."""


class Applier:
    """Carries out actions. Each is safe to carry out again."""

    def __init__(self, client: Client, store: Store, wake: Wake, *, secrets_need_label: bool = True) -> None:
        self._client = client
        self._copier = Copier(client, labelled_only=secrets_need_label)
        self._marker = PodMarker(client)
        self._restarter = PodRestarter(client)
        self._store = store
        self._wake = wake

    async def apply(self, actions: Iterable[Action]) -> None:
        """Carry out `actions` in order.

        Raises ConflictError when the world is not what it was when they were decided (look again), RefusedError
        when the API server will not have one, UnavailableError when it can't be reached. Those after it are left out.
        """
        for action in actions:
            await self._apply(action)

    async def _apply(self, action: Action) -> None:
        try:
            await self._write(action)
        except (InvalidError, ForbiddenError) as error:
            raise RefusedError(f"{_attempt(action)}: {error}") from error

    async def _write(self, action: Action) -> None:
        match action:
            case CopyConfig():
                await self._copier.copy(action)
            case MarkPods():
                await self._marker.mark(action)
            case RestartPods(meta=meta):
                progress = await self._restarter.restart(action)
                self._wake(self._store.note_restart(Key(REPLICASET.name, meta.namespace, meta.name), progress))
            case _:
                await self._write_object(WRITTEN[action.resource], action)

    async def _write_object(self, kind: Kind, action: Create | Merge | PatchList | Delete) -> None:
        match action:
            case Create():
                self._take(kind, await self._create(kind, action))
            case Merge():
                await self._change(kind, action.meta, self._merge(kind, action))
            case PatchList(meta=meta, operations=operations):
                change = self._client.patch(kind, meta.namespace, meta.name, operations)
                await self._change(kind, meta, change)
            case Delete():
                await self._delete(kind, action.meta)

    async def _create(self, kind: Kind, action: Create) -> Mapping[str, Any]:
        try:
            return await self._client.create(kind, action.namespace, action.body)
        except AlreadyExistsError:
            return await self._already_ours(kind, action)
        except NotFoundError as error:
            # The namespace or the kind is gone: nothing that another look would change.
            raise InvalidError(str(error)) from error

    async def _already_ours(self, kind: Kind, action: Create) -> Mapping[str, Any]:
        """The object of that name, when an earlier try made it; else whose it is must be said."""
        try:
            found = await self._client.get(kind, action.namespace, action.name)
        except NotFoundError as error:
            raise ConflictError(f"{kind.name} {action.name} went while it was looked at") from error
        meta = meta_view(found)
        if meta.deleting:
            raise ConflictError(f"{kind.name} {action.name} is being deleted")
        if meta.owner_uid is None and _left_by_ours(found, action):
            return await self._adopt(kind, action, meta)
        if meta.owner_uid != action.owner_uid:
            raise InvalidError(f"there is one of that name that belongs to {_owner(found)}: delete or rename it")
        return found

    async def _adopt(self, kind: Kind, action: Create, meta: Meta) -> Mapping[str, Any]:
        """Take back what `kubectl delete --cascade=orphan` left: the pods go on serving under the new owner."""
        owners = {"metadata": {"ownerReferences": action.body["metadata"]["ownerReferences"]}}
        return await self._merge(kind, Merge(action.resource, meta, owners))

    async def _merge(self, kind: Kind, action: Merge) -> Mapping[str, Any]:
        seen = action.meta
        precondition = {"uid": seen.uid} if action.unconditional else {"resourceVersion": seen.resource_version}
        metadata = {**action.patch.get("metadata", {}), **precondition}
        subresource = "status" if action.status else ""
        patch = {**action.patch, "metadata": metadata}
        return await self._client.merge(kind, action.meta.namespace, action.meta.name, patch, subresource)

    async def _change(self, kind: Kind, meta: Meta, change: Any) -> None:
        try:
            self._take(kind, await change)
        except NotFoundError as error:
            self._gone(kind, meta)
            raise ConflictError(str(error)) from error

    async def _delete(self, kind: Kind, meta: Meta) -> None:
        try:
            reply = await self._client.delete(kind, meta.namespace, meta.name, meta.uid)
        except NotFoundError:
            reply = {}
        # An object with finalizers is still there, and says that it is being deleted; else it is gone.
        if meta_view(reply).deleting:
            self._take(kind, reply)
        else:
            self._gone(kind, meta)

    def _take(self, kind: Kind, reply: Mapping[str, Any]) -> None:
        self._wake(self._store.ingest(kind.name, "MODIFIED", reply))

    def _gone(self, kind: Kind, meta: Meta) -> None:
        self._wake(self._store.evict(Key(kind.name, meta.namespace, meta.name)))


def _left_by_ours(found: Mapping[str, Any], action: Create) -> bool:
    """Whether it bears all labels that we would give it: one that a user wrote by hand under that name does not."""
    ours = action.body["metadata"].get("labels") or {}
    return bool(ours) and ours.items() <= (found["metadata"].get("labels") or {}).items()


def _attempt(action: Action) -> str:
    match action:
        case CopyConfig():
            return f"{action.config} can't be copied"
        case MarkPods():
            return f"canaryMetadata and stableMetadata can't be put on the pods of ReplicaSet {action.meta.name}"
        case RestartPods():
            return f"the pods of ReplicaSet {action.meta.name} can't be restarted"
    kind = WRITTEN[action.resource].name
    match action:
        case Create(name=name):
            return f"{kind} {name} can't be created"
        case Delete(meta=meta):
            return f"{kind} {meta.name} can't be deleted"
    return f"{kind} {action.meta.name} can't be changed"


def _owner(found: Mapping[str, Any]) -> str:
    owners = found["metadata"].get("ownerReferences") or []
    return next((f"{o.get('kind')} {o.get('name')}" for o in owners if o.get("controller")), "nobody")
