"""The status of an AnalysisRun: verdicts, counts and the last measurements. Names are Argo Rollouts'."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from tidegate.api.meta import StatusModel, Time


class AnalysisPhase(StrEnum):
    """Where a run, a metric or a measurement stands. The last four are verdicts and never change again."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    ERROR = "Error"
    INCONCLUSIVE = "Inconclusive"

    @property
    def completed(self) -> bool:
        """Whether this is a verdict."""
        return self not in (AnalysisPhase.PENDING, AnalysisPhase.RUNNING)


class Measurement(StatusModel):
    """One answer and what it meant."""

    phase: AnalysisPhase = Field(description="The verdict on this answer.")
    value: str | None = Field(None, description="What was measured: a number or a list of numbers.")
    message: str | None = Field(None, description="Why, when the value alone does not say it.")
    started_at: Time | None = Field(None, description="When the query was sent.")
    finished_at: Time | None = Field(None, description="When the answer was there.")


class Outage(StatusModel):
    """The provider gives no answer: the measurement is tried again, and the release is held."""

    since: Time = Field(description="When the first try failed.")
    attempts: int = Field(description="How many tries failed.")
    message: str = Field(description="What went wrong.")


class MetricResult(StatusModel):
    """What one metric came to so far."""

    name: str = Field(description="Name of the metric.")
    phase: AnalysisPhase = Field(description="Where the metric stands.")
    reason: str | None = Field(None, description="One word for why, such as NoData or ProviderUnavailable.")
    message: str | None = Field(None, description="A sentence for a person.")
    count: int = Field(0, description="Measurements without Error.")
    successful: int = Field(0, description="Good measurements.")
    failed: int = Field(0, description="Bad measurements.")
    inconclusive: int = Field(0, description="Measurements that were neither good nor bad, or had no data.")
    error: int = Field(0, description="Measurements that could not be judged.")
    consecutive_error: int = Field(0, description="Errors in a row up to now.")
    consecutive_success: int = Field(0, description="Good measurements in a row up to now.")
    dry_run: bool = Field(default=False, description="Whether the metric is only shown and never changes the outcome.")
    next_measurement_at: Time | None = Field(None, description="When the next measurement is due.")
    outage: Outage | None = Field(None, description="Set while the provider gives no answer.")
    metadata: dict[str, str] | None = Field(
        None, description="ResolvedPrometheusQuery: the query as it was sent, without secrets."
    )
    measurements: list[Measurement] = Field(default_factory=list, description="The last measurements.")


class RunSummary(StatusModel):
    """How many metrics came to which verdict."""

    count: int = Field(0, description="Metrics in all.")
    successful: int = Field(0, description="Metrics that are Successful.")
    failed: int = Field(0, description="Metrics that are Failed.")
    inconclusive: int = Field(0, description="Metrics that are Inconclusive.")
    error: int = Field(0, description="Metrics that are Error.")


class AnalysisRunStatus(StatusModel):
    """What was seen so far."""

    phase: AnalysisPhase = Field(AnalysisPhase.PENDING, description="Where the run stands.")
    reason: str | None = Field(None, description="One word for why, such as NoData or InvalidSpec.")
    message: str | None = Field(None, description="A sentence for a person.")
    started_at: Time | None = Field(None, description="When the run began.")
    completed_at: Time | None = Field(None, description="When the run came to its verdict.")
    run_summary: RunSummary | None = Field(None, description="The metrics that count.")
    dry_run_summary: RunSummary | None = Field(None, description="The metrics that are only shown.")
    metric_results: list[MetricResult] = Field(default_factory=list, description="Each metric by itself.")
