"""Nodes that look into a value: fields, items, slices, and what stands in for nil."""

from __future__ import annotations

from typing import Any

from tidegate.core.analysis.conditions import operators
from tidegate.core.analysis.conditions.nodes import Node, join
from tidegate.core.analysis.conditions.values import Scope, Span


def field(value: Node, name: str, dot: str, at: Span) -> Node:
    """`value.name`; after `?.` nil has any field, and it is nil."""
    optional = dot == "?."

    def run(scope: Scope) -> Any:
        found = value.run(scope)
        return None if optional and found is None else operators.field(found, name, at)

    return join(run, at, (value,), nested=True)


def index(value: Node, key: Node, dot: str, at: Span) -> Node:
    """`value[key]`; after `?.` nil has any item, and it is nil."""
    optional = dot == "?."

    def run(scope: Scope) -> Any:
        found = value.run(scope)
        return None if optional and found is None else operators.index(found, key.run(scope), scope, at)

    return join(run, at, (value, key), nested=True)


def part(value: Node, start: Node | None, end: Node | None, at: Span) -> Node:
    """`value[start:end]`; a bound left out is the end of the list."""

    def run(scope: Scope) -> Any:
        first, last = (bound and bound.run(scope) for bound in (start, end))
        return operators.part(value.run(scope), first, last, scope, at)

    return join(run, at, [value, *(bound for bound in (start, end) if bound)], nested=True)


def coalesce(left: Node, right: Node, at: Span) -> Node:
    """`left ?? right`: right when left is nil."""

    def run(scope: Scope) -> Any:
        value = left.run(scope)
        return right.run(scope) if value is None else value

    return join(run, at, (left, right), nested=True)
