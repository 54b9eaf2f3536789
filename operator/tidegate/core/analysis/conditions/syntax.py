"""What a syntax error means and what to write instead."""

from __future__ import annotations

import re
from difflib import get_close_matches

from lark.exceptions import UnexpectedInput, UnexpectedToken

from tidegate.core.analysis.conditions.closures import CLOSURES
from tidegate.core.analysis.conditions.functions import FUNCTIONS
from tidegate.core.analysis.conditions.nodes import ConditionError

_KNOWN = (*FUNCTIONS, *CLOSURES, "default")
_ELSEWHERE = {"avg": "mean", "average": "mean", "exists": "any", "size": "len", "length": "len"}

# Each looks at the text before the error and from it on; the first that fits explains it.
_AFTER: tuple[tuple[str, str], ...] = (
    (r",$", "something is missing after the comma; in YAML # begins a comment: put the condition in quotes"),
    (r"\blet$", "let is not supported: write the value where it is used"),
    (r"\?$", "something is missing after ?: write a ? b : c"),
    (r"\bargs$", 'args alone is no value: write args.NAME or args["NAME"]'),
)
_AT: tuple[tuple[str, str], ...] = (
    (r"matches\b", "matches is not supported: use contains, startsWith or endsWith"),
    (r"\.\.", "ranges are not supported: write a list such as [1, 2, 3]"),
    (r"\|", "pipes are not supported: write the call as f(x)"),
    (r"\{", "map literals are not supported: compare field by field"),
    (r"=", "= is no comparison: write =="),
    (r"&", "& is not supported: write &&"),
    (r"\(", "method calls are not supported: write the call as f(x)"),
    (r";", "a condition is one expression: join two with && or ||"),
    (r"[\"'`]", "this text is not closed, or something is missing before it"),
    (r"$", "the condition ends too early: something is missing"),
)


def explain(error: UnexpectedInput, text: str) -> ConditionError:
    """The parser's error in words for the author of the condition."""
    offset = _offset(error, text)
    for pattern, message in _AFTER:
        if re.search(pattern, text[:offset].rstrip()):
            return ConditionError(message, offset)
    # `1..3` is read up to its second dot.
    start = offset - 1 if text[offset - 1 : offset + 1] == ".." else offset
    for pattern, message in _AT:
        if re.match(pattern, text[start:]):
            return ConditionError(message, start)
    return ConditionError(f"{_shown(text[offset:])} does not belong here", offset)


def _offset(error: UnexpectedInput, text: str) -> int:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text)
    return error.pos_in_stream or 0


def _shown(rest: str) -> str:
    found = re.match(r"\w+|\S", rest)
    return repr(found[0][:20]) if found else "this"


def unknown_name(name: str, offset: int) -> ConditionError:
    """A name that is neither `result` nor an argument."""
    if name in _KNOWN:
        return ConditionError(f"{name} is a function: write {name}(result)", offset)
    remedy = 'use result, args.NAME or args["A-NAME"]; a text needs quotes'
    return ConditionError(f"unknown name {name[:40]!r}: {remedy}", offset)


def unknown_function(name: str, offset: int) -> ConditionError:
    """A function that is not there."""
    near = [_ELSEWHERE[name]] if name in _ELSEWHERE else get_close_matches(name, _KNOWN, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(_KNOWN)}"
    return ConditionError(f"unknown function {name[:40]!r}: {remedy}", offset)
