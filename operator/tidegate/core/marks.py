"""What a role puts on pods beside their template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Labels = Mapping[str, Mapping[str, str]]
"""`{"labels": {…}, "annotations": {…}}`, both always there."""
NO_LABELS: Labels = MappingProxyType({"labels": MappingProxyType({}), "annotations": MappingProxyType({})})


@dataclass(frozen=True, slots=True)
class Marks:
    """What a role put on the pods of a ReplicaSet beside their template, as its annotation tells."""

    put: Labels = field(default_factory=lambda: NO_LABELS)
    covered: Labels = field(default_factory=lambda: NO_LABELS)
    """What the user's template itself has in these places."""
    pods: Mapping[str, Mapping[str, str | None]] = field(default_factory=lambda: NO_LABELS)
    """The merge patch that makes the metadata of every pod right; None takes away what was put before."""
    text_hash: str = ""
    """Of the annotation: by it the second one tells which was carried out."""
    done: bool = False
    """All pods have it."""
    observed: bool = True
    """The ReplicaSet's controller works by this template: a pod that is not there yet will have it from the start."""
