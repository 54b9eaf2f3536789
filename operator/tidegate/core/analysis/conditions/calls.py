"""Nodes that call: functions, closures, and `default`, which stands in for what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tidegate.core.analysis.conditions.closures import CLOSURES, Closure, iterate
from tidegate.core.analysis.conditions.functions import FUNCTIONS, Call, Function
from tidegate.core.analysis.conditions.nodes import ConditionError, Node, join, need
from tidegate.core.analysis.conditions.syntax import unknown_function
from tidegate.core.analysis.conditions.values import NoDataError, Scope, Span


def call(name: str, values: list[Node], braced: int | None, at: Span) -> Node:
    """The call of `name`. `braced` is the offset of a body in braces. Raises ConditionError when there is none such."""
    if name in CLOSURES:
        return _closure(name, CLOSURES[name], values, at)
    if braced is not None:
        raise ConditionError("braces hold the body of a closure, such as all(result, {# < 1})", braced)
    if name == "default":
        return _default(values, at)
    if name not in FUNCTIONS:
        raise unknown_function(name, at.start)
    return _function(name, FUNCTIONS[name], values, at)


def _function(name: str, function: Function, values: list[Node], at: Span) -> Node:
    if not function.least <= len(values) <= function.most:
        wanted = "one value" if function.most == 1 else f"1 to {function.most} values"
        raise ConditionError(f"{name} takes {wanted}, not {len(values)}", at.start)
    runs = [value.run for value in values]
    compute = function.call

    def run(scope: Scope) -> Any:
        return compute(Call([each(scope) for each in runs], scope, at))

    return join(run, at, values, gives=function.gives, nested=function.gives is None)


def _closure(name: str, closure: Closure, values: list[Node], at: Span) -> Node:
    if len(values) != 2:
        raise ConditionError(f"{name} takes a list and a body, such as {name}(result, # > 0)", at.start)
    source, body = values
    if closure.needs:
        need(closure.needs, body, "write a comparison of #")
    run = iterate(closure, source.run, body.run, body.size, at, body.at)
    node = join(run, at, (source, body), gives=closure.gives, nested=closure.gives is None)
    return replace(node, item=source.item)


def _default(values: list[Node], at: Span) -> Node:
    if len(values) != 2:
        raise ConditionError("default takes a value and what stands in for it: default(result, 0)", at.start)
    value, instead = values

    def run(scope: Scope) -> Any:
        try:
            found = value.run(scope)
        except NoDataError:
            return instead.run(scope)
        return instead.run(scope) if _missing(found) else found

    return join(run, at, values, nested=True)


def _missing(value: Any) -> bool:
    return value is None or value == [] or value != value
