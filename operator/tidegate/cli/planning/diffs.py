"""What changes in an object, line by line, as people read it."""

from __future__ import annotations

import difflib
from typing import Any

import yaml

from tidegate.cli.planning.live import Applied

Raw = dict[str, Any]
SILENT = frozenset({"ConfigMap", "Secret"})
"""Kinds whose content is not shown."""
AROUND = 2


def diff(before: Raw, after: Raw) -> list[str]:
    """The lines of two specs that differ, with some around them; none when they are the same."""
    lines = difflib.unified_diff(_lines(before), _lines(after), lineterm="", n=AROUND)
    return [line for line in lines if not line.startswith(("---", "+++"))]


def _lines(spec: Raw) -> list[str]:
    return yaml.safe_dump(spec, allow_unicode=True).splitlines()


def change(applied: Applied) -> list[str]:
    """What a manifest changes of an object that is there."""
    if applied.before is None:
        return ["+ it is made"]
    if applied.key.kind in SILENT:
        same = all(applied.before.get(part) == applied.after.get(part) for part in ("data", "binaryData"))
        return [] if same else ["~ its content changes"]
    return diff(applied.before.get("spec", {}), applied.after.get("spec", {}))
