"""Fields of analyses: numbers and durations that may be an argument, and lists keyed by a name."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.functional_serializers import PlainSerializer
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from tidegate.api.meta import DURATION_PATTERN, DURATION_REMEDY, duration_text, parse_duration, shown, value_rule

_PLACEHOLDER_PATTERN = r"\{\{[^{}]+\}\}"
_PLACEHOLDER = re.compile(_PLACEHOLDER_PATTERN)
_NUMBER_REMEDY = "is neither a whole number nor an argument: write 3 or {{args.limit}}"
_DURATION_REMEDY = f"{DURATION_REMEDY}, or an argument such as {{{{args.interval}}}}"
_WHOLE = re.compile(r"-?[0-9]{1,9}")


def _int_or_arg(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, str) and _PLACEHOLDER.fullmatch(value):
        return value
    raise ValueError(f"{shown(value)} {_NUMBER_REMEDY}")


def _at_least(minimum: int) -> BeforeValidator:
    def check(value: object) -> int | str:
        number = _int_or_arg(value)
        if isinstance(number, int) and number < minimum:
            raise ValueError(f"{number} is too small: write {minimum} or more")
        return number

    return BeforeValidator(check)


def _int_schema(minimum: int) -> WithJsonSchema:
    pattern = rf"^(-?[0-9]{{1,9}}|{_PLACEHOLDER_PATTERN})$"
    cel = f"type(self) == int ? self >= {minimum} : self.matches(r'{pattern}')"
    message = f"{_NUMBER_REMEDY}, {minimum} or more"
    return WithJsonSchema({"x-kubernetes-int-or-string": True, "maxLength": 256, **value_rule(cel, message)})


def _duration_or_arg(value: object) -> timedelta | str:
    if isinstance(value, str) and _PLACEHOLDER.fullmatch(value):
        return value
    return parse_duration(value)


def _duration_or_arg_text(value: timedelta | str) -> str:
    return value if isinstance(value, str) else duration_text(value)


Count = Annotated[int | str, _at_least(0), _int_schema(0)]
Limit = Annotated[int | str, _at_least(-1), _int_schema(-1)]
DurationOrArg = Annotated[
    timedelta | str,
    BeforeValidator(_duration_or_arg),
    PlainSerializer(_duration_or_arg_text, return_type=str),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "maxLength": 256,
            **value_rule(
                "type(self) == int ? self >= 0 : "
                f"self.matches(r'{DURATION_PATTERN}') || self.matches(r'^{_PLACEHOLDER_PATTERN}$')",
                _DURATION_REMEDY,
            ),
        }
    ),
]


@dataclass(frozen=True, slots=True)
class UniqueBy:
    """Marks a list as keyed by a field, `Annotated[list[Arg], UniqueBy("name")]`: no two items share it.

    The API server says so too (a map list), and server-side apply merges such a list item by item.
    """

    key: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._unique, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        keyed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [to_camel(self.key)]}
        return {**handler(core), **keyed}

    def _unique(self, items: list[Any]) -> list[Any]:
        counts = Counter(getattr(item, self.key) for item in items)
        twice = [str(value) for value, count in counts.items() if count > 1]
        if twice:
            raise ValueError(f"{to_camel(self.key)} {twice[0]!r} stands more than once: give each its own")
        return items
