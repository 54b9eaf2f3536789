"""What the API server and everybody else judge alike: rules over fields, checks of a value, refused fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from tidegate.api.location import Location

VALUE_LENGTH = 60


def shown(value: object) -> str:
    """A value as its author wrote it, cut to a length that fits a line; the fields of an object by name."""
    if isinstance(value, Mapping):
        return f"an object with {', '.join(map(str, value))}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    text = json.dumps(value, default=str, ensure_ascii=True)
    return text if len(text) <= VALUE_LENGTH else text[:VALUE_LENGTH] + "…"


def cel_text(text: str) -> str:
    """The text as a literal of CEL."""
    return json.dumps(text, ensure_ascii=False)


def value_rule(cel: str, message: str, text: str = "string(self)") -> dict[str, Any]:
    """The part of a schema that judges one value by `cel`, and answers with the value and `message`.

    `text` is CEL for the value as text: `self` where it is one, which costs the API server less.
    """
    expression = f"'\"' + {text} + '\" ' + {cel_text(message)}"
    return {"x-kubernetes-validations": [{"rule": cel, "messageExpression": expression, "message": message}]}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over several fields: `cel` is judged by the API server, `holds` by lint and the operator.

    Both say the same; a test runs every wrong manifest against both. `field` is the path below the model that the
    answer names, in JSON names (`analysis.startingStep`); `value` is CEL for the text of the value that is wrong.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]
    _: KW_ONLY
    field: str = ""
    value: str = ""
    place: Callable[[Any], Location] | None = None
    """Where below `field` the first mistake stands, where that is a list."""

    def location(self, model: Any) -> Location:
        """Where the mistake stands below the model."""
        parts = tuple(self.field.split(".")) if self.field else ()
        return (*parts, *(self.place(model) if self.place else ()))

    def validation(self) -> dict[str, str]:
        """The rule as an entry of `x-kubernetes-validations`."""
        rendered = {"rule": self.cel, "message": self.message}
        if self.field:
            rendered["fieldPath"] = f".{self.field}"
        if self.value:
            # By itself the API server shows a value's type, if anything.
            rendered["messageExpression"] = f"'\"' + {self.value} + '\": ' + {cel_text(self.message)}"
        return rendered


class BrokenRulesError(ValueError):
    """Rules of a model that do not hold, each with where it is broken."""

    def __init__(self, rules: list[tuple[Rule, Location]]) -> None:
        super().__init__("; ".join(rule.message for rule, _ in rules))
        self.rules = rules


@dataclass(frozen=True, slots=True)
class Check:
    """A rule over one value, `Annotated[str, Check(…)]`, with an answer that shows the value and says what to write.

    A pattern or a type in the schema would be answered with a regular expression, or with `"string"` for the value.
    """

    cel: str
    message: str
    """What is said after the value: `is not a percentage: write …`."""
    holds: Callable[[Any], bool]
    schema: dict[str, Any] = field(default_factory=dict, hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._judge, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = self.schema or handler(core)
        text = "self" if schema.get("type") == "string" else "string(self)"
        return {**schema, **value_rule(self.cel, self.message, text)}

    def _judge(self, value: object) -> object:
        if not self.holds(value):
            raise ValueError(f"{shown(value)} {self.message}")
        return value


class Shape(StrEnum):
    """What a refused field holds where it is supported: the API server judges only fields whose type it knows."""

    OBJECT = "object"
    LIST = "array"
    BOOLEAN = "boolean"
    TEXT = "string"
    NUMBER = "integer"
    NUMBER_OR_TEXT = "int-or-string"


@dataclass(frozen=True, slots=True)
class Refused:
    """Marks a field that is known and not supported: the API server and the operator both refuse it.

    Written as `blue_green: Annotated[None, Refused("…")] = None`. Without it the API server would prune the field
    in silence, and a user would believe that it is honoured.
    """

    message: str
    shape: Shape = Shape.OBJECT

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._refuse)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"x-tidegate-refused": self.message, "x-tidegate-shape": self.shape.value}

    def _refuse(self, value: object) -> None:
        if value is not None:
            said = self.message if isinstance(value, Mapping | list) else f"{shown(value)}: {self.message}"
            raise ValueError(said)
