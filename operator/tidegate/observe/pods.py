"""Pods as a list of them shows them."""

from __future__ import annotations

from tidegate.core.pods import PodView
from tidegate.observe.fields import Raw, meta_view

ENDED = ("Succeeded", "Failed")


def pod_view(raw: Raw) -> PodView:
    """A pod."""
    meta, status = meta_view(raw), raw.get("status") or {}
    conditions = status.get("conditions") or []
    return PodView(
        name=meta.name,
        uid=meta.uid,
        owner_uid=meta.owner_uid,
        created_at=meta.created_at,
        ready=any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions),
        leaving=meta.deleting or status.get("phase") in ENDED,
    )
