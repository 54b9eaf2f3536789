"""What all kinds share: the strict base model, rules, refusals, durations and conditions.

A model is the one source of a kind: it parses what users write, and `crd` renders its schema, defaults, rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.functional_serializers import PlainSerializer
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import CoreSchema

from tidegate.api.rules import BrokenRulesError, Check, Refused, Rule, Shape, shown, value_rule

__all__ = [
    "API_VERSION",
    "DURATION_PATTERN",
    "DURATION_REMEDY",
    "GROUP",
    "VERSION",
    "Check",
    "Condition",
    "ConditionStatus",
    "Duration",
    "LabelValue",
    "Model",
    "Name",
    "Refused",
    "Rule",
    "ServiceName",
    "Shape",
    "StatusModel",
    "Time",
    "Weight",
    "parse_duration",
    "shown",
    "time_text",
    "value_rule",
]

GROUP = "tidegate.dev"
VERSION = "v1alpha1"
API_VERSION: Literal["tidegate.dev/v1alpha1"] = "tidegate.dev/v1alpha1"


class _Base(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        frozen=True,
    )


class Model(_Base):
    """The base of what users write: camelCase outside, frozen, and an unknown field is an error, never ignored."""

    model_config = ConfigDict(extra="forbid")
    rules: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _rules_hold(self) -> Self:
        broken = [(rule, rule.location(self)) for rule in self.rules if not rule.holds(self)]
        if broken:
            raise BrokenRulesError(broken)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        if cls.rules:
            resolved = handler.resolve_ref_schema(schema)
            resolved["x-kubernetes-validations"] = [rule.validation() for rule in cls.rules]
        return schema


class StatusModel(_Base):
    """The base of what the operator writes. An unknown field is dropped: an older operator reads a newer status."""

    model_config = ConfigDict(extra="ignore")


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
DURATION_PATTERN = r"^(([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h|d))+|[0-9]{1,9})$"
DURATION_REMEDY = "is not a duration: write seconds (30) or a text such as 10s, 5m, 1h30m, ten years at most"
# Beyond it, a moment plus a duration may lie behind the last day of Python's calendar.
_LONGEST = 3650 * 86400


def parse_duration(value: object) -> timedelta:
    """`30`, `"30"` (seconds), `"10s"`, `"1h30m"` → a timedelta. Raises ValueError with value and remedy."""
    if isinstance(value, timedelta):
        return value
    seconds = _seconds(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
    if seconds is None or seconds > _LONGEST:
        raise ValueError(f"{shown(value)} {DURATION_REMEDY}")
    return timedelta(seconds=seconds)


def _seconds(text: str) -> float | None:
    if not re.fullmatch(DURATION_PATTERN, text):
        return None
    if text.isdigit():
        return int(text)
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))


def duration_text(value: timedelta) -> str:
    """A timedelta as users write it: `1.5s`. Not by %g, which makes 1e+06s of a million seconds."""
    return f"{value.total_seconds():.3f}".rstrip("0").rstrip(".") + "s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "maxLength": 32,
            **value_rule(f"type(self) == int ? self >= 0 : self.matches(r'{DURATION_PATTERN}')", DURATION_REMEDY),
        }
    ),
]


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def time_text(value: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: exact enough for steps of a second, and what the API server accepts."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[
    datetime,
    AfterValidator(_aware),
    PlainSerializer(time_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _percentage(value: object) -> bool:
    return type(value) is int and 0 <= value <= 100


def _weight(value: object) -> bool:
    return type(value) is int and 0 <= value <= MOST_WEIGHT


def _matching(pattern: str) -> Callable[[object], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


# `20%` and `"20"` are what people write: with the type integer the API server would not even show the value.
Weight = Annotated[
    int,
    Check(
        "type(self) == int && self >= 0 && self <= 100",
        "is not a percentage: write a whole number from 0 to 100, without quotes and %",
        _percentage,
        {"x-kubernetes-int-or-string": True, "maxLength": 32},
    ),
]
MOST_WEIGHT = 1_000_000
"""The greatest weight of a backend in a route of the Gateway API."""
TrafficWeight = Annotated[
    int,
    Check(
        f"type(self) == int && self >= 0 && self <= {MOST_WEIGHT}",
        "is not a weight: write a whole number from 0 to 100, or to maxTrafficWeight, without quotes and %",
        _weight,
        {"x-kubernetes-int-or-string": True, "maxLength": 32},
    ),
]
_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
_SERVICE_NAME = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
Name = Annotated[
    str,
    Field(max_length=253),
    Check(
        f"self.matches('{_NAME}')",
        "is not a name of an object: write lower-case letters, digits, - and .",
        _matching(_NAME),
    ),
]
ServiceName = Annotated[
    str,
    Field(max_length=63),
    Check(
        f"self.matches('{_SERVICE_NAME}')",
        "is not a name of a Service: write lower-case letters, digits and -, beginning with a letter",
        _matching(_SERVICE_NAME),
    ),
]
LabelValue = Annotated[str, Field(max_length=63)]


class ConditionStatus(StrEnum):
    """The three values of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(StatusModel):
    """A Kubernetes condition; `Ready`, `Reconciling` and `Stalled` follow kstatus."""

    type: Annotated[str, Field(description="What is said, such as Ready.")]
    status: Annotated[ConditionStatus, Field(description="Whether it holds: True, False or Unknown.")]
    reason: Annotated[str, Field(description="Why, in one word for machines.")]
    message: Annotated[str, Field(description="Why, in a sentence for people.")] = ""
    last_transition_time: Annotated[Time, Field(description="When status last changed.")]
    observed_generation: Annotated[int | None, Field(description="Generation of the spec that this was said of.")] = (
        None
    )
