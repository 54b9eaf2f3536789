"""The API server, as far as the commands need it: raw JSON in and out, and every failure as a sentence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import urllib3.exceptions
from kubernetes.client.exceptions import ApiException

from tidegate.api.meta import API_VERSION
from tidegate.cli.connection import Login, log_in
from tidegate.cli.errors import CommandError, UnreachableError
from tidegate.cli.refusals import explain, unreachable

Raw = dict[str, Any]

TIMEOUT = (5, 30)
"""Seconds to connect, and between two bytes of an answer."""
GONE = 410
BUSY = (429, 503)
TRIES = 4
_WATCH_SECONDS = 240
_PAUSE = 1.0


def objects(plural: str, namespace: str | None, name: str = "") -> str:
    """The path of our objects: all of a kind (`namespace` None: in all namespaces), or one."""
    place = f"/namespaces/{namespace}" if namespace else ""
    return f"/apis/{API_VERSION}{place}/{plural}" + (f"/{name}" if name else "")


class Cluster:
    """Calls to one API server."""

    def __init__(self, login: Login) -> None:
        self._login = login

    @property
    def namespace(self) -> str:
        """Where names are looked for."""
        return self._login.namespace

    def get(self, path: str, **query: str) -> Raw:
        """An object, or a list. Raises CommandError."""
        return self._json("GET", path, query)

    def items(self, path: str, **query: str) -> list[Raw]:
        """The objects of a list."""
        found: list[Raw] = self.get(path, **query).get("items", [])
        return found

    def create(self, path: str, body: Raw, **query: str) -> Raw:
        """POST."""
        return self._json("POST", path, query, body, "application/json")

    def merge(self, path: str, patch: Raw, **query: str) -> Raw:
        """A JSON merge patch (RFC 7386)."""
        return self._json("PATCH", path, query, patch, "application/merge-patch+json")

    def patch(self, path: str, operations: list[Raw]) -> Raw:
        """A JSON Patch (RFC 6902)."""
        return self._json("PATCH", path, {}, operations, "application/json-patch+json")

    def follow(self, path: str, seconds: float | None) -> Iterator[Raw]:
        """The object as it is now, then each time that it changes, until the time is over.

        A broken connection is taken up again: the object may then come once more without a change. Raises
        CommandError when the object is not there, or the API server does not answer at first.
        """
        end = time.monotonic() + seconds if seconds is not None else None
        current = self.get(path)
        while True:
            yield current
            yield from self._changes(path, current["metadata"]["resourceVersion"], end)
            if end is not None and time.monotonic() >= end:
                return
            current = self._again(path, end)

    def _again(self, path: str, end: float | None) -> Raw:
        """Read the object after a watch has ended, with patience: an API server may just be starting again."""
        while True:
            try:
                return self.get(path)
            except UnreachableError:
                if end is not None and time.monotonic() >= end:
                    raise
            time.sleep(_PAUSE)

    def _changes(self, path: str, version: str, end: float | None) -> Iterator[Raw]:
        collection, _, name = path.rpartition("/")
        seconds = _left(end)
        query = {
            "watch": "1",
            "fieldSelector": f"metadata.name={name}",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
        }
        try:
            answer = self._send("GET", collection, query, timeout=(TIMEOUT[0], seconds + TIMEOUT[1]))
            yield from _events(answer.response, name)
        except ApiException as error:
            if error.status != GONE:
                raise explain(error, path) from None
        except urllib3.exceptions.HTTPError:
            # Cut off in the middle: who called reads again.
            return

    def _json(self, method: str, path: str, query: dict[str, str], body: Any = None, content: str = "") -> Raw:
        answer = self._call(lambda: self._send(method, path, query, body, content).read(), path)
        found: Raw = json.loads(answer)
        return found

    def _call(self, send: Callable[[], bytes], path: str) -> bytes:
        try:
            return _patiently(send)
        except ApiException as error:
            raise explain(error, path) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise UnreachableError(unreachable(error, self._login)) from None

    def _send(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Any = None,
        content: str = "",
        timeout: tuple[int, int] = TIMEOUT,
    ) -> Any:
        headers = {"Accept": "application/json"} | ({"Content-Type": content} if content else {})
        asked = self._login.api.param_serialize(
            method, path, None, list(query.items()), headers, body, auth_settings=["BearerToken"]
        )
        answer = self._login.api.call_api(*asked, _request_timeout=timeout)
        if not 200 <= answer.status <= 299:
            answer.read()
            raise ApiException(http_resp=answer)
        return answer


def _patiently(send: Callable[[], bytes]) -> bytes:
    """Try again while the API server is too busy; all calls of the commands may be sent twice."""
    for _ in range(TRIES - 1):
        try:
            return send()
        except ApiException as error:
            if error.status not in BUSY:
                raise
        time.sleep(_PAUSE)
    return send()


def _events(lines: Iterable[bytes], name: str) -> Iterator[Raw]:
    for line in lines:
        event = json.loads(line)
        if event["type"] == "DELETED":
            raise CommandError(f"{event['object']['kind']} {name} was deleted meanwhile")
        if event["type"] == "ERROR":
            # The API server remembers no further back: who called reads again.
            return
        yield event["object"]


def _left(end: float | None) -> int:
    # The API server counts whole seconds; its least is one.
    return _WATCH_SECONDS if end is None else max(1, min(_WATCH_SECONDS, int(end - time.monotonic()) + 1))


def connect(kubeconfig: Path | None, context: str | None, namespace: str | None) -> Cluster:
    """The cluster that the options name."""
    return Cluster(log_in(kubeconfig, context, namespace))
