"""What is wrong with a spec, in words for its author: the field, the value, the remedy."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

SHOWN = 5
VALUE_LENGTH = 60
Location = tuple[int | str, ...]


def describe(error: ValidationError, model: type[BaseModel], root: str = "spec") -> str:
    """All problems in one line, the first few by name. Never raises: it runs on whatever users write."""
    problems = [_problem(detail, model, root) for detail in error.errors(include_url=False)]
    shown = list(dict.fromkeys(problems))
    more = f"; and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return "; ".join(shown[:SHOWN]) + more


def _problem(detail: ErrorDetails, model: type[BaseModel], root: str) -> str:
    location = detail["loc"]
    field = field_path(location, root)
    said = _says(detail, model)
    return said if said.startswith(field) else f"{field}: {said}"


def field_path(location: Location, root: str = "spec") -> str:
    """`("steps", 2, "setWeight")` → `spec.steps[2].setWeight`."""
    return root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def _says(detail: ErrorDetails, model: type[BaseModel]) -> str:
    match detail["type"]:
        case "missing":
            return "is missing: add it"
        case "extra_forbidden":
            return _unknown_field(detail["loc"], model)
        case "value_error":
            return str(detail.get("ctx", {}).get("error", detail["msg"]))
    return f"{_shown_value(detail['input'])} does not fit: {_lower_first(detail['msg'])}"


def _unknown_field(location: Location, model: type[BaseModel]) -> str:
    name = str(location[-1])
    known = sorted(_known_fields(location[:-1], model))
    close = difflib.get_close_matches(name, known, n=1)
    return f"no such field: did you mean {close[0]}?" if close else f"no such field: {_choices(known)}"


def _choices(known: list[str]) -> str:
    return f"remove it, or use one of {', '.join(known)}" if known else "remove it"


def _known_fields(location: Location, model: type[BaseModel]) -> set[str]:
    found: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, str) and found:
            found = _model_of(found, part)
    return {field.alias or name for name, field in found.model_fields.items()} if found else set()


def _model_of(model: type[BaseModel], alias: str) -> type[BaseModel] | None:
    for name, field in model.model_fields.items():
        if alias in (name, field.alias):
            return next(_models_in(field.annotation), None)
    return None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _shown_value(value: object) -> str:
    if isinstance(value, Mapping | list):
        return "an object" if isinstance(value, Mapping) else "a list"
    text = json.dumps(value, default=str, ensure_ascii=True)
    return text if len(text) <= VALUE_LENGTH else text[:VALUE_LENGTH] + "…"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
