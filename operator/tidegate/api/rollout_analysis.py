"""How a Rollout refers to analyses. Names, defaults and meanings are those of Argo Rollouts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.analysis_parts import DryRun, MeasurementRetention, TemplateRef
from tidegate.api.fields import UniqueBy
from tidegate.api.meta import Model, Rule


class PodTemplateHash(StrEnum):
    """Which version's hash."""

    STABLE = "Stable"
    LATEST = "Latest"


class FieldRef(Model):
    """A field of the Rollout."""

    field_path: str = Field(
        min_length=1,
        max_length=512,
        description="Path of a plain value in the Rollout, such as `metadata.labels['region']`.",
    )


class RolloutArgSource(Model):
    """Where the value of an argument comes from: exactly one of these."""

    pod_template_hash_value: PodTemplateHash | None = Field(
        None, description="The pod template hash of the stable version or of the new one."
    )
    field_ref: FieldRef | None = Field(None, description="A field of the Rollout.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.podTemplateHashValue) != has(self.fieldRef)",
            message="give podTemplateHashValue or fieldRef, exactly one",
            holds=lambda source: (source.pod_template_hash_value is None) != (source.field_ref is None),
        ),
    )


class RolloutArg(Model):
    """The value of a template's argument. An argument that no template has is left aside."""

    name: str = Field(min_length=1, max_length=253, description="Name of the argument.")
    value: str | None = Field(
        None,
        max_length=32768,
        description="Its value; the release's arguments, `{{canary.hash}}`, are filled in.",
    )
    value_from: RolloutArgSource | None = Field(None, description="Take the value from the Rollout.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.value) != has(self.valueFrom)",
            message="give value or valueFrom, exactly one",
            holds=lambda arg: (arg.value is None) != (arg.value_from is None),
        ),
    )


class RunMetadata(Model):
    """Put on the AnalysisRuns that are made."""

    labels: dict[str, str] | None = Field(None, description="Labels of the AnalysisRun.")
    annotations: dict[str, str] | None = Field(None, description="Annotations of the AnalysisRun.")


class OnFailure(StrEnum):
    """What a failed analysis does to its release."""

    ABORT = "Abort"
    """It is taken back."""
    PAUSE = "Pause"
    """It is held until a person decides."""
    NOTIFY = "Notify"
    """It goes on, and an Event tells of it."""


class RolloutAnalysis(Model):
    """Which templates to run, with which arguments."""

    templates: list[TemplateRef] = Field(min_length=1, max_length=20, description="The templates.")
    args: Annotated[list[RolloutArg], UniqueBy("name")] | None = Field(
        None, max_length=100, description="Values of the templates' arguments."
    )
    dry_run: Annotated[list[DryRun], UniqueBy("metric_name")] | None = Field(
        None, max_length=100, description="Metrics that never change the outcome."
    )
    measurement_retention: Annotated[list[MeasurementRetention], UniqueBy("metric_name")] | None = Field(
        None, max_length=100, description="How many measurements stay in status. Default 10 a metric."
    )
    analysis_run_metadata: RunMetadata | None = Field(None, description="Labels and annotations of the AnalysisRuns.")
    on_failure: OnFailure | None = Field(
        None,
        description="What a failed run does: Abort takes the release back, Pause holds it for a person, Notify only "
        "tells of it. Default Abort.",
    )


class RolloutAnalysisBackground(RolloutAnalysis):
    """An analysis that runs beside the steps until the release is over."""

    starting_step: int | None = Field(
        None, ge=0, description="Index of the step at which it starts, counted from 0. Default 0."
    )
    initial: bool = Field(
        False,  # noqa: FBT003 - a default
        description="true: the first deployment is judged by it too, and is stable only when that passed. Its metrics "
        "must come to an end: give them a count.",
    )
