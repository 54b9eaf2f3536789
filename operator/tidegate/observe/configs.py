"""ConfigMaps and Secrets: the hash alone. A thousand large ones cost no memory, and a secret is nowhere to be found."""

from __future__ import annotations

from datetime import datetime

from tidegate.api.config import ConfigKind
from tidegate.core.config.content import hash_of
from tidegate.core.config.views import Config, ConfigView
from tidegate.observe.fields import Raw, meta_view


def config_map_view(raw: Raw, _old: ConfigView | None = None) -> ConfigView:
    """A ConfigMap, without its content."""
    return _view(ConfigKind.CONFIG_MAP, raw)


def secret_view(raw: Raw, _old: ConfigView | None = None) -> ConfigView:
    """A Secret, without its content."""
    return _view(ConfigKind.SECRET, raw)


def _view(kind: ConfigKind, raw: Raw) -> ConfigView:
    meta = meta_view(raw)
    return ConfigView(meta, Config(kind, meta.name), hash_of(kind, raw), _changed_at(raw))


def _changed_at(raw: Raw) -> datetime | None:
    entries = raw["metadata"].get("managedFields") or []
    try:
        return max((datetime.fromisoformat(entry["time"]) for entry in entries if entry.get("time")), default=None)
    except ValueError:
        return None
