"""Which changes of a status are written at once, and which wait for the next decision."""

from __future__ import annotations

from typing import Any

from tidegate.api.rollout_status import RolloutStatus
from tidegate.core.rollout.group import GROUP_NOT_READY

_DECISIONS = (
    "abort",
    "attempt",
    "current_pod_hash",
    "current_step_hash",
    "last_request",
    "observed_generation",
    "promote_full",
    "restarted_at",
    "webhook",
)
_TELLING = ("Ready", "Stalled")


def urgent(before: RolloutStatus, after: RolloutStatus) -> bool:
    """Whether the status holds what can't be found out again from the world, or what people and machines wait for.

    All else (counts, the step that follows from a pause that is over, what it waits for) may be written with the next
    decision: a release of many steps would otherwise write its status at every pod.
    """
    if any(getattr(before, name) != getattr(after, name) for name in _DECISIONS):
        return True
    began = {(p.reason, p.start_time) for p in after.pause_conditions}
    if began - {(p.reason, p.start_time) for p in before.pause_conditions}:
        return True
    return any(told(before) != told(after) for told in (_ends, _told, _meets))


def _ends(status: RolloutStatus) -> list[tuple[int, Any]]:
    return [(release.revision, release.outcome) for release in status.history]


def _meets(status: RolloutStatus) -> bool:
    """Whether it waits for the others of its group, who wait for just this."""
    return status.waiting_for is not None and status.waiting_for.reason == GROUP_NOT_READY


def _told(status: RolloutStatus) -> dict[str, str]:
    return {c.type: f"{c.status}" for c in status.conditions if c.type in _TELLING}
