"""What Prometheus' answers mean: values, or why there are none."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from tidegate.core.analysis.reading import ProviderError, Trouble, Values
from tidegate.core.analysis.secrets import redact

MAX_QUOTED = 200
BAD_REQUEST = 400
_BY_STATUS = {
    401: "does not accept the credentials (HTTP 401): look at authentication and its Secret",
    403: "does not accept the credentials (HTTP 403): look at authentication and its Secret",
    404: "knows no such page (HTTP 404): address must be the server's URL without /api/v1",
    429: "is asked too often (HTTP 429)",
}


def no_answer(timeout: timedelta) -> str:
    """That there was no answer in time."""
    return f"does not answer within {timeout.total_seconds():g}s"


class GarbageError(Exception):
    """The answer is none of Prometheus'."""


def values(result: Any) -> Values:
    """The numbers of an answer: a scalar as it is, series as a list in their order. Raises GarbageError.

    Shapes: `[time, "1"]` · `[{"value": [time, "1"]}, …]` · `[{"values": [[time, "1"], …]}, …]`.
    """
    if not isinstance(result, list):
        raise GarbageError
    try:
        if len(result) == 2 and isinstance(result[1], str):
            return Values(float(result[1]))
        return Values(tuple(float(sample[1]) for series in result for sample in _samples(series)))
    except (KeyError, IndexError, TypeError, ValueError):
        raise GarbageError from None


def _samples(series: dict[str, Any]) -> list[Any]:
    return [series["value"]] if "value" in series else list(series["values"])


def status_trouble(status: int, body: bytes, secrets: Collection[str]) -> ProviderError:
    """What an HTTP status means. Only a query that Prometheus calls wrong is refused for good; all else may pass."""
    if status == BAD_REQUEST:
        return ProviderError(Trouble.REFUSED, f"calls the query wrong (HTTP 400): {_quoted(body, secrets)}")
    known = _BY_STATUS.get(status)
    return ProviderError(Trouble.UNAVAILABLE, known or f"answers HTTP {status}: {_quoted(body, secrets)}")


def _quoted(body: bytes, secrets: Collection[str]) -> str:
    """Somebody else's words: without secrets, on one line, without control characters, and not many of them."""
    try:
        text = str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        text = body.decode(errors="replace")
    # Before the cut, which could leave half a secret.
    clean = redact(text, secrets)
    line = " ".join("".join(char if char.isprintable() else " " for char in clean).split())
    return line[:MAX_QUOTED] or "(no text)"
