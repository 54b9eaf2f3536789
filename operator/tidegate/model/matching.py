"""Which rule of a route a request meets, by the order that the Gateway API gives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidegate.model.objects import Raw

ANY_PATH = {"type": "PathPrefix", "value": "/"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request, as far as routes look at it."""

    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""


PLAIN = Request()
"""A request of anybody."""


def rule_for(rules: Sequence[Raw], request: Request) -> int | None:
    """The index of the rule that takes the request: the most specific match, then the first rule."""
    ranked = [
        (_rank(match), -index)
        for index, rule in enumerate(rules)
        for match in rule.get("matches") or [{}]
        if _fits(match, request)
    ]
    return -max(ranked)[1] if ranked else None


def _fits(match: Raw, request: Request) -> bool:
    headers = match.get("headers") or ()
    return (
        _path_fits(match.get("path") or ANY_PATH, request.path)
        and match.get("method", request.method) == request.method
        and all(_text_fits(header, request.headers.get(header["name"].lower())) for header in headers)
    )


def _path_fits(match: Raw, path: str) -> bool:
    if match["type"] != "PathPrefix":
        return _text_fits(match, path)
    prefix = match["value"].rstrip("/")
    return path == prefix or path.startswith(f"{prefix}/")


def _text_fits(match: Raw, text: str | None) -> bool:
    if text is None:
        return False
    exact = match.get("type", "Exact") == "Exact"
    return text == match["value"] if exact else re.fullmatch(match["value"], text) is not None


def _rank(match: Raw) -> tuple[Any, ...]:
    path = match.get("path") or ANY_PATH
    return path["type"] == "Exact", len(path["value"]), "method" in match, len(match.get("headers") or ())
