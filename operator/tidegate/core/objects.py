"""What every object has: a place, and metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """Names one object of one kind; what the queue holds."""

    kind: str
    namespace: str
    name: str


def key_of(raw: Mapping[str, Any]) -> Key:
    """The key of an object as the API has it."""
    meta = raw["metadata"]
    return Key(raw["kind"], meta.get("namespace", ""), meta["name"])


@dataclass(frozen=True, slots=True)
class Meta:
    """What every view knows of its object."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int
    created_at: datetime
    owner_uid: str | None = None
    deleting: bool = False
