"""The status of a TrafficSplit, and the Events that go with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tidegate.api.meta import ConditionStatus
from tidegate.api.trafficsplit import ObservedWeight, RouteStatus, TrafficSplitStatus
from tidegate.core.actions import STATUS_LAG, Event, Merge, Resource, merge_patch
from tidegate.core.conditions import Told, stamp
from tidegate.core.traffic.contest import is_first
from tidegate.core.traffic.standing import LEAVE_ALONE, Sight, Standing
from tidegate.core.world import SplitView

OWNED_LAG = timedelta(seconds=60)


def lag_of(split: SplitView) -> timedelta:
    """How long a status without a decision may wait.

    The owner of a split decides on the routes themselves, so its status is written when a release pauses or is
    over, not at each step. Somebody who wrote one by hand waits for it, and everybody for the first.
    """
    divided = split.spec is not None and sum(backend.weight > 0 for backend in split.spec.backends) > 1
    return OWNED_LAG if split.meta.owner_uid and split.status.conditions and divided else STATUS_LAG


def report(
    split: SplitView, standing: Standing, now: datetime, routes: Sequence[RouteStatus], corrected_at: Sequence[datetime]
) -> TrafficSplitStatus:
    """The status as it should be; `corrected_at` are the times of the last corrections, with those of this pass."""
    before = split.status
    return TrafficSplitStatus(
        observed_generation=split.meta.generation,
        routes=list(routes),
        corrections=before.corrections + (list(corrected_at) != before.corrected_at),
        corrected_at=list(corrected_at),
        conditions=stamp(before.conditions, _conditions(standing), now, split.meta.generation),
    )


def _conditions(standing: Standing) -> Iterator[Told]:
    reason, message = standing.reason, standing.message
    ready = standing.programmed and not standing.stalled
    yield "Programmed", standing.programmed, reason, message
    yield "Ready", ready, reason, message
    yield "Reconciling", not ready and not standing.stalled, reason, message
    yield "Stalled", standing.stalled, reason, message


def routes_of(sight: Sight) -> list[RouteStatus]:
    """Each route as it was seen, in the order of the spec."""
    return [
        RouteStatus(
            kind=entry.kind,
            name=view.name,
            accepted=view.accepted,
            observed_generation=view.observed_generation,
            weights=[ObservedWeight(service=service, weight=weight) for service, weight in view.weights.items()],
            lanes=list(view.lanes) or None,
            message=view.problem or view.message,
        )
        for entry, view in sight.entries
    ]


def write(split: SplitView, status: TrafficSplitStatus) -> Merge | None:
    """The write that brings the status up to date; None when it is."""
    patch = merge_patch(_dump(split.status), _dump(status))
    return Merge(Resource.SPLITS, split.meta, {"status": patch}, status=True) if patch else None


def _dump(status: TrafficSplitStatus) -> dict[str, Any]:
    return status.model_dump(mode="json", exclude_none=True)


def is_urgent(before: TrafficSplitStatus, after: TrafficSplitStatus) -> bool:
    """Whether the status holds what people must see to, or what can't be found out again from the world."""
    return before.corrections != after.corrections or _stall(before) != _stall(after)


def events(before: TrafficSplitStatus, after: TrafficSplitStatus, now: datetime) -> tuple[Event, ...]:
    """What is told once: the first correction in a while, and each new reason for which a person is needed."""
    found = []
    if after.corrections > before.corrections and is_first(before.corrected_at, now):
        message = f"somebody else had changed the weights of the routes, they were put right again: {LEAVE_ALONE}"
        found.append(Event("WeightsCorrected", message, warning=True))
    reason, message = _stall(after)
    # A write that was refused is told where it happened.
    if reason and reason not in ("Refused", _stall(before)[0]):
        found.append(Event(reason, message, warning=True))
    return tuple(found)


def _stall(status: TrafficSplitStatus) -> tuple[str, str]:
    """Reason and message for which a person is needed; empty when nobody is."""
    stalled = (c for c in status.conditions if c.type == "Stalled" and c.status is ConditionStatus.TRUE)
    return next(((c.reason, c.message) for c in stalled), ("", ""))
