"""`docs/reference.md`, rendered from the models: every field with type, default and meaning (`make crds`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.api import crd
from tidegate.api.meta import API_VERSION
from tidegate.api.schema import PRESERVE, VALIDATIONS, structural

TARGET = Path(__file__).parents[1] / "docs" / "reference.md"
Schema = dict[str, Any]

_HEAD = f"""\
# Reference

The kinds of `{API_VERSION}`, rendered from the models (`make crds`). How they work together is told in the other
pages; what the commands do stands in [cli.md](cli.md).

A field with a star must be given. A duration is a number of seconds or a text such as `10s`, `5m`, `1h30m`. Where a
number or a duration may be an argument of an analysis, `{{{{args.NAME}}}}` can stand in its place. In `template` the
API server takes all fields of Kubernetes' PodTemplateSpec; only those that the operator reads are listed.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A field in a line of a table."""

    path: str
    schema: Schema
    needed: bool

    @property
    def refused(self) -> str:
        """What to use instead of a field that is refused; empty for the others."""
        text = str(self.schema.get("description", ""))
        return text.removeprefix("Refused: ") if text.startswith("Refused: ") else ""


def render() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_kind(kind) for kind in crd.KINDS)])


def _kind(kind: crd.Kind) -> str:
    schema = structural(kind.model)
    names = f"`kubectl get {kind.plural}`, short `{kind.short}`; {kind.scope.lower()}"
    parts = [f"## {kind.name}\n", f"{schema['description']} {names}.\n"]
    for name in ("spec", "status"):
        if name in schema["properties"]:
            parts += _part(name, schema["properties"][name])
    return "\n".join(parts)


def _part(name: str, schema: Schema) -> Iterator[str]:
    rows = list(_rows(schema, name))
    yield f"### {name}\n"
    yield _table(("field", "type", "default", "meaning"), (_line(row) for row in rows if not row.refused))
    rules = dict.fromkeys(_rules(schema))
    if rules:
        yield "Rules:\n"
        yield "".join(f"- {_cell(rule)}\n" for rule in rules)
    if refused := [row for row in rows if row.refused]:
        yield "Refused by name, so that nothing is left aside in silence:\n"
        yield _table(("field", "answer"), ((f"`{row.path}`", _cell(row.refused)) for row in refused))


def _rows(schema: Schema, path: str) -> Iterator[Row]:
    needed = {*schema.get("required", ()), *_needed_by_rule(schema)}
    for name, child in schema.get("properties", {}).items():
        yield Row(f"{path}.{name}", child, name in needed)
        if not str(child.get("description", "")).startswith("Refused: "):
            yield from _rows(child.get("items", child), f"{path}.{name}" + ("[]" if "items" in child else ""))


def _needed_by_rule(schema: Schema) -> Iterator[str]:
    rules = (rule for rule in schema.get(VALIDATIONS, ()) if rule.get("reason") == "FieldValueRequired")
    return (rule["fieldPath"].removeprefix(".") for rule in rules)


def _rules(schema: Schema) -> Iterator[str]:
    """Rules over several fields; what is refused or missing stands in the tables, what a value must be in its line."""
    own = (rule for rule in schema.get(VALIDATIONS, ()) if "reason" not in rule)
    if "properties" in schema:
        yield from (rule["message"] for rule in own)
    for child in (*schema.get("properties", {}).values(), schema.get("items", {})):
        if child:
            yield from _rules(child)


def _line(row: Row) -> tuple[str, ...]:
    star = " *" if row.needed else ""
    default = row.schema.get("default")
    shown = "" if default is None or isinstance(default, dict) else f"`{json.dumps(default)}`"
    return f"`{row.path}`{star}", _type(row.schema), shown, _cell(row.schema.get("description", ""))


def _type(schema: Schema) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        return _number_or_text(schema)
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}{_bounds(schema, 'Items')}"
    if "additionalProperties" in schema:
        return "map of text"
    if schema["type"] == "object":
        return "object" + (", open" if schema.get(PRESERVE) else "")
    names = {"string": "time" if schema.get("format") == "date-time" else "text", "integer": "whole number"}
    kind = str(schema["type"])
    return names.get(kind, kind) + _bounds(schema, "imum")


def _number_or_text(schema: Schema) -> str:
    said = " ".join(rule["message"] for rule in schema.get(VALIDATIONS, ()))
    known = (("percentage", "percentage, 0 to 100"), ("duration", "duration"), ("whole number", "whole number"))
    return next((name for word, name in known if f" {word}" in said), "number or text")


def _bounds(schema: Schema, what: str) -> str:
    least, most = schema.get(f"min{what}"), schema.get(f"max{what}")
    if least is None:
        return "" if most is None else f", at most {most}"
    return f", at least {least}" if most is None else f", {least} to {most}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
