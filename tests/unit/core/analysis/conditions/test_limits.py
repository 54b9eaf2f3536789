"""Whatever text comes, the answer comes too, and soon."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidegate.core.analysis.conditions import ConditionError, Evaluation, compile_condition

SOON = 0.5
"""A hundredth of it is the rule, a tenth the promise: more is no slow machine but a limit that does not hold."""
BIG = [1.0] * 30_000
compile_condition("result > 1")  # the grammar is read once, at the first condition


def judge(text: str, result: Any) -> tuple[str, float]:
    """What is said about it, and after how many seconds of this process's work."""
    begun = time.thread_time()
    try:
        said = compile_condition(text).evaluate(result, {"x": "y" * 65_000}).message
    except ConditionError as error:
        said = str(error)
    return said, time.thread_time() - begun


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2000,
        "[" * 2000,
        "!" * 2000,
        "-" * 2000 + "1",
        "not " * 500 + "true",
        "1+" * 1000 + "1",
        "2**" * 600 + "2",
        "true ? " * 290,
        "all(result," * 180,
        "result" + ".a" * 900,
        "result" + "[0]" * 600,
        "result[0:" * 200,
        "result==" * 200 + "1",
        "a" * 2048,
        "9" * 2048,
        "0x" + "f" * 2000,
        '"' + "a" * 2046,
        '"' * 2000,
        "\\" * 2000,
        "#" * 2000,
        "{" * 2000,
        "1 " * 1000,
        " " * 2048,
        "\ud800",
    ],
)
def test_a_hostile_text_is_stopped(text: str) -> None:
    said, seconds = judge(text, BIG)
    assert said
    assert seconds < SOON


@pytest.mark.parametrize(
    "text",
    [
        "all(result, all(result, all(result, # < 5)))",
        "map(result, map(result, result)) == []",
        "map(result, args.x + args.x) == []",
        "all(result, args.x contains args.x)",
        'map(result, args.x[1:]) == [""]',
        " || ".join(["median(result) < 0"] * 40),
        " || ".join(["result != result"] * 40),
        "map(result, result) == map(result, result)",
        "all(result, 5 not in result)",
        "any(result, " + " || ".join(["# > 1"] * 40) + ")",
    ],
)
def test_too_much_work_is_stopped(text: str) -> None:
    said, seconds = judge(text, BIG)
    assert "too much work" in said or "more than 65,536" in said
    assert seconds < SOON


def test_a_text_does_not_grow_without_bound() -> None:
    assert "more than 65,536 characters" in judge("len(args.x + args.x) > 1", 0.0)[0]
    assert "more than 65,536 characters" in judge('result contains "x"', "x" * 65_537)[0]


def test_depth_and_size_have_limits_that_honest_conditions_do_not_meet() -> None:
    assert judge(" && ".join(["result > 0"] * 40), 1.0)[0] == ""
    assert "nested more than 48 deep" in judge(" && ".join(["result > 0"] * 50), 1.0)[0]
    assert "more than 400 parts" in judge(f"[{','.join(['1'] * 450)}] == [result]", 1.0)[0]


ATOMS = st.sampled_from(
    ["result", "result[0]", "result.a", "args.x", "#", "1", "0.5", '"a"', "nil", "true", "[1, 2]", "0/0", "-1", ".a"]
)
OPERATORS = st.sampled_from(
    ["+", "-", "*", "/", "%", "**", "==", "!=", "<", ">=", "in", "not in", "contains", "&&", "||", "??", "? 1 :", ","]
)
FUNCTIONS = st.sampled_from(
    [
        *("len", "max", "all", "any", "map", "filter", "count", "find", "one", "sum", "median", "first", "round"),
        *("int", "float", "string", "isNaN", "isNil", "default", "asInt", "nonsense"),
    ]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, OPERATORS, inner),
        st.builds("({})".format, inner),
        st.builds("!{}".format, inner),
        st.builds("{}({}, {})".format, FUNCTIONS, inner, inner),
        st.builds("{}({})".format, FUNCTIONS, inner),
        st.builds("{}[{}:{}]".format, inner, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}?.a".format, inner),
    ),
    max_leaves=12,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b"]), inner),
    max_leaves=8,
)


def outcome(text: str, result: Any) -> Evaluation | ConditionError:
    try:
        condition = compile_condition(text)
    except ConditionError as error:
        return error
    return condition.evaluate(result, dict.fromkeys(condition.args, "1"))


@given(text=EXPRESSIONS, result=VALUES | st.lists(st.floats(), max_size=5))
def test_any_expression_on_any_value_has_one_of_four_outcomes(text: str, result: Any) -> None:
    said = outcome(text, result)
    assert said.message is not None
    assert len(said.message) < 300
    said.message.encode()


@given(st.text(max_size=60) | st.text(alphabet="()[]{}.,:?!&|<>=+-*/%#\"'`\\ \n01aresult", max_size=60))
@example("0x")
@example("?.")
@example("args[`a`]")
def test_any_text_at_all_is_a_condition_or_a_condition_error(text: str) -> None:
    said = outcome(text, [0.5])
    assert isinstance(said, Evaluation) or said.column >= 1
