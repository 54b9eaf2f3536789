"""Follows the pods of the cluster."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from dev.cluster.pods import Addresses, Pod, view

_PODS = "/api/v1/pods"
_PAUSE = 0.2
# A watch may end for many reasons and none is worth a crash: the next list tells what was missed.
_ENDS = (aiohttp.ClientError, TimeoutError, ValueError, KeyError)
Changed = Callable[[], Awaitable[None]]


async def follow(session: aiohttp.ClientSession, addresses: Addresses, changed: Changed) -> None:
    """Keep `addresses` as the API server has them, and call `changed` after each change. Never returns."""
    while True:
        try:
            version = await _list(session, addresses)
            await changed()
            await _watch(session, version, addresses, changed)
        except _ENDS as error:
            print(f"the watch on pods ended, it begins anew: {error!r}", flush=True)
        await asyncio.sleep(_PAUSE)


async def _list(session: aiohttp.ClientSession, addresses: Addresses) -> str:
    async with session.get(_PODS, raise_for_status=True) as answer:
        listed = await answer.json()
    addresses.replace(pod for pod in map(view, listed["items"]) if pod)
    return str(listed["metadata"]["resourceVersion"])


async def _watch(session: aiohttp.ClientSession, version: str, addresses: Addresses, changed: Changed) -> None:
    query = {"watch": "1", "resourceVersion": version}
    forever = aiohttp.ClientTimeout(total=None)
    async with session.get(_PODS, params=query, timeout=forever, raise_for_status=True) as answer:
        async for line in answer.content:
            if _apply(json.loads(line), addresses):
                await changed()


def _apply(event: Mapping[str, Any], addresses: Addresses) -> bool:
    """Take one event in. False where it says nothing about an address. Raises ValueError at an error event."""
    if event["type"] == "ERROR":
        raise ValueError(event["object"].get("message"))
    pod: Pod | None = view(event["object"])
    if pod is None:
        return False
    if event["type"] == "DELETED" or _is_over(event["object"]):
        addresses.remove(pod)
    else:
        addresses.put(pod)
    return True


def _is_over(raw: Mapping[str, Any]) -> bool:
    """Whether the pod has ended: it keeps its object, not its address."""
    return raw["status"].get("phase") in ("Succeeded", "Failed")
