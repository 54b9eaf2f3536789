"""The parts of the operator, put together. Nothing runs yet."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from tidegate.core.analysis.reading import PrometheusQuery
from tidegate.core.objects import Key
from tidegate.metrics import Provider
from tidegate.observe.decide import decide
from tidegate.observe.kinds import ROLLOUT, RUN, SPLIT, WATCHED, Kind, config_kinds
from tidegate.observe.store import Store
from tidegate.shell.apply import Applier
from tidegate.shell.census import Census
from tidegate.shell.client import Client
from tidegate.shell.connection import Connection
from tidegate.shell.controller import Controller
from tidegate.shell.events import Recorder
from tidegate.shell.health import Check, LoopLag
from tidegate.shell.options import Options
from tidegate.shell.pool import Pool
from tidegate.shell.queue import Priority, Queue
from tidegate.shell.runs import RunController
from tidegate.shell.secrets import SecretReader
from tidegate.shell.source import SWEEP_SECONDS, OnEvent, Source
from tidegate.shell.telemetry import Telemetry
from tidegate.shell.watcher import watch
from tidegate.shell.webhooks import Send, Webhooks

Providers = Mapping[type[PrometheusQuery], Provider]
RESYNC_SECONDS = 900.0
LONGEST_LAG = 10.0
LONGEST_QUEUE = 600.0
LONGEST_WATCH = 3 * SWEEP_SECONDS


@dataclass(frozen=True, slots=True)
class Queues:
    """Rollouts and TrafficSplits have one queue, AnalysisRuns another: hundreds of runs never hold up an abort."""

    releases: Queue[Key]
    runs: Queue[Key]

    def of(self, key: Key) -> Queue[Key]:
        """The queue of a key."""
        return self.runs if key.kind == RUN.name else self.releases

    def wake(self, keys: Iterable[Key], priority: Priority = Priority.LIVE) -> None:
        """Have keys worked on."""
        for key in keys:
            self.of(key).add(key, priority)

    def close(self) -> None:
        """Give out nothing any more."""
        self.releases.close()
        self.runs.close()


@dataclass(frozen=True, slots=True)
class Operator:
    """All parts, ready to run."""

    store: Store
    queues: Queues
    source: Source
    pools: tuple[Pool, ...]
    runs: RunController
    webhooks: Webhooks
    recorder: Recorder
    telemetry: Telemetry
    lag: LoopLag

    async def resync(self) -> None:
        """Look at everything again once in a while, spread over that while: no reason to look is ever lost for good."""
        while True:
            await asyncio.sleep(RESYNC_SECONDS)
            for kind in (ROLLOUT, SPLIT, RUN):
                for key in self.store.keys(kind.name):
                    self.queues.of(key).add_after(key, random.random() * RESYNC_SECONDS)  # noqa: S311

    def live(self) -> Mapping[str, Check]:
        """What must hold, or the process is better started again."""
        return {
            "event loop": lambda: _over(self.lag.seconds, LONGEST_LAG, "the event loop is late by"),
            "queue": lambda: _over(self.queues.releases.age, LONGEST_QUEUE, "the oldest key has waited for"),
            "watch": lambda: _over(self.source.age, LONGEST_WATCH, "nothing was heard of the cluster for"),
        }

    def ready(self) -> Mapping[str, Check]:
        """What must hold before the operator does its work."""
        return {"caches": self._sync_problem}

    def _sync_problem(self) -> str:
        if self.source.synced.is_set():
            return ""
        missing = "; ".join(f"{kind.name}: {reason}" for kind, reason in self.source.census.missing.items())
        return f"the cluster is not known yet ({missing or 'listing'})"


def assemble(
    options: Options,
    connection: Connection,
    session: aiohttp.ClientSession,
    providers: Providers,
    send: Send,
    on_start: Callable[[], None],
) -> Operator:
    """Make all parts. `send` makes the calls of other systems; `on_start` is called whenever the watch begins."""
    store = Store(
        names_proven=options.names_proven,
        config_kinds=options.versioned_config,
        secrets_need_label=options.secrets_need_label,
    )
    telemetry = Telemetry(store)
    client = Client(session, connection.server, telemetry.requested)
    queues = Queues(Queue(), Queue())
    applier = Applier(client, store, queues.wake, secrets_need_label=options.secrets_need_label)
    recorder = Recorder(client, socket.gethostname())
    secrets = SecretReader(client, options.secrets_need_label)
    webhooks = Webhooks(store, secrets, send, now, queues.releases.add)
    controller = Controller(store, decide, applier, recorder, telemetry, webhooks, now)
    runs = RunController(
        store,
        applier,
        recorder,
        telemetry,
        secrets,
        providers[PrometheusQuery].measure,
        now,
        queues.runs.add,
    )

    async def watch_all(served: tuple[Kind, ...], on_event: OnEvent) -> None:
        await watch(connection, served, options.namespace, on_event, on_start)

    watched = WATCHED + config_kinds(options.versioned_config, secrets_need_label=options.secrets_need_label)
    source = Source(Census(client, store, options.namespace), store, watch_all, queues.wake, watched)
    pools = (
        Pool(queues.releases, controller.reconcile, options.workers, telemetry),
        Pool(queues.runs, runs.reconcile, options.workers, telemetry),
    )
    operator = Operator(store, queues, source, pools, runs, webhooks, recorder, telemetry, LoopLag())
    _measure(operator, watched)
    return operator


def now() -> datetime:
    """The clock of the operator: the one place where a decision's time comes from."""
    return datetime.now(UTC)


def _measure(operator: Operator, watched: Iterable[Kind]) -> None:
    queues, gauge = {"releases": operator.queues.releases, "runs": operator.queues.runs}, operator.telemetry.gauge
    depth = {name: queue.__len__ for name, queue in queues.items()}
    gauge("queue_depth", "Keys that wait for a worker", "queue", depth)
    age = {name: (lambda queue=queue: queue.age) for name, queue in queues.items()}
    gauge("queue_age_seconds", "How long the oldest key has waited", "queue", age)
    objects = {kind.name: (lambda name=kind.name: len(operator.store.keys(name))) for kind in watched}
    gauge("objects", "Objects that are known", "kind", objects)
    state = {
        "watch_age_seconds": lambda: operator.source.age,
        "synced": lambda: float(operator.source.synced.is_set()),
        "loop_lag_seconds": lambda: operator.lag.seconds,
        "events_dropped": lambda: operator.recorder.dropped,
    }
    gauge("operator", "State of the operator itself", "state", state)


def _over(seconds: float, limit: float, what: str) -> str:
    return f"{what} {seconds:.0f} s" if seconds > limit else ""
