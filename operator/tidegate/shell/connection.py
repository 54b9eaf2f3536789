"""How the API server is reached: address, trust, credentials that are kept fresh, and one pool of connections."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from aiohttp.hdrs import AUTHORIZATION, USER_AGENT
from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from tidegate.shell.errors import UNAUTHORIZED

REFRESH_SECONDS = 10.0
"""The least time between two readings of the credentials: a server that refuses them is not asked in a tight loop."""
POOL = 100
KEEP_ALIVE_SECONDS = 60.0
KUBECONFIG_DEFAULT = "~/.kube/config"

Load = Callable[[], Awaitable[Configuration]]


class NoClusterError(Exception):
    """Nothing says where the API server is; the message tells what to give."""


@dataclass(slots=True)
class Credentials:
    """The Authorization header, read anew when the API server refuses it or it has expired."""

    load: Load
    configuration: Configuration
    _read_at: float = field(default=float("-inf"), init=False)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def header(self) -> str | None:
        """The value to send. In a cluster the token is read from its file again after a minute: it is rotated."""
        value: str | None = await self.configuration.get_api_key_with_prefix("BearerToken")
        return value.strip() if value else None

    async def renew(self, refused: str | None) -> bool:
        """Read the credentials again after `refused` was refused. True when there are others to try."""
        async with self._reading:
            now = asyncio.get_running_loop().time()
            if await self.header() == refused and now - self._read_at >= REFRESH_SECONDS:
                self._read_at = now
                self.configuration = await self.load()
        return await self.header() != refused

    async def __call__(self, request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
        """A middleware of aiohttp: every request of every session bears the credentials of now."""
        header = await self.header()
        if header:
            request.headers[AUTHORIZATION] = header
        response = await send(request)
        if response.status != UNAUTHORIZED or not await self.renew(header):
            return response
        response.release()
        request.headers[AUTHORIZATION] = await self.header() or ""
        # The API server did nothing with the first one: it didn't know who asks.
        return await send(request)


@dataclass(frozen=True, slots=True)
class Connection:
    """The API server, and sessions to talk to it over one pool of connections."""

    server: str
    credentials: Credentials
    connector: aiohttp.TCPConnector
    proxy: str | None = None

    def session(self) -> aiohttp.ClientSession:
        """A session of its own over the shared pool: closing it leaves the others alone."""
        return aiohttp.ClientSession(
            connector=self.connector,
            connector_owner=False,
            headers={USER_AGENT: f"tidegate/{version('tidegate')}"},
            middlewares=(self.credentials,),
            proxy=self.proxy,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self.connector.close()


async def connect(kubeconfig: str | None = None, context: str | None = None) -> Connection:
    """Find the API server: `kubeconfig`, else the cluster this runs in, else $KUBECONFIG or ~/.kube/config.

    Raises NoClusterError when none of them says where it is.
    """

    async def load() -> Configuration:
        return await _configuration(kubeconfig, context)

    found = await load()
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=0, ssl=_trust(found), keepalive_timeout=KEEP_ALIVE_SECONDS)
    return Connection(found.host.rstrip("/"), Credentials(load, found), connector, found.proxy)


async def _configuration(kubeconfig: str | None, context: str | None) -> Configuration:
    # The class keeps a default in common; a fresh object leaves it alone.
    found = Configuration()
    if kubeconfig is None and context is None and "KUBERNETES_SERVICE_HOST" in os.environ:
        config.load_incluster_config(client_configuration=found)
        return found
    path = kubeconfig or os.environ.get("KUBECONFIG") or KUBECONFIG_DEFAULT
    if not _any_file(path):
        raise NoClusterError(f"there is no kubeconfig at {path}, and this does not run in a cluster: give --kubeconfig")
    await config.load_kube_config(config_file=path, context=context, client_configuration=found, persist_config=False)
    return found


def _any_file(path: str) -> bool:
    return any(Path(part).expanduser().is_file() for part in path.split(os.pathsep) if part)


def _trust(found: Configuration) -> ssl.SSLContext:
    trust = ssl.create_default_context(cafile=found.ssl_ca_cert)
    # Cluster authorities made before RFC 5280 was enforced lack extensions that nobody misses.
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if found.cert_file:
        trust.load_cert_chain(found.cert_file, keyfile=found.key_file)
    if not found.verify_ssl:
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE
    return trust
