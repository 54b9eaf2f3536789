"""What every object has: a place, and metadata."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Key:
    """Names one object of one kind; what the queue holds."""

    kind: str
    namespace: str
    name: str


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
