"""AnalysisTemplate, ClusterAnalysisTemplate and AnalysisRun: what to measure, and one measurement of it.

Names, defaults and meanings are those of Argo Rollouts.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from tidegate.api.analysis_parts import Arg, DryRun, MeasurementRetention, TemplateRef
from tidegate.api.analysis_status import AnalysisPhase, AnalysisRunStatus
from tidegate.api.fields import UniqueBy
from tidegate.api.meta import API_VERSION, Model, Rule
from tidegate.api.metric import Metric
from tidegate.api.rollout_analysis import RolloutAnalysis, RolloutAnalysisBackground

__all__ = [
    "AnalysisPhase",
    "AnalysisRun",
    "AnalysisRunSpec",
    "AnalysisRunStatus",
    "AnalysisTemplate",
    "AnalysisTemplateSpec",
    "ClusterAnalysisTemplate",
    "RolloutAnalysis",
    "RolloutAnalysisBackground",
]

Args = Annotated[list[Arg], UniqueBy("name")]
DryRuns = Annotated[list[DryRun], UniqueBy("metric_name")]
Retentions = Annotated[list[MeasurementRetention], UniqueBy("metric_name")]


class AnalysisTemplateSpec(Model):
    """What to measure."""

    metrics: Annotated[list[Metric], UniqueBy("name")] | None = Field(
        None, max_length=100, description="What to measure."
    )
    args: Args | None = Field(
        None, max_length=100, description="Arguments, used as `{{args.NAME}}`, with their defaults."
    )
    dry_run: DryRuns | None = Field(None, max_length=100, description="Metrics that never change the outcome.")
    measurement_retention: Retentions | None = Field(
        None, max_length=100, description="How many measurements stay in status. Default 10 a metric."
    )
    templates: list[TemplateRef] | None = Field(
        None, max_length=20, description="Templates whose metrics, arguments and settings are taken in."
    )

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.metrics) && size(self.metrics) > 0 || has(self.templates) && size(self.templates) > 0",
            message="a template needs metrics or templates: write at least one metric",
            holds=lambda spec: bool(spec.metrics or spec.templates),
        ),
    )


class TtlStrategy(Model):
    """When a run that is over is deleted."""

    seconds_after_completion: int | None = Field(None, ge=0, description="Seconds after its end, whatever the verdict.")
    seconds_after_success: int | None = Field(
        None, ge=0, description="Seconds after its end when Successful; goes before secondsAfterCompletion."
    )
    seconds_after_failure: int | None = Field(
        None, ge=0, description="Seconds after its end when Failed; goes before secondsAfterCompletion."
    )


class AnalysisRunSpec(Model):
    """One measurement of templates: everything taken in, arguments given."""

    metrics: Annotated[list[Metric], UniqueBy("name")] = Field(
        min_length=1, max_length=100, description="What is measured."
    )
    args: Args | None = Field(None, max_length=100, description="Arguments with their values.")
    dry_run: DryRuns | None = Field(None, max_length=100, description="Metrics that never change the outcome.")
    measurement_retention: Retentions | None = Field(
        None, max_length=100, description="How many measurements stay in status. Default 10 a metric."
    )
    terminate: bool | None = Field(
        None, description="true stops the run. Without a verdict so far it is Inconclusive, never Successful."
    )
    ttl_strategy: TtlStrategy | None = Field(None, description="When the run is deleted after its end. Default: never.")


class AnalysisTemplate(Model):
    """What to measure, for the Rollouts of its namespace."""

    api_version: Literal[API_VERSION] = API_VERSION  # type: ignore[valid-type]
    kind: Literal["AnalysisTemplate"] = "AnalysisTemplate"
    metadata: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
    spec: AnalysisTemplateSpec = Field(description="What to measure.")


class ClusterAnalysisTemplate(Model):
    """What to measure, for the Rollouts of all namespaces."""

    api_version: Literal[API_VERSION] = API_VERSION  # type: ignore[valid-type]
    kind: Literal["ClusterAnalysisTemplate"] = "ClusterAnalysisTemplate"
    metadata: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
    spec: AnalysisTemplateSpec = Field(description="What to measure.")


class AnalysisRun(Model):
    """One measurement of templates, with its verdict."""

    api_version: Literal[API_VERSION] = API_VERSION  # type: ignore[valid-type]
    kind: Literal["AnalysisRun"] = "AnalysisRun"
    metadata: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
    spec: AnalysisRunSpec = Field(description="What is measured.")
    status: AnalysisRunStatus | None = Field(None, description="What was seen so far; written by the operator.")
