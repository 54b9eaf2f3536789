"""Writing weights into an HTTPRoute and giving back what stood there: whole payloads."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
import pytest

from tests.unit.routes.making import API, WEB, Raw, apply, mark, ref, reset, route, rule, served, spec, weights, written
from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.core.objects import Key
from tidegate.core.traffic.kinds import Edit
from tidegate.routes.httproute import owners, patch_for, restore

PAIR = rule(ref("web", 100), ref("web-canary", 0), name="main")


def moved(raw: Raw, asked: TrafficSplitSpec, split: Key = WEB) -> Raw:
    """The route after the split was written into it."""
    edit = patch_for(raw, split, asked)
    assert edit is not None
    return apply(raw, edit)


def given_back(raw: Raw, split: Key = WEB) -> Raw:
    """The route after the split has left it."""
    edit = restore(raw, split)
    assert edit is not None
    return apply(raw, edit)


def noted(*rules: dict[str, Any]) -> str:
    return json.dumps({"split": "shop/web", "rules": rules}, separators=(",", ":"))


def test_the_first_write_moves_the_weights_and_notes_what_stood_there() -> None:
    note = noted(
        {
            "rule": "main",
            "original": {"web": 100, "web-canary": 0},
            "asked": {"web": 80, "web-canary": 20},
            "written": {"web": 80, "web-canary": 20},
        }
    )
    operations = (
        {"op": "test", "path": "/metadata/generation", "value": 3},
        {"op": "replace", "path": "/spec/rules/0/backendRefs/0/weight", "value": 80},
        {"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 20},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "70"},
        {"op": "add", "path": "/metadata/annotations", "value": {"split.tidegate.dev/shop.web": note}},
    )
    assert patch_for(route(PAIR), WEB, spec(web=80, web_canary=20)) == Edit(operations, moves=True)


def test_the_next_write_touches_two_weights_and_its_own_note() -> None:
    raw = moved(route(PAIR, annotations={"team": "shop"}), spec(web=80, web_canary=20))
    before = raw["metadata"]["annotations"]["split.tidegate.dev/shop.web"]
    path = "/metadata/annotations/split.tidegate.dev~1shop.web"
    edit = patch_for(raw, WEB, spec(web=60, web_canary=40))
    assert edit is not None
    assert edit.operations == (
        {"op": "test", "path": "/metadata/generation", "value": 4},
        {"op": "replace", "path": "/spec/rules/0/backendRefs/0/weight", "value": 60},
        {"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 40},
        {"op": "test", "path": path, "value": before},
        {"op": "add", "path": path, "value": before.replace("80", "60").replace("20", "40")},
    )


def test_the_end_takes_the_last_annotation_and_the_map_it_came_with() -> None:
    raw = moved(route(PAIR), spec(web=80, web_canary=20))
    edit = restore(raw, WEB)
    assert edit is not None
    assert edit.operations == (
        {"op": "test", "path": "/metadata/generation", "value": 4},
        {"op": "replace", "path": "/spec/rules/0/backendRefs/0/weight", "value": 100},
        {"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 0},
        {"op": "test", "path": "/metadata/annotations", "value": raw["metadata"]["annotations"]},
        {"op": "remove", "path": "/metadata/annotations"},
    )
    assert written(apply(raw, edit)) == written(route(PAIR))


def test_nothing_is_written_when_nothing_changes() -> None:
    asked = spec(web=80, web_canary=20)
    assert patch_for(moved(route(PAIR), asked), WEB, asked) is None


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param((100, 0), id="the same numbers"),
        pytest.param((1, 0), id="other numbers"),
        pytest.param((None, 0), id="without a number"),
    ],
)
def test_a_route_that_says_already_what_is_asked_is_left_to_its_author(pair: tuple[int | None, int]) -> None:
    raw = route(rule(ref("web", pair[0]), ref("web-canary", pair[1])))
    assert patch_for(raw, WEB, spec(web=100, web_canary=0)) is None
    away = moved(raw, spec(web=50, web_canary=50))
    assert written(moved(away, spec(web=100, web_canary=0))) == written(raw)


def test_weights_that_were_absent_are_absent_again() -> None:
    raw = route(rule(ref("web"), ref("web-canary", 0), ref("legacy")))
    away = moved(raw, spec(web=70, web_canary=30))
    assert weights(away) == [7, 3, 10]
    assert mark(away)["rules"][0]["original"] == {"web": None, "web-canary": 0, "legacy": None}
    assert written(given_back(away)) == written(raw)


def test_an_absent_weight_that_means_what_is_asked_stays_absent() -> None:
    raw = route(rule(ref("web", 2), ref("web-canary", 0), ref("legacy")))
    assert weights(moved(raw, spec(web=1, web_canary=1))) == [1, 1, None]


def test_all_that_we_do_not_know_stays_as_it_was() -> None:
    strange = {"type": "FutureFilter", "futureFilter": {"regex": "a&b<c>"}}
    raw = route(
        rule(ref("web", 1, filters=[strange], future={"x": [None, 1.5]}), ref("web-canary", 0), sessionPersistence={}),
        rule(name="redirect", filters=[strange]),
        annotations={"~a/b~": "1"},
        hostnames=["shop.example"],
    )
    away = moved(raw, spec(web=1, web_canary=1))
    back = given_back(away)
    assert written(back) == written(raw)
    assert away["spec"]["rules"][1] == raw["spec"]["rules"][1]
    assert away["spec"]["rules"][0]["backendRefs"][0] == {**raw["spec"]["rules"][0]["backendRefs"][0], "weight": 1}


def test_another_annotation_stays_when_ours_goes() -> None:
    raw = route(PAIR, annotations={"team": "shop"})
    assert written(given_back(moved(raw, spec(web=80, web_canary=20)))) == written(raw)


class TestThirdParties:
    RAW = route(rule(ref("web", 60), ref("web-canary", 20), ref("legacy", 20), name="main"))

    def test_their_share_stays(self) -> None:
        away = moved(self.RAW, spec(web=80, web_canary=20))
        assert weights(away) == [64, 16, 20]
        assert written(given_back(away)) == written(self.RAW)

    def test_of_other_kinds_groups_namespaces_and_ports(self) -> None:
        raw = route(
            rule(
                ref("web", 2, kind="ServiceImport", group="multicluster.x-k8s.io"),
                ref("web", 1),
                ref("web", 3, namespace="other"),
                ref("web-canary", 1),
                ref("legacy", 1, port=81),
                ref("legacy", 2, port=82),
            )
        )
        away = moved(raw, spec(web=75, web_canary=25))
        assert weights(away) == [4, 3, 6, 1, 2, 4]
        assert written(given_back(away)) == written(raw)

    def test_one_that_comes_in_the_middle_gets_its_share_and_stays_at_the_end(self) -> None:
        away = moved(self.RAW, spec(web=80, web_canary=20))
        away["spec"]["rules"][0]["backendRefs"].insert(0, ref("new", 10))
        edit = patch_for(away, WEB, spec(web=80, web_canary=20))
        assert edit is not None
        assert not edit.corrects
        again = apply(away, edit)
        assert weights(again) == [10, 64, 16, 20]
        assert weights(given_back(again)) == [10, 60, 20, 20]

    def test_one_that_goes_in_the_middle_is_not_missed(self) -> None:
        away = moved(self.RAW, spec(web=80, web_canary=20))
        del away["spec"]["rules"][0]["backendRefs"][2]
        again = moved(away, spec(web=80, web_canary=20))
        assert weights(again) == [80, 20]
        assert weights(given_back(again)) == [60, 20]


class TestDrift:
    """Somebody else writes weights while a split is in force."""

    RAW = route(PAIR)
    ASKED = spec(web=80, web_canary=20)

    def test_is_put_right_and_counted(self) -> None:
        drifted = reset(moved(self.RAW, self.ASKED), 100, 0)
        edit = patch_for(drifted, WEB, self.ASKED)
        assert edit is not None
        assert (edit.corrects, edit.moves) == (True, False)
        assert weights(apply(drifted, edit)) == [80, 20]
        assert written(given_back(apply(drifted, edit))) == written(self.RAW)

    def test_to_other_weights_makes_those_the_original(self) -> None:
        again = moved(reset(moved(self.RAW, self.ASKED), 7, 3), self.ASKED)
        assert weights(again) == [80, 20]
        assert weights(given_back(again)) == [7, 3]

    def test_to_what_is_asked_by_now_is_taken_as_the_authors_own(self) -> None:
        drifted = reset(moved(self.RAW, self.ASKED), 1, 1)
        edit = patch_for(drifted, WEB, spec(web=50, web_canary=50))
        assert edit is not None
        assert not edit.corrects
        assert written(apply(drifted, edit)) == written(reset(self.RAW, 1, 1))

    def test_together_with_a_new_ask_is_both(self) -> None:
        edit = patch_for(reset(moved(self.RAW, self.ASKED), 100, 0), WEB, spec(web=60, web_canary=40))
        assert edit is not None
        assert (edit.corrects, edit.moves) == (True, True)

    def test_to_nothing_at_all_is_no_original(self) -> None:
        again = moved(reset(moved(self.RAW, self.ASKED), 0, 0), self.ASKED)
        assert weights(again) == [80, 20]
        assert weights(given_back(again)) == [100, 0]

    def test_just_before_the_end_is_left_as_it_was_written(self) -> None:
        assert weights(given_back(reset(moved(self.RAW, self.ASKED), 7, 3))) == [7, 3]

    def test_of_the_form_alone_is_none(self) -> None:
        """An API server that begins to fill in the default weight must not be fought over it."""
        raw = route(rule(ref("web", 1), ref("web-canary", 0), ref("legacy")))
        asked = spec(web=3, web_canary=1)
        away = moved(raw, asked)
        assert weights(away) == [3, 1, 4]
        pair = route(rule(ref("web", 2), ref("web-canary", 0), ref("legacy")))
        away = moved(pair, spec(web=1, web_canary=1))
        assert weights(away) == [1, 1, None]
        assert patch_for(reset(away, 1, 1, 1), WEB, spec(web=1, web_canary=1)) is None


class TestTwoSplits:
    """Two TrafficSplits on one route."""

    RAW = route(
        rule(ref("web", 30), ref("web-canary", 10), ref("api", 40), ref("api-canary", 0), ref("legacy", 20)),
        annotations={"team": "shop"},
    )
    WEB_ASKS, API_ASKS = spec(web=50, web_canary=50), spec(api=75, api_canary=25)

    def test_of_one_rule_each_move_inside_their_own_joint_weight(self) -> None:
        raw = moved(moved(self.RAW, self.WEB_ASKS), self.API_ASKS, API)
        assert weights(raw) == [20, 20, 30, 10, 20]
        assert patch_for(raw, WEB, self.WEB_ASKS) is None
        assert owners(raw) == (WEB, API)

    def test_come_and_go_in_any_order(self) -> None:
        raw = moved(moved(self.RAW, self.WEB_ASKS), self.API_ASKS, API)
        first_web = given_back(raw)
        assert weights(first_web) == [30, 10, 30, 10, 20]
        assert patch_for(first_web, API, self.API_ASKS) is None
        assert written(given_back(first_web, API)) == written(self.RAW)
        assert written(given_back(given_back(raw, API))) == written(self.RAW)

    def test_keep_one_account_of_a_reset(self) -> None:
        raw = reset(moved(moved(self.RAW, self.WEB_ASKS), self.API_ASKS, API), 15, 5, 10, 10, 60)
        again = moved(raw, self.WEB_ASKS)
        assert weights(again) == [10, 10, 15, 5, 60]
        assert patch_for(again, API, self.API_ASKS) is None
        assert weights(given_back(given_back(again, API))) == [15, 5, 10, 10, 60]

    def test_of_different_rules_know_nothing_of_each_other(self) -> None:
        raw = route(
            rule(ref("web", 1), ref("web-canary", 0), name="a"), rule(ref("web", 1), ref("web-canary", 0), name="b")
        )
        one, two = (
            spec({"name": "web", "rule": "a"}, web=9, web_canary=1),
            spec({"name": "web", "rule": "b"}, web=5, web_canary=5),
        )
        away = moved(moved(raw, one), two, API)
        assert (weights(away, 0), weights(away, 1)) == ([9, 1], [5, 5])
        assert written(given_back(given_back(away, API))) == written(raw)

    def test_that_fit_only_together_leave_the_rule_in_force_when_one_goes(self) -> None:
        """What is left when one goes can't be written in whole numbers: it stays, and the other restores all."""
        raw = route(rule(ref("web", 1_000_000), ref("web-canary", 0), ref("api", 1), ref("api-canary", 0)))
        away = moved(moved(raw, spec(web=1, web_canary=1)), spec(api=1, api_canary=1), API)
        assert weights(away) == [1_000_000, 1_000_000, 1, 1]
        left = given_back(away, WEB)
        assert weights(left) == weights(away)
        assert owners(left) == (API,)
        assert written(given_back(left, API)) == written(raw)


