"""What only the operator would see in a template: conditions that can't be read, arguments that nobody gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate.cli.linting.documents import Document
from tidegate.cli.linting.finding import Finding, Location
from tidegate.core.analysis.arguments import ARGS, names_in
from tidegate.core.analysis.conditions import ConditionError, compile_condition
from tidegate.core.analysis.release import ReleaseFacts

CHECKED = ("AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun")
RELEASE = ("interval", *ReleaseFacts("", "", "", "", "", "", {}).arguments())
"""The arguments that every template knows, named as the operator names them."""
_CONDITIONS = ("successCondition", "failureCondition")


def check(document: Document) -> Iterator[Finding]:
    """The content of the metrics. What the schema refuses is left aside: it is told already."""
    spec = document.raw.get("spec")
    if not isinstance(spec, dict) or not isinstance(metrics := spec.get("metrics"), list):
        return
    declared = _declared(spec)
    for index, metric in enumerate(metrics):
        for location, says in _metric(metric, declared) if isinstance(metric, dict) else ():
            yield document.finding(("spec", "metrics", index, *location), says)


def _declared(spec: dict[str, Any]) -> frozenset[str] | None:
    """The arguments that the metrics may use; None when a template that is taken in may bring others."""
    args = spec.get("args")
    if spec.get("templates"):
        return None
    names = [arg.get("name") for arg in args if isinstance(arg, dict)] if isinstance(args, list) else []
    return frozenset(name for name in names if isinstance(name, str))


def _metric(metric: dict[str, Any], declared: frozenset[str] | None) -> Iterator[tuple[Location, str]]:
    for field in _CONDITIONS:
        if isinstance(text := metric.get(field), str) and text:
            yield from (((field,), says) for says in _condition(text, declared))
    for location, value in _texts(metric, ()):
        for name in sorted(names_in(value)):
            yield from ((location, says) for says in _unknown(name, declared))


def _unknown(name: str, declared: frozenset[str] | None) -> Iterator[str]:
    """What is wrong with `{{name}}` in a text of a metric."""
    if name.startswith(ARGS):
        yield from _undeclared(f"{{{{{name}}}}}", name.removeprefix(ARGS), declared)
    elif name not in RELEASE:
        yield f"{{{{{name}}}}} is no argument: write {{{{args.NAME}}}}, or one of {', '.join(RELEASE)}"


def _condition(text: str, declared: frozenset[str] | None) -> Iterator[str]:
    try:
        condition = compile_condition(text)
    except ConditionError as error:
        yield f"{text!r}: {error}"
        return
    for name in sorted(condition.args):
        yield from _undeclared(f"args.{name}", name, declared)


def _undeclared(written: str, name: str, declared: frozenset[str] | None) -> Iterator[str]:
    if declared is not None and name not in declared:
        known = f"; known are {', '.join(sorted(declared))}" if declared else ""
        yield f"{written} is given by nobody: add {name} to spec.args{known}"


def _texts(value: object, location: Location) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        yield location, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*location, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*location, index))
