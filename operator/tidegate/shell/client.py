"""The API server for the hot path: raw JSON over one pool of connections.

Every write carries its own precondition (a resourceVersion, a uid, a test, a name that follows from what it is for), so
each may be sent again after a failure that leaves open whether it was done.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp

from tidegate.observe.kinds import POD, Kind
from tidegate.shell.errors import ConflictError, EvictionRefusedError, InvalidError, error_of
from tidegate.shell.limiter import TokenBucket

log = logging.getLogger(__name__)

Raw = dict[str, Any]
RATE, BURST = 200.0, 400.0
TIMEOUT = aiohttp.ClientTimeout(total=10.0)
TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
_NOTHING: Raw = {}
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
CANNOT_BE_APPLIED = "the server rejected our request due to an error in our request"
"""All that the API server says of a JSON Patch that does not fit the object; an invalid result has other words."""
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Seen(Protocol):
    """Is told of every request: its verb, the plural of the kind, the answer (`0`: none) and the seconds it took."""

    def __call__(self, verb: str, resource: str, code: int, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Listing:
    """The metadata of all objects of a kind, and the version of the cluster that it shows."""

    resource_version: str
    items: tuple[Raw, ...]


@dataclass(frozen=True, slots=True)
class _Request:
    verb: str
    method: str
    kind: Kind
    url: str
    body: bytes | None = None
    content: str = "application/json"
    accept: str = "application/json"


class Client:
    """Requests to the API server. Raises the errors of `shell.errors`, and nothing else, for what may go wrong."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        server: str,
        seen: Seen,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._session = session
        self._server = server
        self._seen = seen
        self._jitter = jitter
        self._bucket = TokenBucket(RATE, BURST)

    async def get(self, kind: Kind, namespace: str, name: str) -> Raw:
        """Read one object."""
        return await self._send(_Request("get", "GET", kind, self.url(kind, namespace, name)))

    async def create(self, kind: Kind, namespace: str, body: Mapping[str, Any]) -> Raw:
        """Create an object. A field that the API server doesn't know is an error that names it, never dropped."""
        url = self.url(kind, namespace) + "?fieldValidation=Strict"
        return await self._send(_Request("create", "POST", kind, url, _encoded(body)))

    async def merge(
        self, kind: Kind, namespace: str, name: str, patch: Mapping[str, Any], subresource: str = ""
    ) -> Raw:
        """Apply a merge patch (RFC 7386) to an object or to its subresource."""
        url = self.url(kind, namespace, name, subresource)
        return await self._send(_Request("patch", "PATCH", kind, url, _encoded(patch), MERGE_PATCH))

    async def patch(self, kind: Kind, namespace: str, name: str, operations: Sequence[Mapping[str, Any]]) -> Raw:
        """Apply a JSON Patch (RFC 6902). A test in it that doesn't hold is a ConflictError."""
        url = self.url(kind, namespace, name)
        try:
            return await self._send(_Request("patch", "PATCH", kind, url, _encoded(operations), JSON_PATCH))
        except InvalidError as error:
            if str(error) == CANNOT_BE_APPLIED:
                raise ConflictError("the object has changed: a test of the JSON Patch does not hold") from error
            raise

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> Raw:
        """Delete an object, provided that it is still the one with this uid."""
        options = {"preconditions": {"uid": uid}}
        url = self.url(kind, namespace, name)
        return await self._send(_Request("delete", "DELETE", kind, url, _encoded(options)))

    async def list_metadata(
        self, kind: Kind, namespace: str | None = None, resource_version: str = "", *, selector: str = ""
    ) -> Listing:
        """The metadata of all objects of a kind; `resource_version` "0" takes what the API server has in memory."""
        chosen = quote(selector or kind.selector)
        url = self.url(kind, namespace or "") + f"?labelSelector={chosen}&resourceVersion={resource_version}"
        found = await self._send(_Request("list", "GET", kind, url, accept=METADATA_ONLY))
        return Listing(found["metadata"]["resourceVersion"], tuple(found["items"] or ()))

    async def list_pods(self, namespace: str, selector: str) -> tuple[Raw, ...]:
        """Pods, whole and as they are now: the API server's memory may still show one that was evicted."""
        url = self.url(POD, namespace) + f"?labelSelector={quote(selector)}"
        return tuple((await self._send(_Request("list", "GET", POD, url)))["items"] or ())

    async def evict(self, namespace: str, name: str, uid: str) -> None:
        """Ask for a pod to go, provided that it is still the one with this uid.

        Raises EvictionRefusedError when a PodDisruptionBudget does not allow it now.
        """
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        url = self.url(POD, namespace, name, "eviction")
        await self._send(_Request("create", "POST", POD, url, _encoded(body)))

    def url(self, kind: Kind, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Where a kind, an object or a subresource lives. Without a namespace: all of them."""
        root = f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"
        place = ("namespaces", namespace) if kind.namespaced and namespace else ()
        parts = (self._server, root, *place, kind.plural, name, subresource)
        return "/".join(part for part in parts if part)

    async def _send(self, request: _Request) -> Raw:
        pause = FIRST_PAUSE
        for attempt in range(1, TRIES + 1):
            await self._bucket.wait()
            code, wait, body = await self._try(request)
            if 200 <= code < 300:
                return body
            error = error_of(code, body)
            if attempt == TRIES or code not in TRY_AGAIN | {0} or isinstance(error, EvictionRefusedError):
                raise error
            await asyncio.sleep(max(wait, pause * (0.5 + 0.5 * self._jitter())))
            pause = min(LONGEST_PAUSE, pause * 2)
        raise AssertionError("every try returns or raises")

    async def _try(self, request: _Request) -> tuple[int, float, Raw]:
        """Status, seconds that the API server asks to wait, body. A status of 0: no answer."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        code, wait, body = 0, 0.0, _NOTHING
        try:
            code, wait, body = await self._exchange(request)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            body = {"message": f"the API server does not answer: {type(error).__name__}: {error}"}
        finally:
            self._seen(request.verb, request.kind.plural, code, loop.time() - began)
        return code, wait, body

    async def _exchange(self, request: _Request) -> tuple[int, float, Raw]:
        headers = {"Accept": request.accept, "Content-Type": request.content}
        async with self._session.request(
            request.method, request.url, data=request.body, headers=headers, timeout=TIMEOUT, allow_redirects=False
        ) as response:
            return response.status, _retry_after(response), _decoded(await response.read())


def _encoded(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _decoded(body: bytes) -> Raw:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        # A proxy in between answers in HTML or plain text.
        return {"message": body[:200].decode(errors="replace")}
    return found if isinstance(found, dict) else {"message": str(found)[:200]}


def _retry_after(response: aiohttp.ClientResponse) -> float:
    try:
        return min(LONGEST_PAUSE, float(response.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0
