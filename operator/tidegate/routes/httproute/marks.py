"""The annotation that a split leaves on a route: what its author wrote, and what was written over it.

The original is kept in the route itself, so that it can be restored when the split is gone and whoever deletes it
never waits for the operator.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tidegate.api.meta import MOST_WEIGHT
from tidegate.core.objects import Key

SPLIT = "TrafficSplit"
PREFIX = "split.tidegate.dev/"
MAX_NAME = 63
"""How long the API server lets the name of an annotation be, after its prefix."""
DIGEST = 10


def _not_all_zero(weights: dict[str, int]) -> dict[str, int]:
    if not any(weights.values()):
        raise ValueError("weights that add up to 0")
    return weights


_Weight = Annotated[int, Field(strict=True, ge=0, le=MOST_WEIGHT)]


class LaneMark(BaseModel):
    """A rule that a split added, as it was written."""

    model_config = ConfigDict(frozen=True)
    lane: str
    rule: dict[str, Any]


class RuleMark(BaseModel):
    """What one split does in one rule. Weights are by the keys of `refs_by_key`.

    All splits of a rule carry the same `original` and `written`, which speak of the whole rule; `asked` is each
    one's own.
    """

    model_config = ConfigDict(frozen=True)
    rule: str | None
    """The rule's name; None when it has none, then `asked` tells which it is."""
    original: dict[str, _Weight | None]
    """What the author wrote; None where no weight stood."""
    asked: Annotated[dict[str, _Weight], Field(min_length=1), AfterValidator(_not_all_zero)]
    written: dict[str, _Weight]
    lanes: tuple[LaneMark, ...] = ()
    """The rules that were added ahead of this one."""


class Mark(BaseModel):
    """All that one split does in a route."""

    model_config = ConfigDict(frozen=True)
    split: str
    """`namespace/name`: the annotation's own name may be shortened."""
    rules: tuple[RuleMark, ...]


def mark_name(split: Key) -> str:
    """The name of a split's annotation: `split.tidegate.dev/<namespace>.<name>`.

    A long one is cut and ends in `_` and a digest; a Kubernetes name holds no `_`, so it is never another split's.
    """
    name = f"{split.namespace}.{split.name}"
    if len(name) <= MAX_NAME:
        return PREFIX + name
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGEST]
    return f"{PREFIX}{name[: MAX_NAME - DIGEST - 1]}_{digest}"


def annotations_of(raw: Mapping[str, Any]) -> Mapping[str, str]:
    """The annotations of a route."""
    return raw["metadata"].get("annotations") or {}


def read_marks(raw: Mapping[str, Any]) -> dict[Key, Mark]:
    """The marks on a route. One that can't be read, or is under another's name, is nobody's: it is left out."""
    found: dict[Key, Mark] = {}
    for name, text in annotations_of(raw).items():
        mark = _read(text) if name.startswith(PREFIX) else None
        namespace, _, split = mark.split.partition("/") if mark else ("", "", "")
        key = Key(SPLIT, namespace, split)
        # A split acts in its own namespace only: a mark that says otherwise came with a copy of the route.
        if mark and namespace == raw["metadata"]["namespace"] and name == mark_name(key):
            found[key] = mark
    return found


def _read(text: str) -> Mark | None:
    try:
        return Mark.model_validate_json(text)
    except ValidationError:
        return None
