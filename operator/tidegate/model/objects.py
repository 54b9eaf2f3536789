"""Raw objects of the API. They are never changed: who writes makes a new one, so a reader may keep what it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

import jsonpatch

from tidegate.api.meta import time_text

Raw = dict[str, Any]
_BY_API_SERVER = ("uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "namespace", "name")


def uid_of(raw: Mapping[str, Any]) -> str:
    """Its uid."""
    return str(raw["metadata"]["uid"])


def owners_of(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Its ownerReferences."""
    yield from raw["metadata"].get("ownerReferences") or ()


def created(body: Mapping[str, Any], uid: str, version: str, now: datetime) -> Raw:
    """The object that a POST makes; what the caller keeps of the body may change without it."""
    raw: Raw = deepcopy(dict(body))
    raw["metadata"] |= {"uid": uid, "resourceVersion": version, "generation": 1, "creationTimestamp": _second(now)}
    return raw


def _second(now: datetime) -> str:
    return time_text(now.replace(microsecond=0)).replace(".000", "")


def changed(old: Raw, new: Raw, version: str) -> Raw | None:
    """The object after a write to it: what only the API server sets is kept. None when nothing changed."""
    meta = {**new["metadata"], **{name: old["metadata"][name] for name in _BY_API_SERVER if name in old["metadata"]}}
    result = {**new, "metadata": meta}
    if result == old:
        return None
    meta["resourceVersion"] = version
    if result.get("spec") != old.get("spec"):
        meta["generation"] = old["metadata"]["generation"] + 1
    return result


def merged(old: Mapping[str, Any], patch: Mapping[str, Any]) -> Raw:
    """A JSON merge patch (RFC 7386)."""
    result = {name: value for name, value in old.items() if not (name in patch and patch[name] is None)}
    for name, value in patch.items():
        if isinstance(value, Mapping):
            before = old.get(name)
            result[name] = merged(before if isinstance(before, Mapping) else {}, value)
        elif value is not None:
            result[name] = value
    return result


def patched(old: Raw, operations: list[dict[str, Any]]) -> Raw:
    """A JSON Patch (RFC 6902). Raises ValueError when an operation can't be done or a test fails."""
    try:
        result: Raw = jsonpatch.apply_patch(old, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise ValueError(str(error)) from error
    return result
