"""One AnalysisRun: what to measure now, what its status becomes, when to look again.

`plan_run` is given the run as it was last planned (or stored, after a restart) and the measurements that came in since.
All deadlines are times in the status, so that a restart loses nothing but a measurement in flight, which is made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tidegate.api.analysis import AnalysisPhase, AnalysisRunSpec, AnalysisRunStatus
from tidegate.api.analysis_status import MetricResult
from tidegate.core.analysis.ending import end_if_over, ended, invalid
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.analysis.metric import ResolvedMetric, resolve_metrics
from tidegate.core.analysis.query import DueMeasurement, due
from tidegate.core.analysis.reading import MeasurementResult
from tidegate.core.analysis.record import fresh, record
from tidegate.core.analysis.verdict import assess
from tidegate.core.world import RunView


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What one pass over a run comes to.

    `status` is how the run stands now; `urgent` tells that it must be written, else it may be kept in memory for now.
    `due` are the measurements to start, unless they are in flight already (at most one a metric). `wake_at` is when
    time alone changes something. `expired` tells that the run has outlived its ttlStrategy and is to be deleted.
    """

    status: AnalysisRunStatus
    due: tuple[DueMeasurement, ...] = ()
    wake_at: datetime | None = None
    urgent: bool = field(default=False, kw_only=True)
    expired: bool = field(default=False, kw_only=True)


def plan_run(run: RunView, now: datetime, finished: Sequence[MeasurementResult] = ()) -> RunPlan:
    """The next step of a run. Pure; `finished` are the measurements that ended since the last pass, oldest first."""
    if run.status.phase.completed:
        return _after_the_end(run, now)
    if run.spec is None:
        return RunPlan(invalid(run.status, run.spec_error, now), urgent=True)
    try:
        return _measure(run, run.spec, now, finished)
    except AnalysisError as error:
        return RunPlan(invalid(run.status, str(error), now), urgent=True)


def _measure(run: RunView, spec: AnalysisRunSpec, now: datetime, finished: Sequence[MeasurementResult]) -> RunPlan:
    metrics = resolve_metrics(spec)
    # A creation in the operator's future means that the clocks differ: then it begins now.
    started_at = run.status.started_at or min(run.meta.created_at, now)
    before = {result.name: result for result in run.status.metric_results}
    results = [
        _advance(metric, before.get(metric.name) or fresh(metric, started_at), finished, run.meta.uid)
        for metric in metrics
    ]
    status = run.status.model_copy(update={"phase": AnalysisPhase.RUNNING, "started_at": started_at})
    over = end_if_over(status, list(zip(metrics, results, strict=True)), now, terminate=bool(spec.terminate))
    if over:
        return RunPlan(over, wake_at=_delete_at(spec, over), urgent=True)
    return _under_way(run, status, list(zip(metrics, results, strict=True)), now)


def _advance(
    metric: ResolvedMetric, result: MetricResult, finished: Sequence[MeasurementResult], spread: str
) -> MetricResult:
    for over in finished:
        if over.metric == metric.name and not result.phase.completed:
            result = _assessed(metric, record(metric, result, over, spread))
    return result


def _assessed(metric: ResolvedMetric, result: MetricResult) -> MetricResult:
    judgement = assess(metric, result)
    return ended(result, judgement) if judgement.phase.completed else result


def _under_way(
    run: RunView, status: AnalysisRunStatus, pairs: list[tuple[ResolvedMetric, MetricResult]], now: datetime
) -> RunPlan:
    open_pairs = [(metric, result) for metric, result in pairs if not result.phase.completed]
    measurements = tuple(due(metric, now) for metric, result in open_pairs if _at(result, now) <= now)
    later = [_at(result, now) for _, result in open_pairs if _at(result, now) > now]
    held = _holding([result for _, result in open_pairs if not result.dry_run])
    status = status.model_copy(
        update={
            "reason": held.reason if held else None,
            "message": f"metric {held.name}: {held.message}" if held else None,
            "metric_results": [result for _, result in pairs],
        }
    )
    return RunPlan(status, measurements, min(later, default=None), urgent=_worth_writing(run, status, measurements))


def _holding(results: Sequence[MetricResult]) -> MetricResult | None:
    """The metric that the run waits for most: one without an answer, else one whose last answer decided nothing."""
    silent = next((result for result in results if result.outage), None)
    return silent or next((result for result in results if _undecided(result)), None)


def _undecided(result: MetricResult) -> bool:
    return bool(result.measurements) and result.measurements[-1].phase is AnalysisPhase.INCONCLUSIVE


def _at(result: MetricResult, now: datetime) -> datetime:
    return result.next_measurement_at or now


def _worth_writing(run: RunView, status: AnalysisRunStatus, measurements: Sequence[DueMeasurement]) -> bool:
    """Whether people learn something from it.

    A run whose first answer is a moment away is written once, with that answer; a try that fails like the last one is
    no news.
    """
    before, after = run.status.metric_results, status.metric_results
    if not before:
        return not measurements or any(result.phase is not AnalysisPhase.PENDING for result in after)
    return _news(before) != _news(after)


def _news(results: Sequence[MetricResult]) -> list[tuple[str, int, int, str | None]]:
    return [(result.name, result.count, result.error, result.message) for result in results]


def _after_the_end(run: RunView, now: datetime) -> RunPlan:
    delete_at = _delete_at(run.spec, run.status) if run.spec else None
    if delete_at and delete_at <= now:
        return RunPlan(run.status, expired=True)
    return RunPlan(run.status, wake_at=delete_at)


def _delete_at(spec: AnalysisRunSpec, status: AnalysisRunStatus) -> datetime | None:
    ttl = spec.ttl_strategy
    if ttl is None or status.completed_at is None:
        return None
    own = {
        AnalysisPhase.SUCCESSFUL: ttl.seconds_after_success,
        AnalysisPhase.FAILED: ttl.seconds_after_failure,
    }.get(status.phase)
    seconds = own if own is not None else ttl.seconds_after_completion
    return None if seconds is None else status.completed_at + timedelta(seconds=seconds)
