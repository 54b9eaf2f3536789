"""Literals of conditions: numbers and texts as they are written."""

from __future__ import annotations

import re

from tidegate.core.analysis.conditions.nodes import ConditionError

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_SIMPLE |= {char: char for char in "\\\"'`/"}


def read_number(written: str) -> float:
    """`0.95`, `1e3`, `1_000` or `0xff` as a double; beyond its range it is infinite."""
    if written[:2] in ("0x", "0X"):
        return float(int(written[2:], 16)) if len(written) < 200 else float("inf")
    return float(written.replace("_", ""))


def read_text(written: str, offset: int) -> str:
    """The text between the quotes, escapes resolved. Raises ConditionError for an escape that nobody knows."""
    inner = written[1:-1]
    if written[0] == "`":
        return inner
    return _ESCAPE.sub(lambda match: _escaped(match, offset), inner)


def _escaped(match: re.Match[str], offset: int) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        return _character(int(code[1:], 16), match[0], offset + match.start() + 1)
    if code in _SIMPLE:
        return _SIMPLE[code]
    raise ConditionError(f"unknown escape {match[0]}: write \\\\ for a backslash", offset + match.start() + 1)


def _character(point: int, written: str, offset: int) -> str:
    # A lone surrogate could not be written to the status: no encoding has it.
    if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        raise ConditionError(f"{written} is no character", offset)
    return chr(point)
