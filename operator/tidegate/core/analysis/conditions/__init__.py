"""The conditions of analyses, in Argo's expression language: `result[0] >= 0.95`.

`compile_condition(text)` finds every mistake that the text alone shows; `Condition.evaluate(result, args)` gives one of
four outcomes and raises nothing. Both end within a tenth of a second whatever they are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput

from tidegate.core.analysis.conditions.builder import Builder
from tidegate.core.analysis.conditions.nodes import ConditionError, Node
from tidegate.core.analysis.conditions.syntax import explain
from tidegate.core.analysis.conditions.values import EvaluationError, NoDataError, Scope, Span, described

__all__ = ["Condition", "ConditionError", "Evaluation", "Outcome", "compile_condition"]

MAX_CHARACTERS = 2048
MAX_SHOWN = 80


class Outcome(StrEnum):
    """What a condition says about an answer."""

    TRUE = "True"
    FALSE = "False"
    NO_DATA = "NoData"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An outcome; for an error, the part of the condition and what is wrong with it."""

    outcome: Outcome
    message: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read. `args` are the names of the arguments that it uses."""

    text: str
    node: Node

    @property
    def args(self) -> frozenset[str]:
        """The arguments that evaluate() must be given."""
        return self.node.args

    def evaluate(self, result: Any, args: Mapping[str, str]) -> Evaluation:
        """Judges `result`: a number, a list of numbers, or any JSON value. `args` must have all of `self.args`."""
        try:
            answer = self.node.run(Scope(result, args))
        except NoDataError:
            return Evaluation(Outcome.NO_DATA)
        except EvaluationError as error:
            return Evaluation(Outcome.ERROR, f"{self._part(error.at)}: {error}")
        if not isinstance(answer, bool):
            part = self._part(self.node.at)
            return Evaluation(Outcome.ERROR, f"{part}: gives {described(answer)}; write a comparison")
        return Evaluation(Outcome.TRUE if answer else Outcome.FALSE)

    def _part(self, at: Span) -> str:
        part = self.text[at.start : at.end]
        return part if len(part) <= MAX_SHOWN else f"{part[: MAX_SHOWN - 1]}…"


@cache
def _parser() -> Lark:
    return Lark.open(
        "grammar.lark",
        rel_to=__file__,
        parser="lalr",
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=Builder(),
    )


@lru_cache(maxsize=1024)
def compile_condition(text: str) -> Condition:
    """Reads a condition. Raises ConditionError with the column, what is wrong, and what to write instead."""
    if len(text) > MAX_CHARACTERS:
        raise ConditionError(f"longer than {MAX_CHARACTERS:,} characters: split it", MAX_CHARACTERS)
    try:
        return Condition(text, _checked(_parser().parse(text)))  # type: ignore[arg-type]
    except UnexpectedInput as error:
        raise explain(error, text).inside(text) from None
    except ConditionError as error:
        raise error.inside(text) from None


def _checked(node: Node) -> Node:
    if node.item is not None:
        raise ConditionError("# stands for an item inside of a closure, such as all(result, # < 1)", node.item)
    if node.gives not in (None, "boolean"):
        raise ConditionError(f"gives a {node.gives}: compare it, such as result[0] >= 0.95", 0)
    return node
