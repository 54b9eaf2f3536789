"""Children belong to their Rollout: deleting it takes them along, `--cascade=orphan` leaves them. No finalizers."""

from __future__ import annotations

from typing import Any

from tidegate.api.meta import API_VERSION
from tidegate.core.objects import Meta


def owner_reference(rollout: Meta) -> dict[str, Any]:
    """The ownerReference of a child."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Rollout",
        "name": rollout.name,
        "uid": rollout.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
