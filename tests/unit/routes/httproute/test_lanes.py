"""Rules for lanes: beside which rule, with what in them, and gone without a trace."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.unit.routes.making import WEB, Raw, apply, mark, ref, reset, route, rule, served, written
from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.core.world import RouteView
from tidegate.routes.httproute import observe, patch_for, restore

API_PATH = {"path": {"type": "PathPrefix", "value": "/api"}}
FILTERS = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x", "value": "1"}]}}]
PAIR = rule(ref("web", 100), ref("web-canary", 0), name="main", matches=[API_PATH], filters=FILTERS)
HEALTH = rule(ref("health"))
TESTER = {"name": "x-tester", "type": "Exact", "value": "yes"}
HEADER_LANE = {"name": "testers", "match": [{"headers": [TESTER]}], "backend": "web-canary"}


def mirror_lane(percent: int = 100, **match: Any) -> Raw:
    return {"name": "copies", "match": [match], "mirror": {"backend": "web-canary", "percent": percent}}


def asked(*lanes: Raw, canary: int = 0) -> TrafficSplitSpec:
    backends = [{"service": "web", "weight": 100 - canary}, {"service": "web-canary", "weight": canary}]
    return TrafficSplitSpec.model_validate({"routes": [{"name": "web"}], "backends": backends, "lanes": list(lanes)})


def moved(raw: Raw, spec: TrafficSplitSpec) -> Raw:
    edit = patch_for(raw, WEB, spec)
    assert edit is not None
    return apply(raw, edit)


def given_back(raw: Raw) -> Raw:
    edit = restore(raw, WEB)
    assert edit is not None
    return apply(raw, edit)


def seen(raw: Raw, spec: TrafficSplitSpec) -> RouteView:
    return observe(raw, WEB, spec, spec.routes[0])


def test_a_header_lane_is_the_authors_rule_for_requests_with_the_header() -> None:
    raw = moved(route(HEALTH, PAIR), asked(HEADER_LANE))
    assert raw["spec"]["rules"] == [
        HEALTH,
        {
            "name": "tidegate-web-testers",
            "matches": [{**API_PATH, "headers": [TESTER]}],
            "filters": FILTERS,
            "backendRefs": [ref("web-canary", 1)],
        },
        PAIR,
    ]
    assert mark(raw)["rules"][0]["lanes"] == [{"lane": "testers", "rule": raw["spec"]["rules"][1]}]
    assert patch_for(raw, WEB, asked(HEADER_LANE)) is None


def test_a_mirror_lane_follows_the_weights() -> None:
    raw = moved(moved(route(PAIR), asked(mirror_lane())), asked(mirror_lane(), canary=20))
    copy = {"type": "RequestMirror", "requestMirror": {"backendRef": ref("web-canary")}}
    assert raw["spec"]["rules"][0] == {
        "name": "tidegate-web-copies",
        "matches": [{**API_PATH}],
        "filters": [*FILTERS, copy],
        "backendRefs": [ref("web", 80), ref("web-canary", 20)],
    }
    assert seen(raw, asked(mirror_lane(), canary=20)).lanes == ("copies",)


def test_a_percentage_is_written_where_not_all_is_copied() -> None:
    raw = moved(route(PAIR), asked(mirror_lane(30)))
    assert raw["spec"]["rules"][0]["filters"][-1]["requestMirror"]["percent"] == 30


@pytest.mark.parametrize("lanes", [[HEADER_LANE], [mirror_lane()], [HEADER_LANE, mirror_lane()]])
def test_the_route_is_given_back_as_it_was(lanes: list[Raw]) -> None:
    raw = moved(route(HEALTH, PAIR, HEALTH), asked(*lanes, canary=20))
    assert len(raw["spec"]["rules"]) == 3 + len(lanes)
    assert written(given_back(raw)) == written(route(HEALTH, PAIR, HEALTH))


def test_lanes_stand_in_their_order_and_change_one_by_one() -> None:
    raw = moved(route(PAIR), asked(mirror_lane()))
    raw = moved(raw, asked(HEADER_LANE, mirror_lane()))
    assert [each["name"] for each in raw["spec"]["rules"]] == ["tidegate-web-testers", "tidegate-web-copies", "main"]
    raw = moved(raw, asked(mirror_lane()))
    assert [each["name"] for each in raw["spec"]["rules"]] == ["tidegate-web-copies", "main"]
    raw = moved(raw, asked())
    assert written(raw) == written(route(PAIR))


@pytest.mark.parametrize("change", ["removed", "changed", "behind"])
def test_what_somebody_does_to_a_lane_is_put_right(change: str) -> None:
    spec = asked(HEADER_LANE, canary=20)
    raw = moved(route(PAIR), spec)
    drifted = deepcopy(raw)
    rules = drifted["spec"]["rules"]
    if change == "changed":
        rules[0]["matches"] = [{**API_PATH}]
    else:
        first = rules.pop(0)
        rules += [first] * (change == "behind")
    drifted = served(raw, drifted)
    view = seen(drifted, spec)
    assert view.lanes == ()
    assert view.strays == (() if change == "removed" else ("testers",))
    edit = patch_for(drifted, WEB, spec)
    assert edit is not None
    assert edit.corrects is (change != "behind")
    assert not edit.moves
    again = apply(drifted, edit)
    assert again["spec"] == raw["spec"]
    assert written(given_back(again)) == written(route(PAIR))


def test_a_manifest_applied_in_the_middle_is_what_is_given_back() -> None:
    spec = asked(HEADER_LANE, canary=20)
    raw = moved(route(PAIR), spec)
    applied = deepcopy(raw)
    applied["spec"] = deepcopy(route(PAIR)["spec"])
    applied["spec"]["rules"][0]["backendRefs"][0]["weight"] = 7
    again = moved(served(raw, applied), spec)
    assert seen(again, spec).lanes == ("testers",)
    assert [one["weight"] for one in given_back(again)["spec"]["rules"][0]["backendRefs"]] == [7, 0]


def test_lanes_of_a_rule_that_is_gone_go_too() -> None:
    raw = moved(route(PAIR), asked(HEADER_LANE))
    gone = deepcopy(raw)
    gone["spec"]["rules"][1] = {**HEALTH, "name": "health"}
    assert [r["name"] for r in given_back(served(raw, gone))["spec"]["rules"]] == ["health"]


def test_a_lane_that_is_not_asked_for_any_more_is_told() -> None:
    raw = moved(route(PAIR), asked(HEADER_LANE))
    assert seen(raw, asked()).strays == ("testers",)


def test_a_weight_of_another_hand_beside_a_lane_is_put_right() -> None:
    spec = asked(mirror_lane(), canary=20)
    raw = moved(route(PAIR), spec)
    assert moved(reset(raw, 50, 50, index=1), spec)["spec"] == raw["spec"]


CONTOUR = {"parents": [{"parentRef": {"name": "public"}, "controllerName": "projectcontour.io/gateway-controller"}]}


@pytest.mark.parametrize(
    ("raw", "lane", "problem"),
    [
        pytest.param(
            route(PAIR),
            mirror_lane(path={"type": "PathPrefix", "value": "/shop"}),
            "fits no request that lane copies fits",
            id="paths apart",
        ),
        pytest.param(
            route(PAIR),
            mirror_lane(path={"type": "RegularExpression", "value": "/.*"}),
            "has a path that can't be joined with /.*",
            id="an expression and a path",
        ),
        pytest.param(
            route(rule(ref("web", 1), ref("web-canary", 0), matches=[{"headers": [{**TESTER, "value": "no"}]}])),
            HEADER_LANE,
            "fits no request",
            id="the same header with another value",
        ),
        pytest.param(route(*[HEALTH] * 15, PAIR), HEADER_LANE, "a route has 16 at most", id="too many rules"),
        pytest.param(
            {**route(PAIR), "status": CONTOUR},
            mirror_lane(20, method="GET"),
            "Contour copies every request",
            id="a percentage behind Contour",
        ),
        pytest.param(
            {**route(PAIR), "status": CONTOUR},
            mirror_lane(path={"type": "PathPrefix", "value": "/"}),
            'Contour drops the rule of copies, which matches exactly what rule "main" does',
            id="the same match behind Contour",
        ),
    ],
)
def test_what_a_route_cannot_hold_is_refused_by_name(raw: Raw, lane: Raw, problem: str) -> None:
    assert problem in seen(raw, asked(lane)).problem
    assert patch_for(raw, WEB, asked(lane)) is None


@pytest.mark.parametrize(
    ("theirs", "ours", "both"),
    [
        ("/api", "/", "/api"),
        ("/", "/api", "/api"),
        ("/api", "/api/v2", "/api/v2"),
        ("/api/v2", "/api", "/api/v2"),
        ("/api", "/api", "/api"),
    ],
)
def test_two_prefixes_make_the_longer(theirs: str, ours: str, both: str) -> None:
    pair = rule(ref("web", 1), ref("web-canary", 0), matches=[{"path": {"type": "PathPrefix", "value": theirs}}])
    raw = moved(route(pair), asked(mirror_lane(path={"type": "PathPrefix", "value": ours})))
    assert raw["spec"]["rules"][0]["matches"] == [{"path": {"type": "PathPrefix", "value": both}}]
