"""What every object has: metadata, a spec that may be wrong, a status that another version may have written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tidegate.core.objects import Meta
from tidegate.observe.problems import describe

Raw = Mapping[str, Any]
M = TypeVar("M", bound=BaseModel)

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def meta_view(raw: Raw) -> Meta:
    """The metadata that every view has."""
    meta = raw.get("metadata") or {}
    return Meta(
        namespace=meta.get("namespace") or "",
        name=meta.get("name") or "",
        uid=meta.get("uid") or "",
        resource_version=str(meta.get("resourceVersion") or ""),
        generation=count_of(meta.get("generation")),
        created_at=time_of(meta.get("creationTimestamp")),
        owner_uid=_owner_uid(meta),
        deleting=bool(meta.get("deletionTimestamp")),
    )


def _owner_uid(meta: Raw) -> str | None:
    owners = meta.get("ownerReferences") or []
    return next((owner.get("uid") for owner in owners if owner.get("controller")), None)


def time_of(value: object) -> datetime:
    """A point in time as the API writes it; long ago, where there is none."""
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return LONG_AGO


def count_of(value: object) -> int:
    """A whole number; 0 where there is none."""
    try:
        return int(str(value))
    except ValueError:
        return 0


def annotations_of(raw: Raw) -> Raw:
    """The annotations of an object."""
    return (raw.get("metadata") or {}).get("annotations") or {}


def labels_of(raw: Raw) -> Raw:
    """The labels of an object."""
    return (raw.get("metadata") or {}).get("labels") or {}


def parsed(model: type[M], value: object) -> tuple[M | None, str]:
    """What a value says, or why it can't be read."""
    try:
        return model.model_validate(value), ""
    except ValidationError as error:
        return None, describe(error, model)


def spec_of(model: type[M], raw: Raw, meta: Meta, old: Any) -> tuple[M | None, str]:
    """The spec and no problem, or None and what is wrong with it. A generation that was read is not read again."""
    if old is not None and (old.meta.uid, old.meta.generation) == (meta.uid, meta.generation):
        return old.spec, old.spec_error
    return parsed(model, raw.get("spec") or {})


def status_of(model: type[M], raw: Raw) -> M:
    """The status, without the fields that hold what this operator doesn't know."""
    status = dict(raw.get("status") or {})
    try:
        return model.model_validate(status)
    except ValidationError as error:
        # A newer operator wrote words that this one doesn't know. Only the fields that hold them are left
        # out: without `stableRS` a running release would look like the very first one.
        unknown = {detail["loc"][0] for detail in error.errors()}
        return model.model_validate({name: value for name, value in status.items() if name not in unknown})
