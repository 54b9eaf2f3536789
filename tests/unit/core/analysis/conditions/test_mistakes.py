"""Mistakes that the text alone shows are found when the template is applied, with the column and the remedy."""

from __future__ import annotations

import pytest

from tidegate.core.analysis.conditions import ConditionError, compile_condition


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("let x = 1; x > 0", 5, "let is not supported: write the value where it is used"),
        ("result | len()", 8, "pipes are not supported: write the call as f(x)"),
        ("1 in 1..3", 7, "ranges are not supported: write a list"),
        ("{a: 1} == result", 1, "map literals are not supported: compare field by field"),
        ("result.max() > 1", 11, "method calls are not supported: write the call as f(x)"),
        ('result matches "a.*"', 8, "use contains, startsWith or endsWith"),
        ("result[0] = 1", 11, "= is no comparison: write =="),
        ("result & true", 8, "& is not supported: write &&"),
        ("result > 1; true", 11, "one expression"),
        ("result ?: 1", 9, "write a ? b : c"),
        ("all(result,", 12, "in YAML # begins a comment: put the condition in quotes"),
        ("result >", 9, "the condition ends too early"),
        ("", 1, "the condition ends too early"),
        ("(result > 1", 12, "the condition ends too early"),
        ('"abc', 1, "this text is not closed"),
        ("result > 1 )", 12, "')' does not belong here"),
        ("result > 5m", 11, "'m' does not belong here"),
        ("result > @", 10, "'@' does not belong here"),
        ("args", 5, 'args alone is no value: write args.NAME or args["NAME"]'),
        ("foo > 1", 1, "unknown name 'foo': use result, args.NAME"),
        ("args.service-name == 1", 14, 'args["A-NAME"]'),
        ("len > 1", 1, "len is a function: write len(result)"),
        ("avg(result) > 1", 1, "unknown function 'avg': did you mean mean?"),
        ("maen(result) > 1", 1, "did you mean mean?"),
        ("now() > 1", 1, "unknown function 'now'"),
        ("zzz(result)", 1, "known are len, max"),
        ("len() > 1", 1, "len takes one value, not 0"),
        ("max() > 1", 1, "max takes 1 to 16 values, not 0"),
        ("all(result)", 1, "all takes a list and a body, such as all(result, # > 0)"),
        ("len({result}) > 1", 5, "braces hold the body of a closure"),
        ("default(result) > 1", 1, "default takes a value and what stands in for it"),
        ("# > 1", 1, "# stands for an item inside of a closure"),
        ("all(#, # > 1)", 5, "# stands for an item"),
        ("all(result, # + 1)", 13, "needs a boolean, but is a number: write a comparison of #"),
        ("result + 1", 1, "gives a number: compare it, such as result[0] >= 0.95"),
        ('"a"', 1, "gives a text"),
        ("result > 1 && len(result)", 15, "needs a boolean, but is a number: write a comparison beside &&"),
        ("1 ? true : false", 1, "needs a boolean, but is a number: write a comparison before ?"),
        ("!1", 2, "needs a boolean, but is a number: put what is negated in parentheses"),
        ("!result[0] > 1", 1, "> compares a boolean with a number"),
        ('-"a" > 1', 2, "only numbers have a sign"),
        ('"a" - 1 > 1', 1, "needs a number, but is a text: - works on numbers"),
        ('1 + "a" > 1', 5, "needs a number, but is a text"),
        ('1 == "1"', 1, "== compares a number with a text"),
        ('"\\q" == result', 2, "unknown escape \\q"),
        ('"ab\\ud800" == result', 4, "\\ud800 is no character"),
        ('"\\U00110000" == result', 2, "is no character"),
        ("result > 1 &&\n  foo > 2", 3, "line 2, column 3: unknown name"),
    ],
)
def test_a_mistake_is_named_with_its_column(text: str, column: int, says: str) -> None:
    with pytest.raises(ConditionError) as caught:
        compile_condition(text)
    assert says in str(caught.value)
    assert caught.value.column == column


def test_a_condition_may_be_2048_characters_long() -> None:
    text = "result > 1"
    compile_condition(text.ljust(2048))
    with pytest.raises(ConditionError, match="longer than 2,048 characters"):
        compile_condition(text.ljust(2049))
