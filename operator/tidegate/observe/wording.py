"""A wrong value in words: what it is, and what to write. One line a type of error that pydantic knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from tidegate.api.meta import shown

Context = Mapping[str, Any]

_WHOLE = "is not a whole number: write digits only, without quotes"
_TRUTH = "is neither true nor false: write one of them, without quotes"
_OBJECT = "is not an object: write its fields below it, each on a line of its own"
_REMEDIES: dict[str, Callable[[Context], str]] = {
    "int_type": lambda _: _WHOLE,
    "int_parsing": lambda _: _WHOLE,
    "int_from_float": lambda _: _WHOLE,
    "bool_type": lambda _: _TRUTH,
    "bool_parsing": lambda _: _TRUTH,
    "string_type": lambda _: "is not a text: put it in quotes",
    "list_type": lambda _: "is not a list: begin each item with a dash",
    "dict_type": lambda _: _OBJECT,
    "model_type": lambda _: _OBJECT,
    "model_attributes_type": lambda _: _OBJECT,
    "greater_than_equal": lambda ctx: f"is too small: write {ctx['ge']} or more",
    "greater_than": lambda ctx: f"is too small: write more than {ctx['gt']}",
    "less_than_equal": lambda ctx: f"is too large: write {ctx['le']} or less",
    "less_than": lambda ctx: f"is too large: write less than {ctx['lt']}",
    "string_too_short": lambda ctx: f"is too short: write at least {_count(ctx['min_length'], 'character')}",
    "string_too_long": lambda ctx: f"is too long: write at most {_count(ctx['max_length'], 'character')}",
    "too_short": lambda ctx: f"has too few entries: write at least {ctx['min_length']}",
    "too_long": lambda ctx: f"has too many entries: write at most {ctx['max_length']}",
    "string_pattern_mismatch": lambda ctx: f"does not match {ctx['pattern']}: write it so",
    "enum": lambda ctx: f"is not known: write {ctx['expected']}",
    "literal_error": lambda ctx: f"is not known: write {ctx['expected']}",
}


def wrong_value(detail: ErrorDetails) -> str:
    """What is wrong with the value and what to write. Our own validators say so themselves."""
    context = detail.get("ctx", {})
    if detail["type"] == "value_error":
        return str(context.get("error", detail["msg"]))
    remedy = _REMEDIES.get(detail["type"])
    said = remedy(context) if remedy else f"does not fit: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return f"{shown(detail['input'])} {said}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
