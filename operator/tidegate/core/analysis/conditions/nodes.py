"""A parsed condition: each node knows how to give its value, and how big it is.

Nodes are closures rather than a tree that is walked: a condition is compiled once and judged many times. Size and depth
are counted while the parser builds, so that no hostile text ever gets deep enough to exhaust the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.core.analysis.conditions.values import Scope, Span

MAX_NODES = 400
MAX_DEPTH = 48
Run = Callable[[Scope], Any]


class ConditionError(ValueError):
    """A condition that cannot be used: where, why, and what to write instead."""

    def __init__(self, message: str, offset: int, text: str = "") -> None:
        lines = text[:offset].split("\n")
        self.line = len(lines)
        self.column = len(lines[-1]) + 1 if text else offset + 1
        self.message, self.offset = message, offset
        line = f"line {self.line}, " if "\n" in text else ""
        super().__init__(f"{line}column {self.column}: {message}")

    def inside(self, text: str) -> ConditionError:
        """The same error, its place counted in the lines of `text`."""
        return ConditionError(self.message, self.offset, text)


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a condition.

    `gives` is the kind of its value where that is certain. `nested` tells that the value lies inside of another one,
    so that Go would learn its type only when it looks. `args` are the arguments used; `item` is the offset of a `#`
    that no closure binds; `tail` is the last operand of a chain of relations (`0 < x < 1`).
    """

    run: Run
    at: Span
    size: int = 1
    depth: int = 1
    gives: str | None = None
    nested: bool = False
    args: frozenset[str] = frozenset()
    item: int | None = None
    tail: Node | None = None


def join(
    run: Run,
    at: Span,
    parts: Sequence[Node],
    *,
    gives: str | None = None,
    nested: bool = False,
    tail: Node | None = None,
) -> Node:
    """A node over `parts`. Raises ConditionError beyond the limits."""
    size = 1 + sum(part.size for part in parts)
    depth = 1 + max((part.depth for part in parts), default=0)
    if size > MAX_NODES:
        raise ConditionError(f"more than {MAX_NODES} parts: split it over several metrics", at.start)
    if depth > MAX_DEPTH:
        raise ConditionError(f"nested more than {MAX_DEPTH} deep: write it flatter", at.start)
    args = frozenset().union(*(part.args for part in parts))
    item = next((part.item for part in parts if part.item is not None), None)
    return Node(run, at, size, depth, gives, nested, args, item, tail)


def need(kind: str, node: Node, remedy: str) -> None:
    """Raises ConditionError when the node certainly gives something else than `kind`."""
    if node.gives not in (None, kind):
        raise ConditionError(f"needs a {kind}, but is a {node.gives}: {remedy}", node.at.start)
