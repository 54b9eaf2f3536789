"""The end of a run: which verdict it comes to, and what it says about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from tidegate.api.analysis import AnalysisPhase, AnalysisRunStatus
from tidegate.api.analysis_status import MetricResult, RunSummary
from tidegate.core.analysis.metric import ResolvedMetric
from tidegate.core.analysis.verdict import TERMINATED, Judgement, badness, stopped

INVALID = "InvalidSpec"
Pairs = Sequence[tuple[ResolvedMetric, MetricResult]]


def invalid(status: AnalysisRunStatus, message: str, now: datetime) -> AnalysisRunStatus:
    """A run that can't be measured as it is written. It has an end, so that its ttlStrategy holds."""
    return status.model_copy(
        update={
            "phase": AnalysisPhase.ERROR,
            "reason": INVALID,
            "message": message,
            "started_at": status.started_at or now,
            "completed_at": now,
        }
    )


def ended(result: MetricResult, judgement: Judgement) -> MetricResult:
    """The metric with its verdict; the last measurement's message stays where the verdict has none."""
    message = "; ".join(part for part in (judgement.message, _last(result)) if part) or None
    return result.model_copy(
        update={
            "phase": judgement.phase,
            "reason": judgement.reason,
            "message": message,
            "outage": None,
            "next_measurement_at": None,
        }
    )


def _last(result: MetricResult) -> str | None:
    if not result.measurements:
        return None
    last = result.measurements[-1]
    value = None if last.value is None else f"last value {last.value}"
    return ": ".join(part for part in (value, last.message) if part) or None


def end_if_over(status: AnalysisRunStatus, pairs: Pairs, now: datetime, *, terminate: bool) -> AnalysisRunStatus | None:
    """The final status when the run is over: all its metrics are, or one that counts went wrong, or it is stopped."""
    why = _why(pairs, terminate=terminate)
    if why is None:
        return None
    results = [
        result if result.phase.completed else ended(result, stopped(metric, result, why)) for metric, result in pairs
    ]
    counting = [result for result in results if not result.dry_run]
    worst = max(counting, key=_weight, default=None)
    return status.model_copy(
        update={
            "phase": worst.phase if worst else AnalysisPhase.SUCCESSFUL,
            "reason": worst.reason if worst else None,
            "message": _message(worst),
            "completed_at": now,
            "run_summary": _summary(counting),
            "dry_run_summary": _summary([result for result in results if result.dry_run]),
            "metric_results": results,
        }
    )


def _weight(result: MetricResult) -> tuple[int, bool]:
    """The worst verdict, and of equal ones that of the metric that stopped the others."""
    return badness(result.phase), result.reason != TERMINATED


def _why(pairs: Pairs, *, terminate: bool) -> str | None:
    """Why the run is over, for the metrics that it stops; None when it is not."""
    bad = [result for _, result in pairs if not result.dry_run and _went_wrong(result)]
    if bad:
        return f"stopped because metric {bad[0].name} is {bad[0].phase}"
    if all(result.phase.completed or not _awaited(metric) for metric, result in pairs):
        return "stopped because all others are over"
    return "stopped" if terminate else None


def _went_wrong(result: MetricResult) -> bool:
    return result.phase.completed and result.phase is not AnalysisPhase.SUCCESSFUL


def _awaited(metric: ResolvedMetric) -> bool:
    """A dry run without end is not waited for: it would hold the release for ever, and so decide about it."""
    return not metric.dry_run or metric.count is not None


def _message(worst: MetricResult | None) -> str | None:
    if worst is None:
        return "all metrics are dry runs"
    if worst.phase is AnalysisPhase.SUCCESSFUL:
        return None
    return f"metric {worst.name} is {worst.phase}: {worst.message}"


def _summary(results: Sequence[MetricResult]) -> RunSummary | None:
    if not results:
        return None
    phases = Counter(result.phase for result in results)
    return RunSummary(
        count=len(results),
        successful=phases[AnalysisPhase.SUCCESSFUL],
        failed=phases[AnalysisPhase.FAILED],
        inconclusive=phases[AnalysisPhase.INCONCLUSIVE],
        error=phases[AnalysisPhase.ERROR],
    )
