"""What analyses and the Rollout share: arguments, dry runs, retention and references to templates."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.meta import Model, Name, Rule

MetricNamePattern = Annotated[str, Field(min_length=1, max_length=256)]


class SecretKeyRef(Model):
    """A key of a Secret in the namespace of the run, read at the moment of use."""

    name: Name = Field(description="Name of the Secret.")
    key: str = Field(min_length=1, max_length=253, description="Key in its data.")


class ArgSource(Model):
    """Where the value of an argument comes from."""

    secret_key_ref: SecretKeyRef = Field(description="A key of a Secret. Its value never stands in a status or a log.")


class Arg(Model):
    """An argument, used as `{{args.NAME}}`. Without value it must be given by who uses the template."""

    name: str = Field(min_length=1, max_length=253, description="Name of the argument.")
    value: str | None = Field(None, max_length=32768, description="Its value, or the default of a template.")
    value_from: ArgSource | None = Field(None, description="Take the value from a Secret.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!(has(self.value) && has(self.valueFrom))",
            message="give value or valueFrom, not both",
            holds=lambda arg: arg.value is None or arg.value_from is None,
        ),
    )


class DryRun(Model):
    """Metrics that are measured and shown, and never change the outcome."""

    metric_name: MetricNamePattern = Field(
        description="A regular expression (RE2), searched in the names of the metrics; `*` is all."
    )


class MeasurementRetention(Model):
    """How many measurements stay in status."""

    metric_name: MetricNamePattern = Field(
        description="A regular expression (RE2), searched in the names of the metrics; `*` is all."
    )
    limit: int = Field(ge=1, le=1000, description="How many measurements to keep. Default for other metrics: 10.")


class TemplateRef(Model):
    """A template by name."""

    template_name: Name = Field(description="Name of the AnalysisTemplate or ClusterAnalysisTemplate.")
    cluster_scope: bool | None = Field(
        None,
        description="true: a ClusterAnalysisTemplate. Default false: an AnalysisTemplate of the namespace.",
    )
