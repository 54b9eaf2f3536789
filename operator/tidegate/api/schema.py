"""From a model to a structural schema of Kubernetes.

No references, no unions with null, and only defaults that say something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tidegate.api.meta import Model
from tidegate.api.rules import Shape

Schema = dict[str, Any]

PRESERVE = "x-kubernetes-preserve-unknown-fields"
VALIDATIONS = "x-kubernetes-validations"
REFUSED = "x-tidegate-refused"
SHAPE = "x-tidegate-shape"

# What a structural schema has no place for, or what is rendered in another way.
_DROPPED = {
    "$defs",
    "title",
    "additionalProperties",
    "anyOf",
    "const",
    "default",
    "properties",
    "items",
    "required",
}
_ROOT_FIELDS: dict[str, Schema] = {
    "apiVersion": {"type": "string", "description": "Version of the API that this object is written in."},
    "kind": {"type": "string", "description": "Kind of this object."},
    # The API server documents metadata itself, and allows nothing else here.
    "metadata": {"type": "object"},
}
_OPEN: Schema = {"type": "object", PRESERVE: True}
_SHAPES: dict[Shape, Schema] = {
    Shape.OBJECT: _OPEN,
    Shape.LIST: {"type": "array", "maxItems": 1024, "items": _OPEN},
    Shape.BOOLEAN: {"type": "boolean"},
    Shape.TEXT: {"type": "string"},
    Shape.NUMBER: {"type": "integer"},
    Shape.NUMBER_OR_TEXT: {"x-kubernetes-int-or-string": True},
}


def structural(model: type[Model]) -> Schema:
    """The schema of a kind: `model` is its root, with apiVersion, kind, metadata, spec and perhaps status."""
    raw = model.model_json_schema(by_alias=True)
    root = _resolved(raw, raw.get("$defs", {}))
    parts = {name: part for name, part in root["properties"].items() if name not in _ROOT_FIELDS}
    rendered = {name: _node(part, raw.get("$defs", {}), defaults=name == "spec") for name, part in parts.items()}
    return {
        "type": "object",
        "description": root.get("description", ""),
        "required": ["spec"],
        "properties": {**_ROOT_FIELDS, **rendered},
    }


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The schema without `$ref` and the null of an optional field; what stands beside them goes first."""
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    reference = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    base = definitions[reference] if reference else options[0] if options else None
    if base is None:
        return schema
    beside = {key: value for key, value in schema.items() if key not in ("$ref", "anyOf")}
    return {**_resolved(base, definitions), **beside}


def _node(schema: Schema, definitions: Mapping[str, Schema], *, defaults: bool) -> Schema:
    """One node. `defaults` is False where the API server must not add to what was written.

    Not in status: the operator would see it as a change and write it away again, for ever. Not in the pod
    template: the revision is the hash of what the user wrote. Not in items of a list: GitOps tools compare lists
    as a whole.
    """
    found = _resolved(schema, definitions)
    if REFUSED in found:
        return {"description": f"Refused: {found[REFUSED]}.", **_SHAPES[Shape(found[SHAPE])]}
    node = {key: _limit(key, value) for key, value in found.items() if key not in _DROPPED}
    if "exclusiveMinimum" in node:
        node |= {"minimum": node.pop("exclusiveMinimum"), "exclusiveMinimum": True}
    if "const" in found:
        node["enum"] = [found["const"]]
    inside = defaults and PRESERVE not in found
    if defaults and found.get("default") is not None:
        node["default"] = found["default"]
    return node | _children(found, definitions, inside)


def _limit(key: str, value: Any) -> Any:
    return int(value) if key in ("minimum", "maximum") and float(value).is_integer() else value


def _children(found: Schema, definitions: Mapping[str, Schema], defaults: bool) -> Schema:  # noqa: FBT001
    if "items" in found:
        return {"items": _node(found["items"], definitions, defaults=False)}
    if "properties" in found:
        return _object(found, definitions, defaults=defaults)
    if isinstance(values := found.get("additionalProperties"), dict) and values:
        return {"additionalProperties": _node(values, definitions, defaults=False)}
    return {}


def _object(found: Schema, definitions: Mapping[str, Schema], *, defaults: bool) -> Schema:
    fields = {name: _resolved(field, definitions) for name, field in found["properties"].items()}
    node: Schema = {"properties": {k: _node(v, definitions, defaults=defaults) for k, v in fields.items()}}
    needed, refusals, rules = found.get("required", []), _refusals(fields), found.get(VALIDATIONS, [])
    if refusals:
        # A field that is missing by `required` stops all rules: who writes blueGreen would be told to add canary.
        rules = _needs(needed, fields) + [_guarded(rule, needed) for rule in rules]
    elif needed:
        node["required"] = needed
    if refusals or rules:
        node[VALIDATIONS] = refusals + rules
    return node


def _refusals(fields: Mapping[str, Schema]) -> list[Schema]:
    return [
        {
            "rule": f"!has(self.{name})",
            "message": field[REFUSED],
            "fieldPath": f".{name}",
            "reason": "FieldValueForbidden",
        }
        for name, field in fields.items()
        if REFUSED in field
    ]


def _needs(needed: list[str], fields: Mapping[str, Schema]) -> list[Schema]:
    return [
        {
            "rule": f"has(self.{name})",
            "message": f"is missing: add it ({fields[name]['description'].rstrip('.')})",
            "fieldPath": f".{name}",
            "reason": "FieldValueRequired",
        }
        for name in needed
    ]


def _guarded(rule: Schema, needed: list[str]) -> Schema:
    """The rule, silent while a field is missing that it speaks of: that is told already."""
    missing = [f"!has(self.{name})" for name in needed if re.search(rf"self\.{name}\b", rule["rule"])]
    return {**rule, "rule": " || ".join([*missing, f"({rule['rule']})"])} if missing else rule
