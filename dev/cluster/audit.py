"""Counts the calls that the operator made to the API server, from the API server's own audit log."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

_MARK = "audit-mark"
_MARK_SECONDS = 10.0
_READS = frozenset({"get", "list"})
_WATCH = "watch"


class Call(NamedTuple):
    """A kind of call: `("patch", "rollouts", "status")`; the subresource is empty for the object itself."""

    verb: str
    resource: str
    subresource: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. `at` is when it came in (RFC 3339), `code` the HTTP status; absent names are empty."""

    at: str
    user: str
    call: Call
    namespace: str
    name: str
    code: int


class Calls(Counter[Call]):
    """How often each kind of call was made."""

    @property
    def writes(self) -> int:
        """Calls that change something, refused ones included: they cost the API server as much."""
        return sum(self.values()) - self.reads - self.watches

    @property
    def reads(self) -> int:
        """Gets and lists. Watches are apart: one that lasts an hour is one call."""
        return sum(count for call, count in self.items() if call.verb in _READS)

    @property
    def watches(self) -> int:
        """Watches begun."""
        return sum(count for call, count in self.items() if call.verb == _WATCH)


class Audit:
    """The audit log of a cluster, for the operator's user only."""

    def __init__(self, log: Path, url: str, authority: Path, token: str) -> None:
        self._log = log
        self._url = url
        self._token = token
        self._context = ssl.create_default_context(cafile=str(authority))

    def mark(self) -> int:
        """A place in the log, after every call that was answered before this one. For `since`."""
        return self._settle()

    def calls(self, since: int = 0, namespace: str | None = None) -> Calls:
        """The calls after the mark, counted; without a namespace those of all, and the cluster-wide ones."""
        return Calls(entry.call for entry in self.entries(since, namespace))

    def entries(self, since: int = 0, namespace: str | None = None) -> list[Entry]:
        """The calls after the mark one by one, in the order of the log."""
        until = self._settle()
        found = (entry for entry in self._read(since, until) if namespace in (None, entry.namespace))
        return list(found)

    def _settle(self) -> int:
        """Make a call of our own and wait until it stands in the log: those answered before stand there too.

        The API server writes a call's line after its answer, so a log read at once may lack the last calls.
        """
        mark = f"{_MARK}={uuid.uuid4().hex}"
        self._knock(f"{self._url}/version?{mark}")
        deadline = time.monotonic() + _MARK_SECONDS
        while time.monotonic() < deadline:
            content = self._log.read_bytes() if self._log.exists() else b""
            found = content.find(mark.encode())
            if found >= 0 and (end := content.find(b"\n", found)) >= 0:
                return end + 1
            time.sleep(0.005)
        raise TimeoutError(f"no line with {mark} in {self._log} after {_MARK_SECONDS:.0f} s")

    def _knock(self, url: str) -> None:
        request = urllib.request.Request(url, headers={"authorization": f"Bearer {self._token}"})
        try:
            urllib.request.urlopen(request, context=self._context, timeout=_MARK_SECONDS).close()
        except urllib.error.HTTPError as error:
            error.close()

    def _read(self, since: int, until: int) -> Iterator[Entry]:
        with self._log.open("rb") as log:
            log.seek(since)
            for line in log.read(until - since).splitlines():
                raw = json.loads(line)
                if _MARK not in raw["requestURI"]:
                    yield _entry(raw)


def _entry(raw: dict[str, Any]) -> Entry:
    target = raw.get("objectRef", {})
    return Entry(
        at=raw["requestReceivedTimestamp"],
        user=raw["user"]["username"],
        call=Call(raw["verb"], target.get("resource", raw["requestURI"]), target.get("subresource", "")),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        code=raw.get("responseStatus", {}).get("code", 0),
    )
