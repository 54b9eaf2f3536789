"""Sends calls over HTTP, under the same guard as queries: never to the operator's own machine or a cloud's metadata.

No redirect is followed, and at most 1 MiB of an answer is read.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from tidegate.core.webhook.call import WebhookCall
from tidegate.core.webhook.outcome import Answer, NoAnswer
from tidegate.metrics.guard import ForbiddenAddressError, Guard, forbidden

MAX_ANSWER = 1 << 20
DNS_THREADS = 4
USER_AGENT = "tidegate"
_REMEDY = "whoever runs the operator can allow the host"


class Sender:
    """Sends calls. To be used within one event loop; `allowed_hosts` may be called wherever they are."""

    def __init__(self, allowed_hosts: Collection[str] = ()) -> None:
        self._guard = Guard.of(allowed_hosts)
        # Threads of its own: a DNS that hangs must not keep the operator from the API server.
        self._threads = ThreadPoolExecutor(DNS_THREADS, thread_name_prefix="webhook-dns")
        # One call a Rollout is the bound: a limit here would let slow systems hold up the calls of others.
        connector = aiohttp.TCPConnector(
            resolver=_Resolver(self._guard, self._threads), use_dns_cache=False, limit=0, force_close=True
        )
        self._session = aiohttp.ClientSession(
            connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def close(self) -> None:
        """Break off what is under way."""
        await self._session.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(self, call: WebhookCall, headers: Mapping[str, str]) -> Answer | NoAnswer:
        """What the other system says, or why it says nothing. Raises nothing but the caller's own cancellation."""
        try:
            url = URL(call.url)
            _check(url, self._guard)
            return await self._exchange(url, call, {"User-Agent": USER_AGENT, **dict(call.headers), **headers})
        except ForbiddenAddressError as error:
            return NoAnswer(f"must not be called: {error}; {_REMEDY}", passing=False)
        except TimeoutError:
            return NoAnswer(f"does not answer within {call.timeout.total_seconds():g}s", passing=True)
        except (aiohttp.ClientError, OSError) as error:
            return _trouble(error)
        except ValueError:
            # Never the text of the error: it may hold what stands in the URL or in a header.
            return NoAnswer("can't be called: the URL or a header is none of HTTP's", passing=False)

    async def _exchange(self, url: URL, call: WebhookCall, headers: Mapping[str, str]) -> Answer | NoAnswer:
        async with self._session.request(
            call.method.value,
            url,
            data=call.body.encode() if call.body else None,
            headers={"Accept-Encoding": "identity", **headers},
            timeout=aiohttp.ClientTimeout(total=call.timeout.total_seconds()),
            allow_redirects=False,
        ) as response:
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > MAX_ANSWER:
                    return NoAnswer("answers with more than 1 MiB", passing=False)
            return Answer(response.status, bytes(content))


class _Resolver(AbstractResolver):
    """Names, resolved to the addresses that may be connected to."""

    def __init__(self, guard: Guard, threads: ThreadPoolExecutor) -> None:
        self._guard = guard
        self._threads = threads

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - both are asked for
    ) -> list[ResolveResult]:
        """Raises ForbiddenAddressError, or OSError when the name has no address."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, self._guard.resolve, host, port)
        return [_resolved(host, port, address) for address in found]

    async def close(self) -> None:
        """Nothing is open."""


def _resolved(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def _check(url: URL, guard: Guard) -> None:
    """An address in the place of a name is never resolved: it is judged here. Raises ForbiddenAddressError."""
    host = (url.host or "").lower()
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return
    why = forbidden(host)
    if why and host not in guard.allowed:
        raise ForbiddenAddressError(f"{host} is {why}")


def _trouble(error: aiohttp.ClientError | OSError) -> NoAnswer:
    """The error in words. Never the text of the exception: it holds the URL."""
    cause = error.__cause__ or error
    if isinstance(cause, ForbiddenAddressError):
        return NoAnswer(f"must not be called: {cause}; {_REMEDY}", passing=False)
    if isinstance(error, aiohttp.InvalidURL):
        return NoAnswer("can't be called: url is no URL", passing=False)
    if isinstance(error, aiohttp.ClientConnectorDNSError) or isinstance(cause, socket.gaierror):
        return NoAnswer("can't be reached: its name is not known to the DNS", passing=True)
    if isinstance(error, aiohttp.ClientSSLError):
        return NoAnswer("shows a TLS certificate that can't be verified", passing=True)
    if isinstance(error, aiohttp.ClientConnectorError):
        why = os.strerror(error.errno) if error.errno else "no connection"
        return NoAnswer(f"can't be reached: {why.lower()}", passing=True)
    return NoAnswer("breaks off in the middle of its answer", passing=True)
