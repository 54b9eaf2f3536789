"""The arithmetic of shares: who gets how much, whatever kind of route carries it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm

from tidegate.api.meta import MOST_WEIGHT

Weights = Mapping[str, int]
"""Relative weights by backend, each 0 or more: the share is weight / sum."""


def clamp(asked: Weights, ready: Weights) -> Weights:
    """`asked` without the weights of backends that have no ready endpoint.

    `ready` counts ready endpoints by backend. A gateway answers 503 for the share of a backend without any. When
    that leaves nobody, all is kept as it was asked: weights that add up to nothing are refused by some gateways
    and spread over everybody by others.
    """
    carried = {backend: weight if ready.get(backend, 0) else 0 for backend, weight in asked.items()}
    return carried if any(carried.values()) else dict(asked)


def same_shares(one: Weights, other: Weights) -> bool:
    """Whether both say the same: 80 to 20 and 4 to 1 do. Weights that add up to nothing say nothing."""
    total, others = sum(one.values()), sum(other.values())
    if not total or not others or one.keys() != other.keys():
        return False
    return all(weight * others == other[backend] * total for backend, weight in one.items())


def compose(original: Weights, asks: Sequence[Weights]) -> Weights | None:
    """The weights of a whole rule, in which each of `asks` divides anew what its own backends had together.

    Everybody else's share stays exactly what it was in `original`. None when that takes whole numbers greater than
    MOST_WEIGHT. An ask whose backends have the rule to themselves is written as it is: 80 and 20 stay 80 and 20.
    """
    if len(asks) == 1 and not any(weight for backend, weight in original.items() if backend not in asks[0]):
        return {**original, **asks[0]}
    exact = {backend: Fraction(weight) for backend, weight in original.items()}
    for ask in asks:
        joint = sum(original[backend] for backend in ask)
        exact |= {backend: Fraction(joint * weight, sum(ask.values())) for backend, weight in ask.items()}
    return _whole(exact)


def _whole(exact: Mapping[str, Fraction]) -> Weights | None:
    """Whole numbers in the same proportions, those of the rule's author where they will do."""
    scale = lcm(*(value.denominator for value in exact.values()))
    weights = {backend: int(value * scale) for backend, value in exact.items()}
    if max(weights.values(), default=0) > MOST_WEIGHT:
        divisor = gcd(*weights.values())
        weights = {backend: weight // divisor for backend, weight in weights.items()}
    return weights if max(weights.values(), default=0) <= MOST_WEIGHT else None
