"""Arguments: `{{args.NAME}}` and the facts of the release, filled into every text of a metric.

One pass: a value that itself holds `{{…}}` stays as it is, so nobody's value can pull in a Secret.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tidegate.core.analysis.errors import AnalysisError

PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
ARGS = "args."
# Ten times the longest field: enough for any honest value, too little to fill the memory with copies.
MAX_FILLED = 1_310_720


def names_in(value: Any) -> frozenset[str]:
    """The names of all arguments in the texts of a JSON value."""
    return frozenset(match[1].strip() for text in _texts(value) for match in PLACEHOLDER.finditer(text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def fill(text: str, values: Mapping[str, str], where: str, later: Collection[str] = ()) -> str:
    """`text` with its arguments' values. Those in `later` are left for later; raises AnalysisError for others."""
    parts: list[str] = []
    end, size = 0, len(text)
    for match in PLACEHOLDER.finditer(text):
        name = match[1].strip()
        value = match[0] if name in later else _value(name, values, where)
        size += len(value)
        if size > MAX_FILLED:
            raise AnalysisError(f"{where} is longer than {MAX_FILLED:,} characters with its arguments filled in")
        parts += (text[end : match.start()], value)
        end = match.end()
    return "".join((*parts, text[end:]))


def _value(name: str, values: Mapping[str, str], where: str) -> str:
    if name in values:
        return values[name]
    known = ", ".join(sorted(values)) or "none"
    if name.startswith(ARGS):
        remedy = f"give args {name.removeprefix(ARGS)} a value where the template is used, or a default in the template"
    else:
        remedy = f"known here are {known}"
    raise AnalysisError(f"{where} uses {{{{{name}}}}}, and nobody gives it: {remedy}")


def fill_all(value: Any, values: Mapping[str, str], where: str, later: Collection[str] = ()) -> Any:
    """A JSON value with the arguments filled into all of its texts. `where` names it in errors."""
    if isinstance(value, str):
        return fill(value, values, where, later)
    if isinstance(value, Mapping):
        return {key: fill_all(inner, values, f"{where}.{key}", later) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill_all(inner, values, f"{where}[{index}]", later) for index, inner in enumerate(value)]
    return value


def prometheus_duration(seconds: float) -> str:
    """Seconds as PromQL writes a duration: `30s`, `1500ms`; it knows no fractions."""
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{round(seconds * 1000)}ms"