class TestRules:
    """Several rules, and rules that come, go and change."""

    TWO = route(
        rule(ref("web", 1), ref("web-canary", 0), name="a"), rule(ref("web", 2), ref("web-canary", 0), name="b")
    )
    BOTH = ({"name": "web", "rule": "a"}, {"name": "web", "rule": "b"})

    def test_two_entries_move_two_rules_in_one_write(self) -> None:
        away = moved(self.TWO, spec(*self.BOTH, web=9, web_canary=1))
        assert (weights(away, 0), weights(away, 1)) == ([9, 1], [9, 1])
        assert written(given_back(away)) == written(self.TWO)

    def test_an_entry_that_moves_to_another_rule_gives_the_first_back(self) -> None:
        away = moved(self.TWO, spec(self.BOTH[0], web=9, web_canary=1))
        again = moved(away, spec(self.BOTH[1], web=9, web_canary=1))
        assert (weights(again, 0), weights(again, 1)) == ([1, 0], [9, 1])
        assert written(given_back(again)) == written(self.TWO)

    def test_one_entry_without_a_place_stops_the_other_too(self) -> None:
        asked = spec(self.BOTH[0], {"name": "web", "rule": "gone"}, web=9, web_canary=1)
        assert patch_for(self.TWO, WEB, asked) is None

    def test_entries_of_other_routes_are_not_ours(self) -> None:
        away = moved(self.TWO, spec(self.BOTH[0], {"name": "other", "rule": "x"}, web=9, web_canary=1))
        assert (weights(away, 0), weights(away, 1)) == ([9, 1], [2, 0])

    def test_a_rule_is_found_where_it_has_gone(self) -> None:
        away = moved(self.TWO, spec(self.BOTH[1], web=9, web_canary=1))
        away["spec"]["rules"].insert(0, rule(ref("health"), name="health"))
        assert weights(given_back(away), 2) == [2, 0]

    def test_a_rule_that_is_gone_is_left_alone(self) -> None:
        away = moved(self.TWO, spec(self.BOTH[1], web=9, web_canary=1))
        del away["spec"]["rules"][1]
        assert written(given_back(away)) == written(route(self.TWO["spec"]["rules"][0]))

    def test_a_rule_without_any_backend_left_is_left_alone(self) -> None:
        away = moved(self.TWO, spec(self.BOTH[1], web=9, web_canary=1))
        away["spec"]["rules"][1] = {"name": "b", "filters": []}
        back = given_back(away)
        assert mark(back) is None
        assert back["spec"] == away["spec"]

    @pytest.mark.parametrize("gone", [0, 1])
    def test_a_backend_that_is_gone_from_a_rule_without_a_name_is_left_alone(self, gone: int) -> None:
        raw = route(rule(ref("web", 3), ref("web-canary", 1)), rule(ref("other")))
        away = moved(raw, spec(web=9, web_canary=1))
        del away["spec"]["rules"][0]["backendRefs"][gone]
        del raw["spec"]["rules"][0]["backendRefs"][gone]
        assert written(given_back(away)) == written(raw)

    def test_all_backends_of_ours_gone_leaves_only_the_note_to_take_away(self) -> None:
        away = moved(route(rule(ref("web", 3), ref("web-canary", 1))), spec(web=9, web_canary=1))
        away["spec"]["rules"][0] = rule(ref("other"))
        assert written(given_back(away)) == written(route(rule(ref("other"))))

    def test_a_second_rule_that_names_the_pair_later_does_not_keep_traffic_from_being_taken_back(self) -> None:
        raw = route(rule(ref("web", 1), ref("web-canary", 0)))
        away = moved(raw, spec(web=9, web_canary=1))
        away["spec"]["rules"].insert(0, rule(ref("web", 1), ref("web-canary", 0)))
        again = moved(away, spec(web=1, web_canary=0))
        assert (weights(again, 0), weights(again, 1)) == ([1, 0], [1, 0])

    def test_a_name_that_a_rule_is_given_in_the_middle_changes_nothing(self) -> None:
        raw = route(rule(ref("web", 3), ref("web-canary", 0)))
        away = moved(raw, spec(web=9, web_canary=1))
        away["spec"]["rules"][0]["name"] = "main"
        assert weights(given_back(moved(away, spec(web=8, web_canary=2)))) == [3, 0]


