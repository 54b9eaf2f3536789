"""One metric of an analysis: what to ask, how often, and what the answers mean.

Names, defaults and meanings are those of Argo Rollouts; `noData` is added.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.fields import Count, DurationOrArg, Limit
from tidegate.api.meta import Model, Rule
from tidegate.api.provider import Provider

ConditionText = Annotated[str, Field(min_length=1, max_length=2048)]


class NoDataPolicy(StrEnum):
    """What a measurement without data counts as."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"


def _number(value: int | str | None) -> int:
    return max(value, 0) if isinstance(value, int) else 0


def _has_interval_when_repeated(metric: Metric) -> bool:
    return metric.interval is not None or _number(metric.count) <= 1


def _limits_fit(metric: Metric) -> bool:
    needed = _number(metric.failure_limit) + _number(metric.consecutive_success_limit)
    return _number(metric.count) == 0 or _number(metric.count) >= needed


def _inconclusive_limit_fits(metric: Metric) -> bool:
    return _number(metric.count) == 0 or _number(metric.count) >= _number(metric.inconclusive_limit)


def _cel_number(name: str) -> str:
    known = f"has(self.{name}) && type(self.{name}) == int && self.{name} > 0"
    return f"({known} ? self.{name} : 0)"


_COUNT = _cel_number("count")


class Metric(Model):
    """One question, asked once or again and again, and what its answers mean."""

    name: str = Field(min_length=1, max_length=253, description="Name of the metric, unique in the analysis.")
    interval: DurationOrArg | None = Field(
        None, description="Time between two measurements, at least 1s. Left out: measure once."
    )
    initial_delay: DurationOrArg | None = Field(
        None, description="How long to wait before the first measurement. Default 0."
    )
    count: Count | None = Field(
        None,
        description="How many measurements, errors aside. Default: 1 without interval, else without end.",
    )
    success_condition: ConditionText | None = Field(
        None, description="When a measurement is good, such as `result[0] >= 0.95`."
    )
    failure_condition: ConditionText | None = Field(
        None,
        description="When a measurement is bad. With both conditions, bad wins, and neither is Inconclusive.",
    )
    failure_limit: Limit | None = Field(
        None,
        description="The metric is Failed when more measurements than this failed. Default 0; -1 is never.",
    )
    inconclusive_limit: Limit | None = Field(
        None,
        description="The metric is Inconclusive when more than this many were. Default 0; -1 is never.",
    )
    consecutive_error_limit: Limit | None = Field(
        None,
        description="The metric is Error when more measurements than this in a row could not be judged. "
        "Default 4; -1 is never. A server that cannot be reached does not count: it holds the release.",
    )
    consecutive_success_limit: Count | None = Field(
        None,
        description="The metric is Successful after this many good measurements in a row. Default 0: off.",
    )
    no_data: NoDataPolicy | None = Field(
        None, description="What an empty answer or NaN counts as. Default Inconclusive."
    )
    provider: Provider = Field(description="Where the measurement comes from.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel=f"has(self.interval) || {_COUNT} <= 1",
            message="interval is needed when count is more than 1: write for instance interval: 30s",
            holds=_has_interval_when_repeated,
        ),
        Rule(
            cel=f"{_COUNT} == 0 || {_COUNT} >= {_cel_number('failureLimit')} + "
            f"{_cel_number('consecutiveSuccessLimit')}",
            message="count must be at least failureLimit + consecutiveSuccessLimit: raise it or lower them",
            holds=_limits_fit,
        ),
        Rule(
            cel=f"{_COUNT} == 0 || {_COUNT} >= {_cel_number('inconclusiveLimit')}",
            message="count must be at least inconclusiveLimit: raise count or lower inconclusiveLimit",
            holds=_inconclusive_limit_fits,
        ),
    )
