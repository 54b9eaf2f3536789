"""What all kinds share: the strict base model, rules, refusals, durations and conditions.

A model is the one source of a kind: it parses what users write, and `crd` renders its schema, defaults and rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.functional_serializers import PlainSerializer
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

GROUP = "tidegate.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over several fields: `cel` is judged by the API server, `holds` by everybody else (lint, the operator).

    Both say the same; a test runs every wrong manifest against both.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]


class Model(BaseModel):
    """The base of all that users write: camelCase outside, frozen, and an unknown field is an error, never ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        frozen=True,
        extra="forbid",
    )
    rules: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _rules_hold(self) -> Self:
        broken = [rule.message for rule in self.rules if not rule.holds(self)]
        if broken:
            raise ValueError("; ".join(broken))
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        if cls.rules:
            resolved = handler.resolve_ref_schema(schema)
            resolved["x-kubernetes-validations"] = [{"rule": r.cel, "message": r.message} for r in cls.rules]
        return schema


class StatusModel(Model):
    """The base of what the operator writes. An unknown field is dropped, so that an older operator reads a newer status."""

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True, slots=True)
class Refused:
    """Marks a field that is known and not supported: the API server and the operator both refuse it with `message`.

    Written as `blue_green: Annotated[None, Refused("…")] = None`. Without it the API server would prune the field in
    silence, and a user would believe that it is honoured.
    """

    message: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._refuse)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"x-tidegate-refused": self.message}

    def _refuse(self, value: object) -> None:
        if value is not None:
            raise ValueError(self.message)


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
DURATION_PATTERN = r"^((\d+(\.\d+)?(ms|s|m|h|d))+|\d+)$"


def parse_duration(value: object) -> timedelta:
    """`30`, `"30"` (seconds), `"10s"`, `"1h30m"` → a timedelta. Raises ValueError with the value and examples."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str) or not re.match(DURATION_PATTERN, str(value)):
        raise ValueError(f"{value!r} is not a duration: write seconds (30) or a text such as 10s, 5m, 1h30m")
    text = str(value)
    if text.isdigit():
        return timedelta(seconds=int(text))
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text)))


def _seconds_text(value: timedelta) -> str:
    return f"{value.total_seconds():g}s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(_seconds_text, return_type=str),
    WithJsonSchema({"x-kubernetes-int-or-string": True, "pattern": DURATION_PATTERN}),
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

Weight = Annotated[int, Field(ge=0, le=100)]
NAME_PATTERN = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=253)]
ServiceName = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=63)]


class ConditionStatus(StrEnum):
    """The three values of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(StatusModel):
    """A Kubernetes condition; `Ready`, `Reconciling` and `Stalled` follow kstatus."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""
    last_transition_time: Time
    observed_generation: int | None = None


class Reference(StatusModel):
    """Who owns an object: just what decides whether it is ours."""

    kind: str
    name: str
    uid: str
