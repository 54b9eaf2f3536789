"""Shares: they add up, nobody else's moves, and nothing is ever all zero."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.api.meta import MOST_WEIGHT
from tidegate.core.traffic.shares import Weights, clamp, compose, same_shares

WEIGHT = st.integers(0, 100)
ASKED = st.dictionaries(st.sampled_from("abcd"), WEIGHT, min_size=2).filter(lambda w: any(w.values()))
READY = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3))


@pytest.mark.parametrize(
    ("asked", "ready", "carried"),
    [
        pytest.param({"a": 80, "b": 20}, {"a": 3, "b": 1}, {"a": 80, "b": 20}, id="all have endpoints"),
        pytest.param({"a": 80, "b": 20}, {"a": 3, "b": 0}, {"a": 80, "b": 0}, id="the new one has none"),
        pytest.param({"a": 80, "b": 20}, {"b": 1}, {"a": 0, "b": 20}, id="the old one is not even there"),
        pytest.param({"a": 80, "b": 20}, {}, {"a": 80, "b": 20}, id="nobody has any: as asked"),
        pytest.param({"a": 100, "b": 0}, {"b": 3}, {"a": 100, "b": 0}, id="nothing goes where nothing was asked"),
    ],
)
def test_a_backend_without_ready_endpoints_gets_nothing_while_another_has_some(
    asked: Weights, ready: Weights, carried: Weights
) -> None:
    assert clamp(asked, ready) == carried


@given(ASKED, READY)
def test_a_clamped_split_is_never_all_zero_and_gives_nobody_more_than_was_asked(asked: Weights, ready: Weights) -> None:
    carried = clamp(asked, ready)
    assert any(carried.values())
    assert all(carried[backend] in (0, weight) for backend, weight in asked.items())


@given(ASKED, READY, st.sampled_from("abcd"))
def test_one_more_ready_endpoint_takes_nothing_from_its_backend(asked: Weights, ready: Weights, grown: str) -> None:
    more = {**ready, grown: ready.get(grown, 0) + 1}
    assert clamp(asked, more).get(grown, 0) >= clamp(asked, ready).get(grown, 0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param({"a": 80, "b": 20}, {"a": 4, "b": 1}, True, id="the same proportion"),
        pytest.param({"a": 80, "b": 20}, {"a": 20, "b": 80}, False, id="the other way round"),
        pytest.param({"a": 1, "b": 0}, {"a": 100, "b": 0}, True, id="all to one"),
        pytest.param({"a": 0, "b": 0}, {"a": 1, "b": 1}, False, id="nothing says nothing"),
        pytest.param({"a": 1, "b": 1}, {"a": 0, "b": 0}, False, id="to nobody"),
        pytest.param({"a": 1, "b": 0}, {"a": 1}, False, id="another set of backends"),
    ],
)
def test_weights_say_the_same_when_their_shares_are_the_same(one: Weights, other: Weights, same: bool) -> None:
    assert same_shares(one, other) is same


@pytest.mark.parametrize(
    ("original", "asks", "whole"),
    [
        pytest.param({"a": 1, "b": 0}, [{"a": 80, "b": 20}], {"a": 80, "b": 20}, id="alone: as asked"),
        pytest.param(
            {"a": 1, "b": 0, "c": 0}, [{"a": 8, "b": 2}], {"a": 8, "b": 2, "c": 0}, id="beside one without traffic"
        ),
        pytest.param(
            {"a": 60, "b": 20, "c": 20},
            [{"a": 80, "b": 20}],
            {"a": 64, "b": 16, "c": 20},
            id="inside their joint weight, the third party's number stays too",
        ),
        pytest.param(
            {"a": 1, "b": 0, "c": 1},
            [{"a": 67, "b": 33}],
            {"a": 67, "b": 33, "c": 100},
            id="scaled to whole numbers",
        ),
        pytest.param(
            {"a": 25, "b": 25, "c": 25, "d": 25},
            [{"a": 80, "b": 20}, {"c": 0, "d": 1}],
            {"a": 40, "b": 10, "c": 0, "d": 50},
            id="two splits of one rule",
        ),
        pytest.param(
            {"a": 900_000, "b": 0, "c": 100_000},
            [{"a": 2, "b": 1}],
            {"a": 600_000, "b": 300_000, "c": 100_000},
            id="large and divisible",
        ),
        pytest.param(
            {"a": 1_000_000, "b": 0, "c": 500_000},
            [{"a": 2, "b": 1}],
            {"a": 4, "b": 2, "c": 3},
            id="reduced where it would be too large",
        ),
        pytest.param({"a": 999_983, "b": 0, "c": 1}, [{"a": 2, "b": 1}], None, id="too fine to be written"),
        pytest.param({"a": 60, "b": 40}, [], {"a": 60, "b": 40}, id="nothing asked"),
        pytest.param({}, [], {}, id="no backends at all"),
    ],
)
def test_a_rule_is_divided_anew_inside_the_joint_weight(
    original: Weights, asks: list[Weights], whole: Weights | None
) -> None:
    assert compose(original, asks) == whole


ORIGINAL = st.fixed_dictionaries({name: st.integers(0, 1000) for name in "abcdz"})
PAIR = st.tuples(WEIGHT, WEIGHT).filter(any)


def share(weights: Weights, backend: str) -> Fraction:
    return Fraction(weights[backend], sum(weights.values()))


@given(ORIGINAL.filter(lambda o: o["a"] + o["b"] > 0 and o["c"] + o["d"] > 0), PAIR, PAIR)
def test_every_share_is_exact_whatever_is_asked(original: Weights, one: tuple[int, int], two: tuple[int, int]) -> None:
    asks = [dict(zip("ab", one, strict=True)), dict(zip("cd", two, strict=True))]
    whole = compose(original, asks)
    if whole is None:
        return
    assert max(whole.values()) <= MOST_WEIGHT
    assert share(whole, "z") == share(original, "z")
    for ask in asks:
        joint = sum(share(original, backend) for backend in ask)
        assert all(share(whole, backend) == joint * share(ask, backend) for backend in ask)
    assert compose(original, asks[::-1]) == whole


@given(ORIGINAL.filter(lambda o: o["a"] + o["b"] > 0), st.integers(0, 100), st.integers(0, 100))
def test_who_is_asked_to_get_more_gets_no_less(original: Weights, one: int, two: int) -> None:
    less, more = (compose(original, [{"a": 100 - n, "b": n}]) for n in sorted((one, two)))
    assert less is not None
    assert more is not None
    assert share(less, "b") <= share(more, "b")


@given(st.integers(1, 5_000), st.integers(0, 5_000), st.integers(0, 10_000), st.integers(0, 100))
def test_every_percentage_fits_where_no_weight_and_no_joint_weight_is_above_ten_thousand(
    a: int, b: int, c: int, percent: int
) -> None:
    assert compose({"a": a, "b": b, "c": c}, [{"a": 100 - percent, "b": percent}]) is not None
