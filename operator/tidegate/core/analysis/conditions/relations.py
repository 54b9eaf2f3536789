"""Nodes that compare two values."""

from __future__ import annotations

from tidegate.core.analysis.conditions import operators
from tidegate.core.analysis.conditions.nodes import ConditionError, Node, join
from tidegate.core.analysis.conditions.values import EvaluationError, Scope, Span, described, kind_of


def _one_kind(operator: str, left: Node, right: Node, at: Span) -> None:
    if left.gives and right.gives and left.gives != right.gives:
        remedy = "convert one of them, or set parentheses"
        raise ConditionError(f"{operator} compares a {left.gives} with a {right.gives}: {remedy}", at.start)


def equality(operator: str, left: Node, right: Node, at: Span) -> Node:
    """`==` and `!=`. Two kinds are unequal inside of JSON; elsewhere the comparison is a mistake, as Go's types say."""
    _one_kind(operator, left, right, at)
    wanted = operator == "=="
    nested = left.nested or right.nested

    def run(scope: Scope) -> bool:
        one, other = left.run(scope), right.run(scope)
        if one is None or other is None:
            return (one is other) is wanted
        if kind_of(one) != kind_of(other) and (scope.typed or not nested):
            raise EvaluationError(f"{operator} compares {described(one)} with {described(other)}", at)
        return operators.equal(one, other, scope, at) is wanted

    return join(run, at, (left, right), gives="boolean")


def relation(operator: str, left: Node, right: Node, at: Span) -> Node:
    """`<`, `<=`, `>`, `>=`. A chain holds when each of its links does: `0 < x < 1`."""
    link = left.tail or left
    _one_kind(operator, link, right, at)
    chained = left.tail is not None

    def run(scope: Scope) -> bool:
        if chained and not left.run(scope):
            return False
        return operators.relate(operator, link.run(scope), right.run(scope), at)

    return join(run, at, (left, right), gives="boolean", tail=right)


def word(operator: str, left: Node, right: Node, at: Span) -> Node:
    """`in`, `contains`, `startsWith`, `endsWith`."""

    def run(scope: Scope) -> bool:
        one, other = left.run(scope), right.run(scope)
        if operator == "in":
            return operators.contained(one, other, scope, at)
        return operators.word(operator, one, other, scope, at)

    return join(run, at, (left, right), gives="boolean")
