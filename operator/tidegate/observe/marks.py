"""What the annotations of a ReplicaSet tell of its pods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tidegate.core.marks import Labels, Marks
from tidegate.core.rollout.revision import content_hash
from tidegate.core.world import CONFIG, COPIED, POD_METADATA, POD_METADATA_DONE

Raw = Mapping[str, Any]
_FIELDS = ("labels", "annotations")


def awaits_copies(notes: Raw) -> bool:
    """Whether the copies of a ReplicaSet may not be there yet."""
    return CONFIG in notes and COPIED not in notes


def marks_view(notes: Raw, *, observed: bool) -> Marks | None:
    """What a role put on its pods; None when nothing ever was, or somebody wrote over the annotation."""
    text = notes.get(POD_METADATA)
    if text is None:
        return None
    try:
        told = json.loads(text)
        put, covered, pods = (_labels(told[part]) for part in ("put", "covered", "pods"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    text_hash = content_hash(text)
    return Marks(put, covered, pods, text_hash, notes.get(POD_METADATA_DONE) == text_hash, observed)


def _labels(told: Any) -> Labels:
    return {field: dict(told[field]) for field in _FIELDS}