class TestNotes:
    """The annotation is text that anybody may have written."""

    ASKED = spec(web=80, web_canary=20)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("", id="empty"),
            pytest.param("{", id="no JSON"),
            pytest.param('{"split":"shop/web"}', id="no rules"),
            pytest.param(noted({"rule": 1, "original": {}, "asked": {}, "written": {}}), id="wrong types"),
            pytest.param(
                noted({"rule": None, "original": {"web": -1}, "asked": {"web": 1}, "written": {"web": 1}}),
                id="a weight below zero",
            ),
            pytest.param(
                noted({"rule": None, "original": {"web": 1}, "asked": {"web": 0}, "written": {"web": 1}}),
                id="an ask of nothing",
            ),
            pytest.param(noted().replace("shop/web", "shop/other"), id="another split's name"),
            pytest.param(noted().replace("shop/web", "other/web"), id="another namespace"),
        ],
    )
    def test_that_can_not_be_read_are_nobodys(self, text: str) -> None:
        raw = route(PAIR, annotations={"split.tidegate.dev/shop.web": text})
        assert owners(raw) == ()
        assert weights(moved(raw, self.ASKED)) == [80, 20]
        assert mark(moved(raw, self.ASKED))["rules"][0]["original"] == {"web": 100, "web-canary": 0}

    def test_of_a_namespace_that_is_not_the_routes_are_nobodys(self) -> None:
        text = noted().replace("shop/web", "other/web")
        assert owners(route(PAIR, annotations={"split.tidegate.dev/other.web": text})) == ()

    def test_can_not_make_us_write_all_zero(self) -> None:
        text = noted(
            {"rule": "main", "original": {"web": 0, "web-canary": 0}, "asked": {"web": 1}, "written": {"web": 100}}
        )
        raw = route(PAIR, annotations={"split.tidegate.dev/shop.web": text})
        assert weights(given_back(raw)) == [100, 0]

    def test_under_a_long_name_are_cut_and_found_again(self) -> None:
        split = Key("TrafficSplit", "shop", "w" * 70)
        raw = moved(route(PAIR), self.ASKED, split)
        (name,) = raw["metadata"]["annotations"]
        assert len(name.removeprefix("split.tidegate.dev/")) == 63
        assert "_" in name
        assert owners(raw) == (split,)
        assert written(given_back(raw, split)) == written(route(PAIR))
        other = Key("TrafficSplit", "shop", "w" * 71)
        assert restore(raw, other) is None

    def test_are_gone_with_a_split_that_left_nothing(self) -> None:
        assert restore(route(PAIR), WEB) is None


def test_a_route_that_has_changed_since_refuses_the_patch() -> None:
    """The tests in a patch are what keeps it from writing into the wrong place."""
    raw = route(PAIR, annotations={"team": "shop"})
    edit = patch_for(raw, WEB, spec(web=80, web_canary=20))
    assert edit is not None
    moved_on = served(raw, {**raw, "spec": {**raw["spec"], "rules": [rule(ref("health")), *raw["spec"]["rules"]]}})
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        apply(moved_on, edit)


def test_an_annotation_that_comes_meanwhile_is_not_lost() -> None:
    edit = patch_for(route(PAIR), WEB, spec(web=80, web_canary=20))
    assert edit is not None
    meanwhile = served(route(PAIR), route(PAIR, annotations={"team": "shop"}))
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        apply(meanwhile, edit)
