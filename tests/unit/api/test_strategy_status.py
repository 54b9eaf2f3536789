"""Weights of the status, for people."""

from __future__ import annotations

import pytest

from tidegate.api.strategy_status import WeightDestination, Weights


@pytest.mark.parametrize(
    ("canary", "stable", "asked", "percent"),
    [
        (20, 80, 40, (20, 80, 40)),
        (5, 995, 12, (0.5, 99.5, 1.2)),
        (100, 50, 0, (66.6667, 33.3333, 0)),
        (0, 0, 0, (0, 0, 0)),
    ],
    ids=["in percent", "finer", "no whole percent", "nothing"],
)
def test_a_weight_is_part_of_both(canary: int, stable: int, asked: int, percent: tuple[float, float, float]) -> None:
    weights = Weights(canary=WeightDestination(weight=canary), stable=WeightDestination(weight=stable), asked=asked)
    assert (weights.percent_seen, weights.percent_stable, weights.percent_asked) == percent
    assert str(weights.percent_seen) == f"{percent[0]}"
