"""What is wrong with a spec, in words for its author: the field, the value, the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from tidegate.api.location import Location, field_path
from tidegate.api.rules import BrokenRulesError, Refused, Rule, shown
from tidegate.observe.wording import wrong_value

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands below the model, and value and remedy in words."""

    location: Location
    says: str

    def text(self, root: str = "spec") -> str:
        """The whole answer: field, value, remedy."""
        return f"{field_path(self.location, root)}: {self.says}"


def problems(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """All problems in the order of the model, each once. Never raises: it runs on whatever users write."""
    found = (problem for detail in error.errors(include_url=False) for problem in _problems(detail, model))
    return list(dict.fromkeys(found))


def describe(error: ValidationError, model: type[BaseModel], root: str = "spec") -> str:
    """All problems in one line, the first few by name."""
    found = [problem.text(root) for problem in problems(error, model)]
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


def _problems(detail: ErrorDetails, model: type[BaseModel]) -> Iterator[Problem]:
    location = detail["loc"]
    error = detail.get("ctx", {}).get("error")
    if isinstance(error, BrokenRulesError):
        yield from (_broken(rule, location, below, detail["input"]) for rule, below in error.rules)
    else:
        yield Problem(location, _says(detail, model))


def _broken(rule: Rule, location: Location, below: Location, value: object) -> Problem:
    for part in below:
        value = _inside(value, part)
    said = f"{shown(value)}: {rule.message}" if value is not None else rule.message
    return Problem(location + below, said)


def _inside(value: object, part: str | int) -> object:
    if isinstance(value, list) and isinstance(part, int):
        return value[part]
    return value.get(part) if isinstance(value, Mapping) else None


def _says(detail: ErrorDetails, model: type[BaseModel]) -> str:
    match detail["type"]:
        case "missing":
            field = _field(detail["loc"], model)
            return f"is missing: add it{_meaning(field)}"
        case "extra_forbidden":
            return _unknown_field(detail["loc"], model)
    return wrong_value(detail)


def _meaning(field: FieldInfo | None) -> str:
    return f" ({field.description.rstrip('.')})" if field is not None and field.description else ""


def _unknown_field(location: Location, model: type[BaseModel]) -> str:
    name = str(location[-1])
    known = sorted(_known_fields(location[:-1], model))
    lower = {field.lower(): field for field in known}
    close = difflib.get_close_matches(name.lower(), lower, n=1)
    if close:
        return f"no such field: did you mean {lower[close[0]]}?"
    return f"no such field: remove it, or use one of {', '.join(known)}" if known else "no such field: remove it"


def _known_fields(location: Location, model: type[BaseModel]) -> set[str]:
    found = _model_at(location, model)
    fields = found.model_fields.items() if found else ()
    return {_json_name(name, field) for name, field in fields if not _refused(field)}


def _refused(field: FieldInfo) -> bool:
    return any(isinstance(part, Refused) for part in field.metadata)


def _model_at(location: Location, model: type[BaseModel]) -> type[BaseModel] | None:
    found: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, str) and found:
            field = _field_of(found, part)
            found = next(_models_in(field.annotation), None) if field else None
    return found


def _field(location: Location, model: type[BaseModel]) -> FieldInfo | None:
    parent = _model_at(location[:-1], model)
    return _field_of(parent, str(location[-1])) if parent and location else None


def _field_of(model: type[BaseModel], alias: str) -> FieldInfo | None:
    fields = model.model_fields.items()
    return next((field for name, field in fields if alias in (name, _json_name(name, field))), None)


def _json_name(name: str, field: FieldInfo) -> str:
    return field.alias or field.serialization_alias or name


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
