"""What conditions mean: Argo's language, except that no data is never an answer."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate.core.analysis.conditions import Outcome, compile_condition

NAN, INF = float("nan"), float("inf")


def outcome(text: str, result: Any, args: dict[str, str] | None = None) -> Outcome:
    return compile_condition(text).evaluate(result, args or {}).outcome


@pytest.mark.parametrize(
    ("text", "result"),
    [
        # What manifests in the wild say.
        ("result[0] >= 0.95", [0.97]),
        ("result >= 0.95", 0.97),
        ("len(result) == 0 || result[0] < 100", [5.0]),
        ("all(result, # < 1000)", [1.0, 2.0]),
        ("all(result, {# < 1000})", [1.0, 2.0]),
        ("result.ok && result.successPercent >= 0.90", {"ok": True, "successPercent": 0.95}),
        ("asFloat(result) >= 0.95", "0.97"),
        ("asInt(result) == 1", "1.9"),
        ("isNaN(result[0]) || result[0] >= 0.9", [NAN]),
        ("isNil(result.missing)", {}),
        ("default(result, 0) < 0.05", None),
        ("result[0] < 1 and not (result[1] > 2) or result[2] == 3", [0.0, 1.0, 9.0]),
        # Numbers: doubles, real division, IEEE 754.
        ("7 / 2 == 3.5", 0.0),
        ("7 % 4 == 3 && -7 % 4 == -3", 0.0),
        ("-2 ** 2 == -4 && 2 ** 3 ** 2 == 512 && 2 ^ 3 == 8 && 2 ** -1 == 0.5", 0.0),
        ("1 / 0 > 1e308 && -1 / 0 < 0 && isInf(1 / 0) && isNaN(0 / 0) && isNaN(5 % 0)", 0.0),
        ("isInf(10 ** 999) && isInf((-10) ** 999) && (-10) ** 999 < 0 && isNaN((-8) ** 0.5) && isInf(0 ** -1)", 0.0),
        ("isInf(1e999) && isInf(" + "9" * 400 + ")", 0.0),
        ("0xff == 255 && 1_000 == 1000 && .5 == 0.5 && 1e3 == 1000 && +1 == 1 && isInf(0x" + "f" * 300 + ")", 0.0),
        ("result % 1e308 == 5", 5.0),
        ("isNaN(result % 2)", INF),
        # Precedence and grouping.
        ("1 + 2 * 3 == 7 && (1 + 2) * 3 == 9", 0.0),
        ("true || false && false", 0.0),
        ("!false == true", 0.0),
        ("0 < result < 1 <= 1", 0.5),
        ("(1 < 2) == true", 0.0),
        ("result ? false : true ? true : false", False),
        ("true ?.5 == 0.5 : false", 0.0),
        # Texts and lists.
        ('"a" + "b" == "ab" && "abc" contains "b" && "abc" startsWith "a" && "abc" endsWith "c"', 0.0),
        ('"b" > "a" && \'x\' == `x` && "a\\tb\\u00e9\\x41" == "a\tbéA"', 0.0),
        ("1 in [1, 2,] && 3 not in [1, 2] && [1, [2]] == [1, [2]] && [1] != [2] && [] != [1]", 0.0),
        ('"k" in result && "x" not in result && 1 not in result && "k" not in nil', {"k": 1}),
        ('not ("a" contains "b") && "a" not contains "b"', 0.0),
        ("result[-1] == 3 && result[1:] == [2, 3] && result[:1] == [1] && result[:] == result", [1.0, 2.0, 3.0]),
        ("result[0:-1] == [1, 2] && result[5:9] == []", [1.0, 2.0, 3.0]),
        ('"abc"[1:] == "bc" && result["a-b"] == 1 && result.c["d"].e == 2', {"a-b": 1, "c": {"d": {"e": 2}}}),
        ('result.a?.b == nil && result?.["x"] == nil && result.a?.[0] == nil', {"a": None}),
        ("(result.a ?? 5) == 5 && result.b ?? false", {"a": None, "b": True}),
        ("result.a == result.b && result.a in [result.b]", {"a": {"x": [1]}, "b": {"x": [1]}}),
        ("result == nil && nil == nil && result != 1", None),
        # Closures.
        ("any(result, # > 2) && none(result, # > 3) && one(result, # == 1)", [1.0, 2.0, 3.0]),
        ("count(result, # > 1) == 2 && find(result, # > 1) == 2 && find(result, # > 9) == nil", [1.0, 2.0, 3.0]),
        ("map(result, # * 2) == [2, 4, 6] && filter(result, # != 2) == [1, 3]", [1.0, 2.0, 3.0]),
        ("all(result.pods, .ready && #.age > 1)", {"pods": [{"ready": True, "age": 2}]}),
        ("all(result, any(result, # == 3) && # > 0)", [1.0, 3.0]),
        ("map([1], map([2, 3], #))[0][1] == 3", 0.0),
        ("map(result, sum(map(result, #)) + #) == [5, 7]", [1.0, 3.0]),
        # Functions.
        ('len(result) == 3 && len("äb") == 2 && len([]) == 0', [1.0, 2.0, 3.0]),
        ("max(result) == 3 && min(result, 0) == 0 && sum(result) == 6 && mean(result) == 2", [1.0, 2.0, 3.0]),
        ("median(result) == 2 && median(1, 2) == 1.5 && max(1, 5, 3) == 5", [1.0, 2.0, 3.0]),
        ("first(result) == 1 && last(result) == 3 && first([]) == nil && sum([]) == 0", [1.0, 2.0, 3.0]),
        ("abs(-1) == 1 && floor(1.9) == 1 && ceil(1.1) == 2 && floor(-1.1) == -2 && isInf(floor(1/0))", 0.0),
        ("round(2.5) == 3 && round(-2.5) == -3 && round(0.49999999999999994) == 0", 0.0),
        ('int("12") == 12 && int(-1.9) == -1 && float("1e3") == 1000 && float(result) == 5', 5),
        (
            'string(5) == "5" && string(0.5) == "0.5" && string(true) == "true" '
            '&& string(nil) == "nil" && string("a") == "a"',
            0.0,
        ),
        ('args.env == "prod" && args["my-arg"] == "1" && asInt(args["my-arg"]) == 1', 0.0),
        ("(true ? result : 1) == 1 && result == 10 ** 0", 1),
        ("len(result) == 1", {"a": 1}),
    ],
)
def test_holds(text: str, result: Any) -> None:
    condition = compile_condition(text)
    assert condition.evaluate(result, {"env": "prod", "my-arg": "1"}).outcome is Outcome.TRUE, text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("result[0] >= 0.95", [0.9]),
        ("0 < result < 1", 5.0),
        ("5 < result < 9", 1.0),
        ('result.a == "1"', {"a": 1}),
        ("result.a == [1]", {"a": [1, 2]}),
        ('any(result, .a == "1" || .b == "2")', [{"a": 1, "b": 2}] * 2),
        ("result.a == result.b", {"a": {"x": 1}, "b": {"y": 1}}),
        ("result == nil", 1.0),
        ("len(result) > 0 && result[0] < 1", []),
        ("all(result, # < 5)", [1.0, 9.0]),
    ],
)
def test_does_not_hold(text: str, result: Any) -> None:
    assert outcome(text, result) is Outcome.FALSE


EMPTY: list[float] = []


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("result[0] >= 0.95", EMPTY),
        ("result[-1] >= 0.95", EMPTY),
        ("all(result, # < 5)", EMPTY),
        ("none(result, # > 5)", EMPTY),
        ("count(result, # > 5) == 0", EMPTY),
        ("sum(result) == 0", EMPTY),
        ("max(result) < 5", EMPTY),
        ("first(result) == nil", EMPTY),
        ("1 in result", EMPTY),
        ("result[1:] == []", EMPTY),
        ("result[0] < 1 || len(result) == 0", EMPTY),
        ("result[0] >= 0.95", [NAN]),
        ("!(result[0] >= 0.95)", [NAN]),
        ("result >= 0.95", NAN),
        ("result == 0.95", NAN),
        ("result[0] != 5", [NAN]),
        ("result[0] / result[1] < 0.05", [0.0, 0.0]),
        ("all(result, # < 5)", [1.0, NAN]),
        ("any(result, # > 5)", [NAN, 1.0]),
        ("mean(result) < 5", [1.0, NAN]),
        ("max(result) < 5", [NAN, 1.0]),
        ("5 in result", [1.0, NAN]),
        ("filter(result, # > 5) == []", [NAN]),
    ],
)
def test_what_was_not_measured_is_no_data(text: str, result: Any) -> None:
    assert outcome(text, result) is Outcome.NO_DATA


@pytest.mark.parametrize(
    ("text", "result", "expected"),
    [
        ("all(result, # < 5)", [NAN, 9.0], Outcome.FALSE),
        ("all(result, # < 5)", [9.0, NAN], Outcome.FALSE),
        ("any(result, # > 5)", [NAN, 9.0], Outcome.TRUE),
        ("none(result, # > 5)", [NAN, 9.0], Outcome.FALSE),
        ("9 in result", [NAN, 9.0], Outcome.TRUE),
    ],
)
def test_one_item_that_decides_is_enough_in_whatever_order(text: str, result: Any, expected: Outcome) -> None:
    assert outcome(text, result) is expected


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("len(result) == 0 || result[0] < 1", EMPTY),
        ("default(result[0], 0) < 1", EMPTY),
        ("default(result, 0) == 0", EMPTY),
        ("default(result[0], 0) == 0", [NAN]),
    ],
)
def test_a_condition_may_say_itself_what_no_data_means(text: str, result: Any) -> None:
    assert outcome(text, result) is Outcome.TRUE


@pytest.mark.parametrize(
    ("text", "result", "says"),
    [
        ("result[3] > 1", [1.0], "result[3]: index 3 is out of range: the list has 1 item"),
        ("result[-3] > 1", [1.0, 2.0], "the list has 2 items"),
        ("result[0.5] > 1", [1.0], "an index must be a whole number, not 0.5"),
        ("result[0][0] > 1", [1.0], "result[0][0]: needs a list before [ ], but is a number (1)"),
        ('result["a"] > 1', [1.0], 'result["a"]: needs a number, but is a text'),
        ("result > 1", [1.0], "result > 1: > compares a list with a number (1)"),
        ("result > 1", None, "> compares nil with a number (1)"),
        ("result > 1", True, "> compares a boolean (true) with a number (1)"),
        ("result.x > 1", 1.0, "result.x: has no field x: it is a number (1), not an object"),
        ("result.a.b > 1", {}, "result.a.b: has no field b: it is nil, not an object"),
        ("result[1] > 1", {"a": 1}, "needs a text, but is a number (1)"),
        ("result && true", 1.0, "result: needs a boolean, but is a number (1): write a comparison"),
        ("!result", "x", "needs a boolean, but is a text"),
        ("result", 1.0, "result: gives a number (1); write a comparison"),
        ("result[0] ?? 1", [1.0], "result[0] ?? 1: gives a number (1); write a comparison"),
        ("-result > 1", "x", "result: needs a number, but is a text"),
        ("result + 1 > 1", "x", "result + 1: needs a number, but is a text"),
        ("result - 1 > 1", {}, "needs a number, but is an object"),
        ('result == "x"', 1.0, "== compares a number (1) with a text"),
        ('result[0] == "x"', [1.0], "== compares a number (1) with a text"),
        ("result != 1", "x", "!= compares a text with a number (1)"),
        ("result contains 1", "x", "needs a text, but is a number (1)"),
        ('1 in "123"', 1.0, "for texts write: text contains part"),
        ("1 in result", 1.0, "needs a list, but is a number (1)"),
        ("all(result, # > 1)", 1.0, "needs a list, but is a number (1)"),
        ("all(result, #)", [1.0], "#: needs a boolean, but is a number (1)"),
        ("len(result) > 1", 1.0, "len needs a text, a list or an object, but gets a number (1)"),
        ("max(filter(result, # > 5)) > 1", [1.0], "max of an empty list"),
        ("mean(result) > 1", ["x"], "needs a number, but is a text"),
        ("float(result) > 1", "abc", "the text is not a number"),
        ("int(1 / 0) > 1", 1.0, "no whole number can be made of inf"),
        ('string(result) == ""', [1.0], "string needs a plain value, but gets a list"),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_the_part(text: str, result: Any, says: str) -> None:
    evaluation = compile_condition(text).evaluate(result, {})
    assert evaluation.outcome is Outcome.ERROR
    assert says in evaluation.message


def test_an_error_is_never_swallowed_by_or() -> None:
    assert outcome("result.x.y > 1 || true", {}) is Outcome.ERROR
    assert outcome("true || result.x.y > 1", {}) is Outcome.TRUE


def test_the_arguments_that_are_used_are_known() -> None:
    condition = compile_condition('args.env == "prod" && all(result, # < float(args["max-latency"]))')
    assert condition.args == {"env", "max-latency"}


def test_a_long_part_is_cut_in_messages() -> None:
    evaluation = compile_condition("(" + " + ".join(["1"] * 30) + " + result) > 1").evaluate("x", {})
    assert len(evaluation.message) < 200
    assert "…" in evaluation.message


def test_a_huge_whole_number_in_an_answer_is_infinite() -> None:
    assert outcome("isInf(result.n) && result.m < 0", {"n": 10**400, "m": -(10**400)}) is Outcome.TRUE
