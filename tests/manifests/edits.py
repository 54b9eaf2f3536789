"""Small changes of a manifest, written as paths: `put("spec.steps[0].setWeight", 120)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Manifest = dict[str, Any]
Edit = Callable[[Manifest], None]


def _parts(path: str) -> list[str | int]:
    found = re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)
    return [int(index) if index else name for index, name in found]


def _holder(manifest: Manifest, path: str) -> tuple[Any, str | int]:
    *way, last = _parts(path)
    inner: Any = manifest
    for part in way:
        inner = inner[part]
    return inner, last


def put(path: str, value: object) -> Edit:
    """Write a value, over what stands there."""

    def edit(manifest: Manifest) -> None:
        holder, last = _holder(manifest, path)
        holder[last] = value

    return edit


def drop(path: str) -> Edit:
    """Take a field away."""

    def edit(manifest: Manifest) -> None:
        holder, last = _holder(manifest, path)
        del holder[last]

    return edit


def rename(path: str, name: str) -> Edit:
    """Write a field under another name."""

    def edit(manifest: Manifest) -> None:
        holder, last = _holder(manifest, path)
        holder[name] = holder.pop(last)

    return edit


def append(path: str, value: object) -> Edit:
    """Add an item to a list."""

    def edit(manifest: Manifest) -> None:
        holder, last = _holder(manifest, path)
        holder[last].append(value)

    return edit


def both(*edits: Edit) -> Edit:
    """One change after the other."""

    def edit(manifest: Manifest) -> None:
        for each in edits:
            each(manifest)

    return edit
