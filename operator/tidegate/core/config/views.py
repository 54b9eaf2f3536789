"""ConfigMaps and Secrets, as far as a revision is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.api.config import ConfigKind
from tidegate.core.objects import Meta


@dataclass(frozen=True, slots=True)
class Config:
    """Names a ConfigMap or a Secret of the Rollout's namespace."""

    kind: ConfigKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class ConfigView:
    """A ConfigMap or a Secret: the hash of its content, never the content."""

    meta: Meta
    config: Config
    content_hash: str
    changed_at: datetime | None = None
    """The last write that changed anything of it, by the API server's clock, in whole seconds."""
