"""Pods, which are neither watched nor kept: what one look at them shows, and what of it is remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod that a ReplicaSet counts as its own, or did."""

    name: str
    uid: str
    owner_uid: str | None
    created_at: datetime
    ready: bool
    leaving: bool = False
    """It is being deleted or has ended: its ReplicaSet has made another one."""


@dataclass(frozen=True, slots=True)
class RestartProgress:
    """How far the restart of a ReplicaSet was at the last look, as long as the operator that looked lives."""

    older_than: datetime
    left: int
    """How many of its pods are still to be replaced by ready ones."""
    at: datetime
    refused: str = ""
    """Why the API server would not let the next pod go; empty when it did."""
    refusals: int = 0
    """How many times in a row, beside this one."""

    def after(self, before: RestartProgress | None) -> RestartProgress:
        """The same with the refusals before it counted."""
        again = self.refused and before is not None and before.refused and before.older_than == self.older_than
        return replace(self, refusals=before.refusals + 1) if again and before is not None else self

    def tells(self, before: RestartProgress | None) -> bool:
        """Whether it leads to something that no change of the ReplicaSet brings: a second pod, another try, the end."""
        first = before is None or before.older_than != self.older_than
        return first or bool(self.refused) or (not self.left and before is not None and bool(before.left))
