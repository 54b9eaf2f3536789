"""Counting measurements: one that is over changes its metric's result."""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from tidegate.api.analysis import AnalysisPhase
from tidegate.api.analysis_status import Measurement, MetricResult, Outage
from tidegate.core.analysis.metric import ResolvedMetric
from tidegate.core.analysis.reading import MeasurementResult, ProviderError, Trouble, Values
from tidegate.core.analysis.verdict import Judgement, judge, value_text

UNAVAILABLE = "ProviderUnavailable"
# Short at first, so that a blip costs a second; never longer than 10 s, so that the release goes on soon after.
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10))
ERROR_RETRY = timedelta(seconds=10)
MAX_SPREAD = timedelta(seconds=5)
_COUNTERS = {
    AnalysisPhase.SUCCESSFUL: "successful",
    AnalysisPhase.FAILED: "failed",
    AnalysisPhase.INCONCLUSIVE: "inconclusive",
    AnalysisPhase.ERROR: "error",
}


def fresh(metric: ResolvedMetric, started_at: datetime) -> MetricResult:
    """The result of a metric that was not measured yet."""
    return MetricResult(
        name=metric.name,
        phase=AnalysisPhase.PENDING,
        dry_run=metric.dry_run,
        next_measurement_at=started_at + metric.initial_delay,
        metadata={"ResolvedPrometheusQuery": metric.prometheus.query},
    )


def record(metric: ResolvedMetric, result: MetricResult, over: MeasurementResult, spread: str) -> MetricResult:
    """`result` with one more measurement. `spread` is a text that differs from run to run."""
    reading = over.reading
    if isinstance(reading, Values):
        return _count(metric, result, over, judge(metric, reading), value_text(reading), spread)
    if _holds(metric, reading):
        return _outage(result, over, reading)
    refused = Judgement(AnalysisPhase.ERROR, "ProviderRefused", reading.message)
    return _count(metric, result, over, refused, None, spread)


def _holds(metric: ResolvedMetric, error: ProviderError) -> bool:
    # A dry run must not hold a release: there, no answer is an error like any other, and has its limit.
    return error.trouble is Trouble.UNAVAILABLE and not metric.dry_run


def _outage(result: MetricResult, over: MeasurementResult, error: ProviderError) -> MetricResult:
    """No answer: nothing is counted, the release is held, the next try comes soon."""
    before = result.outage
    attempts = before.attempts + 1 if before else 1
    since = before.since if before else over.finished_at
    delay = BACKOFF[min(attempts, len(BACKOFF)) - 1]
    return result.model_copy(
        update={
            "phase": AnalysisPhase.RUNNING,
            "reason": UNAVAILABLE,
            "message": f"{error.message}; the measurement is tried again until there is an answer",
            "outage": Outage(since=since, attempts=attempts, message=error.message),
            "next_measurement_at": over.finished_at + delay,
        }
    )


def _count(
    metric: ResolvedMetric,
    result: MetricResult,
    over: MeasurementResult,
    judgement: Judgement,
    value: str | None,
    spread: str,
) -> MetricResult:
    phase = judgement.phase
    counter = _COUNTERS[phase]
    error = phase is AnalysisPhase.ERROR
    measurement = Measurement(
        phase=phase,
        value=value,
        message=judgement.message,
        started_at=over.started_at,
        finished_at=over.finished_at,
    )
    return result.model_copy(
        update={
            "phase": AnalysisPhase.RUNNING,
            "reason": judgement.reason,
            "message": judgement.message,
            "outage": None,
            counter: getattr(result, counter) + 1,
            "count": result.count + (not error),
            "consecutive_error": result.consecutive_error + 1 if error else 0,
            "consecutive_success": result.consecutive_success + 1 if phase is AnalysisPhase.SUCCESSFUL else 0,
            "measurements": [*result.measurements, measurement][-metric.retention :],
            "next_measurement_at": _next(metric, result, over, spread, error=error),
        }
    )


def _next(
    metric: ResolvedMetric, result: MetricResult, over: MeasurementResult, spread: str, *, error: bool
) -> datetime:
    """When to measure again. An error is tried again within 10 s; the rest follows the interval from its start."""
    interval = metric.interval or ERROR_RETRY
    if error:
        return over.finished_at + min(interval, ERROR_RETRY)
    first = not result.measurements
    return over.started_at + interval + (_offset(metric, interval, spread) if first else timedelta(0))


def _offset(metric: ResolvedMetric, interval: timedelta, spread: str) -> timedelta:
    """Up to a tenth of the interval, once: runs that started together do not go on measuring at the same instants."""
    share = crc32(f"{spread}/{metric.name}".encode()) / 2**32
    return min(interval / 10, MAX_SPREAD) * share
