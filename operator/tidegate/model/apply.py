"""One action as one write: what the operator's shell does with it, at the API server of the model."""

from __future__ import annotations

from tidegate.core.actions import Action, CopyConfig, Create, Delete, MarkPods, Merge, PatchList, RestartPods
from tidegate.core.config.content import copy_of
from tidegate.core.objects import Key
from tidegate.core.pods import RestartProgress
from tidegate.core.rollout.eviction import choose
from tidegate.model.api import CONFLICT, NOT_FOUND, TOO_MANY, ApiError, ApiServer
from tidegate.model.objects import Raw
from tidegate.observe.fields import meta_view
from tidegate.observe.kinds import POD, REPLICASET, WRITTEN


class ConflictError(Exception):
    """The world is not what it was when the action was decided."""


class RefusedError(Exception):
    """The API server will not take it."""


class UnavailableError(Exception):
    """No answer from the API server: it may have been done or not."""


def key_of_action(action: Action) -> Key:
    """What it writes."""
    if isinstance(action, CopyConfig):
        return Key(action.config.kind, action.namespace, action.name)
    if isinstance(action, MarkPods | RestartPods):
        return Key(POD.name, action.meta.namespace, action.meta.name)
    kind = WRITTEN[action.resource].name
    if isinstance(action, Create):
        return Key(kind, action.namespace, action.name)
    return Key(kind, action.meta.namespace, action.meta.name)


def write(api: ApiServer, action: Action, by: str) -> Raw | None:
    """Do it and return the object as it is then; None when it is gone. Raises ConflictError, RefusedError."""
    key = key_of_action(action)
    try:
        return _write(api, key, action, by)
    except ApiError as error:
        if error.status in (CONFLICT, NOT_FOUND) or isinstance(action, PatchList):
            raise ConflictError(str(error)) from error
        raise RefusedError(str(error)) from error


def _write(api: ApiServer, key: Key, action: Action, by: str) -> Raw | None:
    match action:
        case Create():
            return _create(api, key, action, by)
        case Merge(meta=meta, patch=patch, status=status):
            subresource = "status" if status else ""
            version = "" if action.unconditional else meta.resource_version
            return api.merge(key, patch, by, subresource=subresource, version=version)
        case PatchList(operations=operations):
            return api.patch(key, operations, by)
        case CopyConfig():
            _copy(api, key, action, by)
        case MarkPods():
            api.mark_pods(Key(REPLICASET.name, key.namespace, key.name), action.metadata, by)
        case Delete():
            _delete(api, key, action, by)
    return None


def restart(api: ApiServer, action: RestartPods, by: str) -> RestartProgress:
    """Evict pods whose turn it is. A refusal ends it, and is an answer."""
    replicaset = Key(REPLICASET.name, action.meta.namespace, action.meta.name)
    chosen, left = choose(api.pods_of(replicaset), action)
    refused = next((why for pod in chosen if (why := _evicted(api, action.meta.namespace, pod.name, by))), "")
    return RestartProgress(action.older_than, left, action.at, refused)


def _evicted(api: ApiServer, namespace: str, name: str, by: str) -> str:
    """Why it was not; empty when it is gone."""
    try:
        api.evict(namespace, name, by)
    except ApiError as error:
        return str(error) if error.status == TOO_MANY else ""
    return ""


def _create(api: ApiServer, key: Key, action: Create, by: str) -> Raw:
    try:
        return api.create(action.body, by)
    except ApiError as error:
        found = api.get(key)
        owner = meta_view(found).owner_uid
        if owner is None and _left_by_ours(found, action):
            return api.merge(key, {"metadata": {"ownerReferences": action.body["metadata"]["ownerReferences"]}}, by)
        if owner == action.owner_uid:
            return found
        raise RefusedError(f"{key.kind} {key.name} can't be created: there is one of that name") from error


def _copy(api: ApiServer, key: Key, action: CopyConfig, by: str) -> None:
    body = copy_of(action, api.get(Key(key.kind, key.namespace, action.config.name)))
    if body is None:
        raise ApiError(CONFLICT, f"{action.config} has changed")
    found = api.find(key)
    if found is None:
        api.create(body, by)
    elif meta_view(found).owner_uid != action.owner["uid"]:
        raise RefusedError(f"{key.kind} {key.name} is there and belongs to somebody else")


def _left_by_ours(found: Raw, action: Create) -> bool:
    """`kubectl delete --cascade=orphan` left it: it bears all labels that we would give it."""
    ours = action.body["metadata"].get("labels") or {}
    return bool(ours) and ours.items() <= (found["metadata"].get("labels") or {}).items()


def _delete(api: ApiServer, key: Key, action: Delete, by: str) -> None:
    if api.find(key) is not None:
        api.delete(key, by, uid=action.meta.uid)
