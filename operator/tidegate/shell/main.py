"""The operator as a process: started in order, stopped in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Coroutine
from typing import Any

import aiohttp

from tidegate.metrics import open_providers
from tidegate.shell import health
from tidegate.shell.assembly import Operator, assemble
from tidegate.shell.connection import NoClusterError, connect
from tidegate.shell.logs import LogFormat, set_up
from tidegate.shell.options import Options
from tidegate.shell.tasks import end
from tidegate.shell.webhook_sender import Sender

__all__ = ["LogFormat", "NoClusterError", "Options", "run"]

log = logging.getLogger(__name__)

DRAIN_SECONDS = 8.0
FLUSH_SECONDS = 3.0
GC_THRESHOLDS = (50_000, 50, 100)
"""The cyclic collector takes more than half of the time of JSON otherwise, and finds nothing: views have no cycles."""


def run(options: Options) -> None:
    """Run the operator until SIGTERM or SIGINT.

    Raises NoClusterError when nothing says where the API server is, and OSError when the port of /readyz is taken.
    """
    set_up(options.log_format)
    gc.set_threshold(*GC_THRESHOLDS)
    asyncio.run(_run(options))


async def _run(options: Options) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    connection = await connect(options.kubeconfig, options.context)
    providers = open_providers(prometheus_address=options.prometheus_address, allowed_hosts=options.allowed_hosts)
    sender = Sender(options.allowed_hosts)
    try:
        async with connection.session() as session:
            # kopf takes the signals for itself whenever it starts: take them back.
            operator = assemble(options, connection, session, providers, sender.send, lambda: _stop_on_signals(stop))
            await _operate(operator, options, stop)
    finally:
        for provider in providers.values():
            await provider.close()
        await sender.close()
        await connection.close()
    log.info("stopped")


def _stop_on_signals(stop: asyncio.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


async def _operate(operator: Operator, options: Options, stop: asyncio.Event) -> None:
    app = health.application(operator.live(), operator.ready(), operator.telemetry.registry)
    server = await health.serve(app, options.health_host or None, options.health_port)
    log.info("looking after %s; health on port %d", options.namespace or "all namespaces", options.health_port)
    background = [
        _task(operator.lag.run()),
        _task(operator.recorder.run()),
        _task(operator.source.run()),
        _task(operator.resync()),
    ]
    work = _task(_work(operator))
    stopping = _task(stop.wait())
    try:
        done, _ = await asyncio.wait({*background, work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        await _stop(operator, work)
    finally:
        await end([*background, work, stopping])
        await server.cleanup()
    for task in done:
        task.result()


async def _work(operator: Operator) -> None:
    await operator.source.synced.wait()
    log.info("the cluster is known: %d Rollouts", len(operator.store.rollouts))
    # What is known by now lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    async with asyncio.TaskGroup() as pools:
        for pool in operator.pools:
            pools.create_task(pool.run())


async def _stop(operator: Operator, work: asyncio.Task[None]) -> None:
    """Take on nothing, finish what was begun, break off measurements and calls, send the Events that are left."""
    operator.queues.close()
    if operator.source.synced.is_set():
        await asyncio.wait({work}, timeout=DRAIN_SECONDS)
    await operator.runs.close()
    await operator.webhooks.close()
    try:
        await asyncio.wait_for(operator.recorder.flush(), FLUSH_SECONDS)
    except (TimeoutError, aiohttp.ClientError):
        log.warning("some Events could not be sent")


def _task(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.create_task(work)
