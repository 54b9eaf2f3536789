"""Closures over the items of a list: `all(result, # < 1)`. The body sees the item as `#`.

`all` and `any` are decided by one item that decides them, whatever the others were; an item that was not measured
counts only when no other one decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tidegate.core.analysis.conditions.nodes import Run
from tidegate.core.analysis.conditions.values import Scope, Span, boolean, items, some

Body = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Closure:
    """What is done with the items, the kind that the body must give (None: any), and the kind of the outcome."""

    over: Callable[[list[Any], Body], Any]
    needs: str | None
    gives: str | None


def _all(found: list[Any], holds: Body) -> bool:
    return not some(found, lambda item: not holds(item))


def _filter(found: list[Any], holds: Body) -> list[Any]:
    return [item for item in found if holds(item)]


def _count(found: list[Any], holds: Body) -> float:
    return float(sum(1 for item in found if holds(item)))


CLOSURES: dict[str, Closure] = {
    "all": Closure(_all, "boolean", "boolean"),
    "any": Closure(some, "boolean", "boolean"),
    "none": Closure(lambda found, holds: not some(found, holds), "boolean", "boolean"),
    "one": Closure(lambda found, holds: _count(found, holds) == 1, "boolean", "boolean"),
    "filter": Closure(_filter, "boolean", "list"),
    "map": Closure(lambda found, body: [body(item) for item in found], None, "list"),
    "count": Closure(_count, "boolean", "number"),
    "find": Closure(lambda found, holds: next(filter(holds, found), None), "boolean", None),
}


def iterate(closure: Closure, source: Run, body: Run, work: int, at: Span, body_at: Span) -> Run:
    """Runs `body`, which is `work` nodes big, on each item of `source`; its work is paid before it is done."""

    def run(scope: Scope) -> Any:
        found = items(source(scope), scope, at)
        outer = scope.item

        def on(item: Any) -> Any:
            scope.spend(work, body_at)
            scope.item = item
            value = body(scope)
            return boolean(value, body_at) if closure.needs else value

        try:
            return closure.over(found, on)
        finally:
            scope.item = outer

    return run
