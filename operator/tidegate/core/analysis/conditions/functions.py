"""Functions of conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from tidegate.core.analysis.conditions.values import (
    EvaluationError,
    NoDataError,
    Scope,
    Span,
    described,
    items,
    kind_of,
    number,
    plain,
    text,
)


@dataclass(frozen=True, slots=True)
class Call:
    """What a function is called with, in which evaluation, and where in the text."""

    values: list[Any]
    scope: Scope
    at: Span

    @property
    def value(self) -> Any:
        """The first value."""
        return self.values[0]


Implementation = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how many values it takes, and what kind it gives (None when that depends)."""

    least: int
    most: int
    gives: str | None
    call: Implementation


def _len(call: Call) -> float:
    value = call.value
    if kind_of(value) in ("text", "list", "object"):
        return float(len(value))
    raise EvaluationError(f"len needs a text, a list or an object, but gets {described(value)}", call.at)


def _numbers(call: Call) -> list[float]:
    """The numbers among the values, those in lists too. Raises NoDataError when one of them is NaN."""
    flat: list[float] = []
    for value in call.values:
        inner = items(value, call.scope, call.at) if isinstance(value, list) else [value]
        flat.extend(number(item, call.at) for item in inner)
    if any(math.isnan(item) for item in flat):
        raise NoDataError
    return flat


def _aggregate(name: str, over: Callable[[list[float]], float]) -> Implementation:
    def implementation(call: Call) -> float:
        flat = _numbers(call)
        if not flat:
            raise EvaluationError(f"{name} of an empty list", call.at)
        return over(flat)

    return implementation


def _sum(call: Call) -> float:
    return float(sum(_numbers(call)))


def _mean(flat: list[float]) -> float:
    # Not statistics.fmean: it raises on infinities of both signs, where IEEE 754 has NaN.
    return sum(flat) / len(flat)


def _end(position: int) -> Implementation:
    def implementation(call: Call) -> Any:
        found = items(call.value, call.scope, call.at)
        return found[position] if found else None

    return implementation


def _rounding(how: Callable[[float], float]) -> Implementation:
    def implementation(call: Call) -> float:
        value = number(call.value, call.at)
        return float(how(value)) if math.isfinite(value) else value

    return implementation


def _round(value: float) -> float:
    """Half away from zero, as Go rounds; Python's own goes to the even neighbour."""
    whole = math.floor(abs(value))
    return math.copysign(whole + (abs(value) - whole >= 0.5), value)


def _float(call: Call) -> float:
    if not isinstance(call.value, str):
        return number(call.value, call.at)
    try:
        return float(text(call.value, call.at))
    except ValueError:
        raise EvaluationError("the text is not a number", call.at) from None


def _int(call: Call) -> float:
    value = _float(call)
    if not math.isfinite(value):
        raise EvaluationError(f"no whole number can be made of {plain(value)}", call.at)
    return float(math.trunc(value))


def _string(call: Call) -> str:
    value = call.value
    if kind_of(value) in ("list", "object"):
        raise EvaluationError(f"string needs a plain value, but gets {described(value)}", call.at)
    return value if isinstance(value, str) else plain(value) if value is not None else "nil"


FUNCTIONS: dict[str, Function] = {
    "len": Function(1, 1, "number", _len),
    "max": Function(1, 16, "number", _aggregate("max", max)),
    "min": Function(1, 16, "number", _aggregate("min", min)),
    "sum": Function(1, 1, "number", _sum),
    "mean": Function(1, 16, "number", _aggregate("mean", _mean)),
    "median": Function(1, 16, "number", _aggregate("median", median)),
    "first": Function(1, 1, None, _end(0)),
    "last": Function(1, 1, None, _end(-1)),
    "abs": Function(1, 1, "number", lambda call: abs(number(call.value, call.at))),
    "floor": Function(1, 1, "number", _rounding(math.floor)),
    "ceil": Function(1, 1, "number", _rounding(math.ceil)),
    "round": Function(1, 1, "number", _rounding(_round)),
    "int": Function(1, 1, "number", _int),
    "float": Function(1, 1, "number", _float),
    "string": Function(1, 1, "text", _string),
    "asInt": Function(1, 1, "number", _int),
    "asFloat": Function(1, 1, "number", _float),
    "isNaN": Function(1, 1, "boolean", lambda call: math.isnan(number(call.value, call.at))),
    "isInf": Function(1, 1, "boolean", lambda call: math.isinf(number(call.value, call.at))),
    "isNil": Function(1, 1, "boolean", lambda call: call.value is None),
}
