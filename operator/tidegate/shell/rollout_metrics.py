"""The metrics that are read from statuses: phase, step, weights, waits, cadence, measured values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric

from tidegate.api.analysis_status import MetricResult
from tidegate.api.rollout_status import Phase, RolloutStatus
from tidegate.core.delivery import Delivery, delivery
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.world import RolloutView, RunView
from tidegate.observe.store import Store

NAME = ["namespace", "name"]
EVER = timedelta(days=3650)
"""Longer than any release in a history is old."""


def rollouts(views: Iterable[RolloutView]) -> Iterable[Metric]:
    """A series a Rollout for each of these, where its status tells."""
    found = tuple(views)
    yield _phases(found)
    yield _waits(found)
    for name, text, read in NUMBERS:
        yield _numbers(f"tidegate_rollout_{name}", text, read, found)


def _phases(found: tuple[RolloutView, ...]) -> Metric:
    family = GaugeMetricFamily("tidegate_rollout_phase", "1 for the phase that it is in.", labels=[*NAME, "phase"])
    for view in found:
        for phase in Phase:
            family.add_metric([*_name(view), phase], float(view.status.phase is phase))
    return family


def _waits(found: tuple[RolloutView, ...]) -> Metric:
    text = "Since when it waits for this, in seconds since 1970."
    family = GaugeMetricFamily("tidegate_rollout_waiting_since_seconds", text, labels=[*NAME, "reason"])
    for view in found:
        waiting = view.status.waiting_for
        if waiting and waiting.since:
            family.add_metric([*_name(view), waiting.reason], waiting.since.timestamp())
    return family


def _numbers(
    name: str, text: str, read: Callable[[RolloutView], float | None], found: tuple[RolloutView, ...]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=NAME)
    for view in found:
        value = read(view)
        if value is not None:
            family.add_metric(_name(view), value)
    return family


def _name(view: RolloutView) -> list[str]:
    return [view.meta.namespace, view.meta.name]


def _steps(view: RolloutView) -> float | None:
    return len(strategy_of(view.spec).steps) if view.spec else None


def _asked(status: RolloutStatus) -> float | None:
    return status.canary.weights.percent_asked if status.canary.weights else None


def _seen(status: RolloutStatus) -> float | None:
    return status.canary.weights.percent_seen if status.canary.weights else None


def _cadence(status: RolloutStatus) -> float | None:
    return status.history[-1].cadence_seconds if status.history else None


def _delivery(status: RolloutStatus) -> Delivery:
    """Of all releases that the status remembers."""
    return delivery([status.history], datetime.now(UTC), EVER)


NUMBERS: tuple[tuple[str, str, Callable[[RolloutView], float | None]], ...] = (
    ("step", "Steps that are done.", lambda view: view.status.current_step_index),
    ("steps", "Steps that a release has.", _steps),
    ("weight_asked", "Percentage of the traffic that was asked for the new version.", lambda view: _asked(view.status)),
    ("weight_seen", "Percentage that the routes were seen to carry.", lambda view: _seen(view.status)),
    ("replicas_available", "Pods that are available.", lambda view: view.status.available_replicas),
    ("cadence_seconds", "T(D_i): this start minus the last end, in seconds.", lambda view: _cadence(view.status)),
    (
        "lead_time_seconds",
        "Median time from the change of the template to all the traffic, of the releases in status.history.",
        lambda view: _delivery(view.status).lead_time,
    ),
    (
        "change_failure_ratio",
        "Part of the releases in status.history that were taken back, or replaced by a version from before.",
        lambda view: _delivery(view.status).failure_rate,
    ),
    (
        "time_to_restore_seconds",
        "Median time until the version from before had all the traffic again, of the releases in status.history.",
        lambda view: _delivery(view.status).restore_time,
    ),
)


def analyses(store: Store) -> Iterable[Metric]:
    """The last value of each metric in each run of a Rollout that goes on."""
    text = "Last measured value, of a run that is under way."
    family = GaugeMetricFamily("tidegate_analysis_value", text, labels=[*NAME, "metric"])
    for rollout in store.rollouts:
        values: dict[str, float] = {}
        for run in store.runs.owned_by(rollout.meta.uid):
            values |= _values(run)
        for metric, value in values.items():
            family.add_metric([*_name(rollout), metric], value)
    yield family


def _values(run: RunView) -> dict[str, float]:
    if run.status.phase.completed:
        return {}
    return {name: value for result in run.status.metric_results for name, value in _value(result)}


def _value(result: MetricResult) -> Iterator[tuple[str, float]]:
    text = result.measurements[-1].value if result.measurements else None
    try:
        yield result.name, float((text or "").strip("[]"))
    except ValueError:
        return
