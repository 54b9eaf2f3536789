"""The operator's log: a line a decision, as text for people or as JSON for machines."""

from __future__ import annotations

import json
import logging
from enum import StrEnum
from typing import Any

SELDOM_SECONDS = 30.0
FIELDS = ("kind", "namespace", "object", "revision", "step")
"""What a line bears beside its message, where it is known."""


class LogFormat(StrEnum):
    """How a line is written."""

    TEXT = "text"
    JSON = "json"


def set_up(form: LogFormat, level: int = logging.INFO) -> None:
    """Write the log to stderr. What other libraries say is kept to what needs a person."""
    handler = logging.StreamHandler()
    handler.addFilter(_Seldom())
    handler.setFormatter(_Json() if form is LogFormat.JSON else _Text())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("kopf", "kopf.objects", "aiohttp.access", "asyncio", "prometheus_api_client", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _Seldom(logging.Filter):
    """Lets through one line of kopf's client in a while: each of nine watches tells of each try to reach a server."""

    def __init__(self) -> None:
        super().__init__()
        self._last = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("kopf._cogs.clients"):
            return True
        seldom = record.created - self._last >= SELDOM_SECONDS
        self._last = record.created if seldom else self._last
        return seldom


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found = {name: getattr(record, name, None) for name in FIELDS}
    return {name: value for name, value in found.items() if value is not None}


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if record.exc_info is None:
            # Names and messages come from outside: none of them begins a line of its own.
            text = text.replace("\r", "\\r").replace("\n", "\\n")
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        return f"{text} {fields}" if fields else text


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)
