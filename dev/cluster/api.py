"""The few calls that the supervisor itself makes to the API server, as admin."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

_POLL = 0.05
_ESTABLISH_SECONDS = 20.0
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class ApiError(RuntimeError):
    """The API server refused something that the cluster is built from."""


class Api:
    """JSON in and out at one API server."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def is_ready(self) -> bool:
        """Whether the API server answers and says that it is ready."""
        try:
            async with self._session.get("/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def get(self, path: str) -> Mapping[str, Any] | None:
        """The object or list at `path`, None where there is none (yet)."""
        async with self._session.get(path) as answer:
            return await answer.json() if answer.status == 200 else None

    async def apply(self, path: str, manifest: str) -> None:
        """Server-side apply of one object. Raises ApiError with the server's message."""
        headers = {"content-type": "application/apply-patch+yaml"}
        query = {"fieldManager": "local-cluster", "force": "true"}
        async with self._session.patch(path, params=query, data=manifest.encode(), headers=headers) as answer:
            if answer.status >= 300:
                said = await answer.json(content_type=None)
                raise ApiError(f"the API server refuses {path.rsplit('/', 1)[1]}: {said['message']}")

    async def apply_object(self, collection: str, manifest: Mapping[str, Any]) -> None:
        """Server-side apply of `manifest` into the collection, such as `/api/v1/nodes`."""
        await self.apply(f"{collection}/{manifest['metadata']['name']}", json.dumps(manifest))

    async def apply_crds(self, content: str) -> None:
        """Apply the CustomResourceDefinitions in the YAML text and wait until they are served."""
        documents = re.split(r"^---\s*$", content, flags=re.MULTILINE)
        crds = {name: text for text in documents if (name := _crd_name(text))}
        await asyncio.gather(*(self.apply(f"{_CRDS}/{name}", text) for name, text in crds.items()))
        async with asyncio.timeout(_ESTABLISH_SECONDS):
            while not crds.keys() <= await self._served():  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(_POLL)

    async def _served(self) -> set[str]:
        """The custom resources that can be used, by the names of their definitions."""
        async with self._session.get("/apis", headers={"accept": _DISCOVERY}) as answer:
            groups = (await answer.json(content_type=None))["items"]
        return {
            f"{resource['resource']}.{group['metadata']['name']}"
            for group in groups
            for version in group["versions"]
            for resource in version.get("resources", ())
        }


def condition(raw: Mapping[str, Any], kind: str) -> str | None:
    """The status of a condition of an object, None when the condition is not there."""
    found = (item for item in raw.get("status", {}).get("conditions") or () if item["type"] == kind)
    return next((str(item["status"]) for item in found), None)


def _crd_name(text: str) -> str | None:
    """The name in a CRD's text, None for other objects. Parsing half a megabyte of YAML costs seconds."""
    found = re.search(r"^metadata:\n(?:[ ]+.*\n)*?  name: (\S+)$", text, re.MULTILINE)
    return found.group(1) if found and "kind: CustomResourceDefinition" in text else None


@asynccontextmanager
async def connect(url: str, authority: Path, token: str) -> AsyncIterator[Api]:
    """An Api with its own session."""
    context = ssl.create_default_context(cafile=str(authority))
    headers = {"authorization": f"Bearer {token}"}
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(url, headers=headers, connector=connector) as session:
        yield Api(session)


def load_objects(name: str) -> list[dict[str, Any]]:
    """The objects of a file of the folder `objects`."""
    return list(yaml.safe_load_all((Path(__file__).parent / "objects" / name).read_text()))
