"""Tasks that live and end together."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, NoReturn


async def first_of(*coroutines: Coroutine[Any, Any, Any]) -> None:
    """Run all of them until the first ends, then end the others. Raises what the first one raised."""
    tasks = [asyncio.create_task(each) for each in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(tasks)
    for task in done:
        task.result()


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel `tasks` and wait until they are gone."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def forever() -> NoReturn:
    """Wait until cancelled."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets this event")
