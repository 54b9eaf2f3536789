"""Operators over values. Numbers follow IEEE 754: a division by zero is infinite or NaN, as it is in Go."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tidegate.core.analysis.conditions.values import (
    MAX_TEXT,
    EvaluationError,
    NoDataError,
    Scope,
    Span,
    described,
    items,
    kind_of,
    measured,
    number,
    some,
    text,
)


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _remainder(left: float, right: float) -> float:
    return math.nan if not right or math.isinf(left) else math.fmod(left, right)


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:
        return math.inf if left == 0 else math.nan


ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "%": _remainder,
    "**": _power,
    "^": _power,
}

RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

WORDS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda left, right: right in left,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}


def relate(operator: str, left: Any, right: Any, at: Span) -> bool:
    """`<`, `<=`, `>`, `>=` on two numbers or two texts. Raises NoDataError for NaN, EvaluationError for a mixture."""
    if isinstance(left, float) and isinstance(right, float) and left == left and right == right:
        return RELATIONS[operator](left, right)
    if isinstance(left, str) and isinstance(right, str):
        return RELATIONS[operator](left, right)
    if kind_of(left) != "number" or kind_of(right) != "number":
        raise EvaluationError(f"{operator} compares {described(left)} with {described(right)}", at)
    return RELATIONS[operator](measured(left, at), measured(right, at))


def _join(left: str, right: str, scope: Scope, at: Span) -> str:
    scope.spend((len(left) + len(right)) // 64, at)
    if len(left) + len(right) > MAX_TEXT:
        raise EvaluationError(f"is a text of more than {MAX_TEXT:,} characters", at)
    return left + right


def calculate(operator: str, left: Any, right: Any, scope: Scope, at: Span) -> Any:
    """Arithmetic on doubles; `+` also joins two texts. NaN goes through: only who compares it needs data."""
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return _join(left, right, scope, at)
    return ARITHMETIC[operator](number(left, at), number(right, at))


def equal(left: Any, right: Any, scope: Scope, at: Span) -> bool:
    """Deep equality, without recursion. Values of two kinds are never equal. Raises NoDataError for NaN."""
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        scope.spend(1, at)
        if not _same_level(one, other):
            return False
        if isinstance(one, list):
            pairs.extend(zip(one, other, strict=True))
        elif isinstance(one, dict):
            pairs.extend((one[key], other[key]) for key in one)
    return True


def _same_level(one: Any, other: Any) -> bool:
    kind = kind_of(one)
    if kind != kind_of(other):
        return False
    if kind == "list":
        return len(one) == len(other)
    if kind == "object":
        return bool(one.keys() == other.keys())
    if kind == "number" and (one != one or other != other):
        raise NoDataError
    return bool(one == other)


def contained(needle: Any, haystack: Any, scope: Scope, at: Span) -> bool:
    """`needle in haystack`: an item of a list or a key of an object; nothing is in nil."""
    if haystack is None:
        return False
    if isinstance(haystack, dict):
        return isinstance(needle, str) and needle in haystack
    if isinstance(haystack, str):
        raise EvaluationError("in looks into lists and objects; for texts write: text contains part", at)
    return some(items(haystack, scope, at), lambda item: equal(needle, item, scope, at))


def word(operator: str, left: Any, right: Any, scope: Scope, at: Span) -> bool:
    """`contains`, `startsWith`, `endsWith` on two texts."""
    scope.spend(1 + len(text(left, at)) // 64, at)
    return WORDS[operator](text(left, at), text(right, at))


def field(value: Any, name: str, at: Span) -> Any:
    """A field of an object, nil when it has none. Raises EvaluationError when the value is no object."""
    if isinstance(value, dict):
        return value.get(name)
    raise EvaluationError(f"has no field {name}: it is {described(value)}, not an object", at)


def index(value: Any, key: Any, scope: Scope, at: Span) -> Any:
    """An item of a list (from its end when negative) or a field of an object. Raises NoDataError on an empty answer."""
    if isinstance(value, dict):
        return value.get(text(key, at))
    if not isinstance(value, list):
        raise EvaluationError(f"needs a list before [ ], but is {described(value)}", at)
    position = _whole(key, at)
    if -len(value) <= position < len(value):
        return value[position]
    if not value and scope.result == []:
        raise NoDataError
    count = f"{len(value)} item" + ("" if len(value) == 1 else "s")
    raise EvaluationError(f"index {position} is out of range: the list has {count}", at)


def part(value: Any, start: Any, end: Any, scope: Scope, at: Span) -> Any:
    """A slice of a list or a text; bounds beyond its ends are cut."""
    first = None if start is None else _whole(start, at)
    last = None if end is None else _whole(end, at)
    if isinstance(value, str):
        scope.spend(len(value) // 64, at)
        return text(value, at)[first:last]
    return items(value, scope, at)[first:last]


def _whole(value: Any, at: Span) -> int:
    position = number(value, at)
    if not position.is_integer():
        raise EvaluationError(f"an index must be a whole number, not {position}", at)
    return int(position)
