"""A plain value of the Rollout by its path: `metadata.labels['region']`, `spec.template.spec.containers[0].image`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tidegate.core.analysis.errors import AnalysisError

_PART = re.compile(r"""\.?([A-Za-z0-9_-]+)|\[(\d{1,6})\]|\[(["'])([^"']*)\3\]""")


def field_value(manifest: Mapping[str, Any], path: str, where: str) -> str:
    """The value as a text. Raises AnalysisError when there is none, or it is a list or an object."""
    found: Any = manifest
    for key in _keys(path, where):
        found = _step(found, key)
        if found is None:
            raise AnalysisError(f"{where}: the Rollout has nothing at {path}: set it, or mend the path")
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str | int | float):
        return str(found)
    raise AnalysisError(f"{where}: {path} is no plain value: name a field inside of it")


def _keys(path: str, where: str) -> list[str | int]:
    keys: list[str | int] = []
    end = 0
    while end < len(path):
        match = _PART.match(path, end)
        if match is None:
            raise AnalysisError(f"{where}: {path} is no path: write for instance metadata.labels['region']")
        keys.append(int(match[2]) if match[2] else match[1] or match[4])
        end = match.end()
    return keys


def _step(found: Any, key: str | int) -> Any:
    if isinstance(found, Mapping):
        return found.get(key)
    if isinstance(found, list) and isinstance(key, int):
        return found[key] if key < len(found) else None
    return None
