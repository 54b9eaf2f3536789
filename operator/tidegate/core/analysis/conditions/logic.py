"""Nodes that decide: `&&`, `||`, `!`, the ternary, and arithmetic that they stand on."""

from __future__ import annotations

from typing import Any

from tidegate.core.analysis.conditions import operators
from tidegate.core.analysis.conditions.nodes import Node, join, need
from tidegate.core.analysis.conditions.values import Scope, Span, boolean, number


def logical(left: Node, operator: str, right: Node, at: Span) -> Node:
    """`left && right`, `left || right`: right is looked at only when left does not decide. An error never decides."""
    for side in (left, right):
        need("boolean", side, f"write a comparison beside {operator}")
    decides = operator in ("||", "or")

    def run(scope: Scope) -> bool:
        first = boolean(left.run(scope), left.at)
        return first if first is decides else boolean(right.run(scope), right.at)

    return join(run, at, (left, right), gives="boolean")


def negate(operand: Node, at: Span) -> Node:
    """`!operand`."""
    need("boolean", operand, "put what is negated in parentheses")
    return join(lambda scope: not boolean(operand.run(scope), operand.at), at, (operand,), gives="boolean")


def ternary(test: Node, yes: Node, no: Node, at: Span) -> Node:
    """`test ? yes : no`."""
    need("boolean", test, "write a comparison before ?")
    return join(
        lambda scope: (yes if boolean(test.run(scope), test.at) else no).run(scope),
        at,
        (test, yes, no),
        gives=yes.gives if yes.gives == no.gives else None,
        nested=yes.nested or no.nested,
    )


def signed(sign: str, operand: Node, at: Span) -> Node:
    """`-operand`, `+operand`."""
    need("number", operand, "only numbers have a sign")
    factor = -1.0 if sign == "-" else 1.0
    return join(lambda scope: factor * number(operand.run(scope), operand.at), at, (operand,), gives="number")


def arithmetic(left: Node, operator: str, right: Node, at: Span) -> Node:
    """`left + right` and its like; `+` joins two texts."""
    numbers = operator != "+" or "number" in (left.gives, right.gives)
    for side in (left, right) if numbers else ():
        need("number", side, f"{operator} works on numbers")

    def run(scope: Scope) -> Any:
        return operators.calculate(operator, left.run(scope), right.run(scope), scope, at)

    return join(run, at, (left, right), gives="number" if numbers else None)
