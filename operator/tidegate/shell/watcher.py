"""kopf as the watcher, and as nothing else: it reports what happens to objects and writes nothing.

The settings have reasons that were measured. kopf's own comparison of each object with its last state costs two thirds
of the time of an event and is not used here; workers that linger keep the last body of every object in memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import kopf

from tidegate.observe.kinds import Kind
from tidegate.shell.connection import Connection
from tidegate.shell.tasks import end

log = logging.getLogger(__name__)

OnEvent = Callable[[Kind, str | None, Mapping[str, Any]], None]
"""Is told of each object: its kind, the watch event's type (None in a list), and the object."""
IDLE_SECONDS = 0.05
EXIT_SECONDS = 0.5
CHUNK = 500
KOPF = Path(kopf.__file__).parent


class _NoDiffBase(kopf.DiffBaseStorage):
    """Remembers nothing of an object, so that kopf neither copies nor compares it."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: Any) -> None:
        """Nothing: it would be a write to the API."""


async def watch(
    connection: Connection,
    served: Iterable[Kind],
    namespace: str | None,
    on_event: OnEvent,
    started: Callable[[], None],
) -> None:
    """Watch `served` until cancelled; `started` is called when kopf has begun. Returns or raises when a watch is over
    for good, which the caller mends by watching anew."""
    tasks = await kopf.spawn_tasks(
        registry=_registry(connection, served, on_event),
        settings=_settings(served),
        clusterwide=namespace is None,
        namespaces=() if namespace is None else (namespace,),
        standalone=True,
    )
    started()
    try:
        # Not kopf.run_tasks: that one cancels every task that was begun after it, measurements and writes included.
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # When one watch fails, kopf leaves those of the other kinds running.
        await end([task for task in asyncio.all_tasks() if _is_watch(task)])
        await end(tasks)
    for task in done:
        task.result()


def _is_watch(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return Path(getattr(code, "co_filename", "")).is_relative_to(KOPF) and task.get_name().startswith("watcher for")


def _registry(connection: Connection, served: Iterable[Kind], on_event: OnEvent) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    for kind in served:
        kopf.on.event(kind.group, kind.version, kind.plural, registry=registry)(_handler(kind, on_event))

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.AiohttpSession:
        # A session of kopf's own over the shared pool: it closes its session when it ends.
        return kopf.AiohttpSession(server=connection.server, aiohttp_session=connection.session())

    return registry


def _handler(kind: Kind, on_event: OnEvent) -> Callable[..., Awaitable[None]]:
    async def handle(event: Any, **_: Any) -> None:
        on_event(kind, event["type"], event["object"])

    return handle


def _settings(served: Iterable[Kind]) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.queueing.idle_timeout = IDLE_SECONDS
    settings.queueing.exit_timeout = EXIT_SECONDS
    settings.watching.chunk_size = CHUNK
    settings.scanning.disabled = True
    settings.posting.enabled = False
    # SIGKILL after a time is the kubelet's business.
    settings.process.ultimate_exiting_timeout = None
    for kind in served:
        if kind.selector:
            settings.watching.label_selectors[kind.group, kind.version, kind.plural] = kind.selector
    return settings
