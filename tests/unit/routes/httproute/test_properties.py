"""Whatever route, whatever is asked, in whatever order: exact shares, and at the end what the author wrote."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.routes.making import API, WEB, Raw, apply, reset, route, rule, spec, written
from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.core.objects import Key
from tidegate.routes.httproute import observe, owners, patch_for, restore

WEIGHT = st.integers(0, 200)
STRANGE: st.SearchStrategy[Raw] = st.dictionaries(
    st.sampled_from(["filters", "future", "timeouts"]),
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=2), max_leaves=3),
)
THIRD = st.sampled_from(
    [
        {"name": "legacy"},
        {"name": "web", "namespace": "other"},
        {"name": "web", "kind": "ServiceImport", "group": "multicluster.x-k8s.io"},
        {"name": "legacy", "port": 81},
    ]
)


@st.composite
def weighted(draw: st.DrawFn, named: Raw) -> Raw:
    """A backendRef with or without a weight, and with fields that nobody knows."""
    weight = draw(st.none() | WEIGHT)
    return {**draw(STRANGE), **named, **({} if weight is None else {"weight": weight})}


@st.composite
def rules(draw: st.DrawFn) -> Raw:
    """A rule that names both pairs, third parties between them, all in any order."""
    named: list[Raw] = [{"name": name} for name in ("web", "web-canary", "api", "api-canary")] + draw(
        st.lists(THIRD, max_size=3)
    )
    refs = [draw(weighted(one)) for one in draw(st.permutations(named))]
    return rule(*refs, name=draw(st.none() | st.just("main")), **draw(STRANGE))


@st.composite
def routes(draw: st.DrawFn) -> Raw:
    """A route with the rule that is divided among others."""
    annotations = draw(st.none() | st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=2))
    before, after = (draw(st.lists(st.just(rule({"name": "health"})), max_size=1)) for _ in range(2))
    raw = route(*before, draw(rules()), *after, annotations=annotations, **draw(STRANGE))
    for pair in (("web", "web-canary"), ("api", "api-canary")):
        assume(sum(total(raw, name) for name in pair))
    return raw


ASKS = st.lists(
    st.tuples(st.sampled_from([WEB, API]), st.tuples(WEIGHT, WEIGHT).filter(any) | st.none()), min_size=1, max_size=8
)
ORDER = st.permutations([WEB, API])


def refs_of(raw: Raw) -> list[Raw]:
    """The backendRefs of the rule that is divided."""
    found = (one["backendRefs"] for one in raw["spec"]["rules"] if len(one["backendRefs"]) > 3)
    refs: list[Raw] = next(found)
    return refs


def total(raw: Raw, name: str) -> int:
    """What the Service of this name and namespace gets."""
    return sum(one.get("weight", 1) for one in refs_of(raw) if one["name"] == name and not is_third(one))


def is_third(one: Raw) -> bool:
    return "namespace" in one or "kind" in one or one["name"] == "legacy"


def shares(raw: Raw) -> list[Fraction]:
    """The share of each backendRef, in order."""
    weights = [one.get("weight", 1) for one in refs_of(raw)]
    return [Fraction(weight, sum(weights)) for weight in weights]


def ask_of(split: Key, pair: tuple[int, int]) -> TrafficSplitSpec:
    return spec(**{split.name: pair[0], f"{split.name}_canary": pair[1]})


def step(raw: Raw, split: Key, pair: tuple[int, int] | None) -> Raw:
    """One pass: the split asks for a pair of weights, or is gone."""
    edit = restore(raw, split) if pair is None else patch_for(raw, split, ask_of(split, pair))
    return raw if edit is None else apply(raw, edit)


@given(routes(), ASKS, ORDER)
def test_whatever_two_splits_ask_in_whatever_order_the_route_is_given_back_as_it_was(
    raw: Raw, asks: list[tuple[Key, Any]], order: list[Key]
) -> None:
    away = raw
    for split, pair in asks:
        away = step(away, split, pair)
    for split in order:
        away = step(away, split, None)
    assert written(away) == written(raw)


@given(routes(), ASKS)
def test_everybody_has_exactly_the_share_that_follows_from_what_is_asked_last(
    raw: Raw, asks: list[tuple[Key, Any]]
) -> None:
    away, last = raw, {}
    for split, pair in asks:
        before, away = away, step(away, split, pair)
        last[split] = pair
        assert sum(one.get("weight", 1) for one in refs_of(away))
        if pair is not None:
            view = observe(away, split, ask_of(split, pair), ask_of(split, pair).routes[0])
            # A split that can't be written is refused as a whole.
            assume(not view.problem.startswith("spec.rules") and "can't be divided" not in view.problem)
            assert patch_for(away, split, ask_of(split, pair)) is None, before
    for one, was, now in zip(refs_of(raw), shares(raw), shares(away), strict=True):
        assert now == _expected(raw, one, was, last)


def _expected(raw: Raw, one: Raw, was: Fraction, last: dict[Key, Any]) -> Fraction:
    split = next((key for key in (WEB, API) if one["name"] in (key.name, f"{key.name}-canary")), None)
    pair = last.get(split) if split and not is_third(one) else None
    if split is None or pair is None:
        return was
    joint = shares_of_pair(raw, split)
    return joint * Fraction(pair[one["name"].endswith("-canary")], sum(pair))


def shares_of_pair(raw: Raw, split: Key) -> Fraction:
    named = (split.name, f"{split.name}-canary")
    everybody = sum(one.get("weight", 1) for one in refs_of(raw))
    return Fraction(sum(total(raw, name) for name in named), everybody)


@given(routes(), ASKS)
def test_no_bystander_is_touched(raw: Raw, asks: list[tuple[Key, Any]]) -> None:
    away = raw
    for split, pair in asks:
        away = step(away, split, pair)
    assert without_weights(away) == without_weights(raw)


def without_weights(raw: Raw) -> Raw:
    kept = written(raw)
    for one in refs_of(kept):
        one.pop("weight", None)
    marks = kept["metadata"].get("annotations") or {}
    ours = {name for name in marks if name.startswith("split.tidegate.dev/shop.")}
    kept["metadata"]["annotations"] = {name: text for name, text in marks.items() if name not in ours} or None
    if kept["metadata"]["annotations"] is None:
        del kept["metadata"]["annotations"]
    return kept


@settings(max_examples=50)
@given(routes(), st.tuples(WEIGHT, WEIGHT).filter(any), st.integers(1, 4))
def test_whoever_applies_the_manifest_in_the_middle_gets_it_back_at_the_end(
    raw: Raw, pair: tuple[int, int], times: int
) -> None:
    away = step(raw, WEB, pair)
    for _ in range(times):
        index = next(i for i, one in enumerate(raw["spec"]["rules"]) if len(one["backendRefs"]) > 3)
        away = step(reset(away, *(one.get("weight") for one in refs_of(raw)), index=index), WEB, pair)
    assert owners(away) in ((), (WEB,))
    assert shares(away) == shares(step(raw, WEB, pair))
    assert written(step(away, WEB, None)) == written(raw)


LANES = st.lists(
    st.sampled_from(
        [
            {
                "name": "testers",
                "match": [{"headers": [{"name": "x-tester", "value": "yes"}]}],
                "backend": "web-canary",
            },
            {"name": "copies", "match": [{"method": "GET"}], "mirror": {"backend": "web-canary"}},
            {"name": "some", "match": [{}], "mirror": {"backend": "web-canary", "percent": 30}},
        ]
    ),
    max_size=3,
    unique_by=lambda lane: str(lane["name"]),
)
LANED = st.lists(st.tuples(st.tuples(WEIGHT, WEIGHT).filter(any), LANES), min_size=1, max_size=5)


def laned_step(raw: Raw, pair: tuple[int, int], lanes: list[Raw]) -> tuple[Raw, TrafficSplitSpec]:
    """One pass of a split with lanes."""
    plain = ask_of(WEB, pair).model_dump(mode="json", exclude_none=True)
    asked = TrafficSplitSpec.model_validate({**plain, "lanes": lanes})
    edit = patch_for(raw, WEB, asked)
    return (raw if edit is None else apply(raw, edit)), asked


@given(routes().filter(lambda raw: isinstance(raw_filters(raw), list)), LANED, st.lists(WEIGHT, max_size=1))
def test_lanes_come_and_go_beside_another_split_and_leave_no_trace(
    raw: Raw, asks: list[tuple[tuple[int, int], list[Raw]]], other: list[int]
) -> None:
    away = raw
    for pair, lanes in asks:
        away, asked = laned_step(away, pair, lanes)
        view = observe(away, WEB, asked, asked.routes[0])
        assume("can't be divided" not in view.problem)
        assert (view.lanes, view.strays) == (tuple(lane["name"] for lane in lanes), ())
        assert patch_for(away, WEB, asked) is None
    for weight in other:
        away = step(away, API, (weight, 1))
    for split in (WEB, API):
        away = step(away, split, None)
    assert written(away) == written(raw)


def raw_filters(raw: Raw) -> Any:
    """The filters of the rule that is divided: as the API has them, a list."""
    return next(one.get("filters", []) for one in raw["spec"]["rules"] if len(one["backendRefs"]) > 3)
