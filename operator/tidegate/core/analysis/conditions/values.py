"""The values of conditions, what goes wrong with them, and the limits of their work.

A value is a double, a text, a boolean, nil, a list or an object, as in JSON. NaN and an empty answer are not data:
whoever compares or counts them gets `NoData`, so that no answer ever passes for a good one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_STEPS = 100_000
MAX_TEXT = 65_536
_KINDS = {bool: "boolean", float: "number", int: "number", str: "text", list: "list", dict: "object"}
_WORDS = {"boolean": "a boolean", "number": "a number", "text": "a text", "list": "a list", "object": "an object"}


@dataclass(frozen=True, slots=True)
class Span:
    """The part of the text that a message names: offsets of its first character and after its last one."""

    start: int
    end: int


class EvaluationError(Exception):
    """The condition does not fit the value."""

    def __init__(self, message: str, at: Span) -> None:
        super().__init__(message)
        self.at = at


class NoDataError(Exception):
    """The condition looked at something that was not measured."""


@dataclass(slots=True)
class Scope:
    """What one evaluation sees, and how much work it has done."""

    result: Any
    args: Mapping[str, str]
    item: Any = None
    steps: int = 0
    _typed: bool | None = None

    def spend(self, steps: int, at: Span) -> None:
        """Counts work before it is done. Raises EvaluationError when it is too much."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise EvaluationError(f"too much work: more than {MAX_STEPS:,} steps", at)

    @property
    def typed(self) -> bool:
        """Whether Go would know the type of all in `result` beforehand: a plain value or a list of numbers."""
        if self._typed is None:
            many = isinstance(self.result, list)
            kinds = {kind_of(item) for item in self.result} if many else {kind_of(self.result)}
            self._typed = kinds <= {"number"} if many else kinds != {"object"}
        return self._typed


def kind_of(value: Any) -> str:
    """The kind of a value in one word; what is none of them is nil."""
    return _KINDS.get(type(value), "nil")


def described(value: Any) -> str:
    """A value for a message: its kind, and the value itself where that is short."""
    kind = kind_of(value)
    if kind in ("number", "boolean"):
        return f"{_WORDS[kind]} ({plain(value)})"
    return _WORDS.get(kind, "nil")


def plain(value: Any) -> str:
    """A number or boolean as people write it: `5`, not `5.0`; `true`, not `True`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def number(value: Any, at: Span) -> float:
    """A double. Raises EvaluationError when it is none."""
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return _double(value)
    raise EvaluationError(f"needs a number, but is {described(value)}", at)


def _double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def measured(value: Any, at: Span) -> float:
    """A double that was measured. Raises NoDataError for NaN."""
    result = number(value, at)
    if math.isnan(result):
        raise NoDataError
    return result


def boolean(value: Any, at: Span) -> bool:
    """A boolean. Raises EvaluationError when it is none."""
    if isinstance(value, bool):
        return value
    raise EvaluationError(f"needs a boolean, but is {described(value)}: write a comparison", at)


def text(value: Any, at: Span) -> str:
    """A text within the limit. Raises EvaluationError when it is none."""
    if not isinstance(value, str):
        raise EvaluationError(f"needs a text, but is {described(value)}", at)
    if len(value) > MAX_TEXT:
        raise EvaluationError(f"is a text of more than {MAX_TEXT:,} characters", at)
    return value


def items(value: Any, scope: Scope, at: Span) -> list[Any]:
    """The items of a list, its work counted. Raises NoDataError when the answer was empty: it proves nothing."""
    if not isinstance(value, list):
        raise EvaluationError(f"needs a list, but is {described(value)}", at)
    if not value and scope.result == []:
        raise NoDataError
    scope.spend(len(value), at)
    return value


def some(values: Iterable[Any], holds: Callable[[Any], bool]) -> bool:
    """Whether it holds for some value, in whatever order they stand. Raises NoDataError when only unmeasured ones
    could tell."""
    unmeasured = False
    for value in values:
        try:
            if holds(value):
                return True
        except NoDataError:
            unmeasured = True
    if unmeasured:
        raise NoDataError
    return False
