"""What the author of a rule wrote, under what splits have written over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.objects import Key
from tidegate.core.traffic.shares import Weights, compose, same_shares
from tidegate.routes.httproute.backends import DEFAULT_WEIGHT
from tidegate.routes.httproute.rules import MarkedRule

Original = Mapping[str, int | None]
"""Weights by key as they stand in the manifest: None where there is none."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The author's weights of a rule. `reset`: somebody has changed what was written over them."""

    original: Original
    reset: bool = False


def effective(original: Original) -> dict[str, int]:
    """What the weights mean: an absent one is 1."""
    return {key: DEFAULT_WEIGHT if weight is None else weight for key, weight in original.items()}


def baseline(rule: MarkedRule) -> Baseline:
    """The author's weights, as the marks keep them or, where the rule was changed since, as it now says.

    A changed weight makes the whole rule the author's: whoever applies a manifest writes all of it. A backend that
    is new beside untouched weights only adds its own.
    """
    mark = next(iter(rule.marks.values()), None)
    stands = {key: ref.get("weight") for key, ref in rule.refs.items()}
    if mark is None:
        return Baseline(stands)
    seen = rule.seen
    kept = {key: mark.original.get(key, weight) for key, weight in stands.items()}
    if all(mark.written.get(key, weight) == weight for key, weight in seen.items()):
        return Baseline(kept)
    # Weights under which a split's backends get nothing can't be divided; then the last that could stay in force.
    usable = all(any(seen.get(key) for key in other.asked) for other in rule.marks.values())
    return Baseline(stands if usable else kept, reset=True)


def composed(rule: MarkedRule, split: Key, ask: Weights | None) -> Weights | None:
    """The weights of the whole rule when `split` asks this, and nothing when it is None; see `compose`.

    An ask that is what the author wrote anyway changes nothing.
    """
    original = effective(baseline(rule).original)
    asks = [_present(mark.asked, original) for other, mark in rule.marks.items() if other != split]
    if ask is not None:
        asks.append(ask)
    return compose(original, [one for one in asks if any(one.values()) and not is_original(one, original)])


def is_original(ask: Weights, original: Weights) -> bool:
    """Whether an ask says what the author wrote anyway."""
    return same_shares(ask, {key: original[key] for key in ask})


def _present(ask: Weights, original: Weights) -> Weights:
    """An ask without the backends that have left the rule."""
    return {key: weight for key, weight in ask.items() if key in original}
