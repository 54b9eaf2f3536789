"""The controller of AnalysisRuns. Measurements run beside the workers: a slow Prometheus holds its own run alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tidegate.api.analysis_status import AnalysisRunStatus
from tidegate.core.actions import Delete, Event, Merge, Resource, merge_patch
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.analysis.query import DueMeasurement
from tidegate.core.analysis.reading import (
    MeasurementResult,
    PrometheusQuery,
    ProviderError,
    Reading,
    Trouble,
)
from tidegate.core.analysis.run import RunPlan, plan_run
from tidegate.core.objects import Key
from tidegate.core.world import RunView
from tidegate.observe.kinds import RUN
from tidegate.observe.run import observe_run
from tidegate.observe.store import Store
from tidegate.shell.apply import Applier
from tidegate.shell.errors import ApiError
from tidegate.shell.events import Recorder, Regarding
from tidegate.shell.secrets import SecretReader
from tidegate.shell.tasks import end
from tidegate.shell.telemetry import Telemetry

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Measure = Callable[[PrometheusQuery], Awaitable[Reading]]
Again = Callable[[Key], None]


@dataclass(slots=True)
class _Memory:
    """What is known of a run beyond what is stored of it. A restart loses it, and measures again."""

    uid: str
    status: AnalysisRunStatus
    owed: bool = False
    """The status must be written, and was not yet."""
    finished: list[MeasurementResult] = field(default_factory=list)
    under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict)


class RunController:
    """Reconciles AnalysisRuns. `again` puts a run back into the queue, when a measurement has come in."""

    def __init__(
        self,
        store: Store,
        applier: Applier,
        recorder: Recorder,
        telemetry: Telemetry,
        secrets: SecretReader,
        measure: Measure,
        clock: Clock,
        again: Again,
    ) -> None:
        self._store = store
        self._applier = applier
        self._recorder = recorder
        self._telemetry = telemetry
        self._secrets = secrets
        self._measure = measure
        self._clock = clock
        self._again = again
        self._memory: dict[Key, _Memory] = {}

    async def reconcile(self, key: Key) -> timedelta | None:
        """One pass; see `Controller.reconcile`."""
        run = observe_run(self._store, key)
        if run is None or run.meta.deleting:
            await self._forget(key)
            return None
        memory = await self._remembered(key, run)
        plan = plan_run(replace(run, status=memory.status), self._clock(), memory.finished)
        memory.finished, memory.status, memory.owed = [], plan.status, memory.owed or plan.urgent
        if plan.expired:
            await self._applier.apply((Delete(Resource.RUNS, run.meta),))
            return None
        self._start(key, run, memory, plan)
        await self._write(key, run, memory)
        return None if plan.wake_at is None else plan.wake_at - self._clock()

    async def close(self) -> None:
        """Break off all measurements. They are made again after a restart."""
        for key in tuple(self._memory):
            await self._forget(key)

    async def _remembered(self, key: Key, run: RunView) -> _Memory:
        memory = self._memory.get(key)
        if memory is None or memory.uid != run.meta.uid:
            await self._forget(key)
            memory = self._memory[key] = _Memory(run.meta.uid, run.status)
        return memory

    async def _forget(self, key: Key) -> None:
        memory = self._memory.pop(key, None)
        if memory is not None:
            await end(tuple(memory.under_way.values()))

    def _start(self, key: Key, run: RunView, memory: _Memory, plan: RunPlan) -> None:
        for due in plan.due:
            if due.metric not in memory.under_way:
                work = self._measured(key, run.meta.namespace, memory, due)
                memory.under_way[due.metric] = asyncio.create_task(work, name=f"measure {key.name} {due.metric}")

    async def _measured(self, key: Key, namespace: str, memory: _Memory, due: DueMeasurement) -> None:
        started_at = self._clock()
        try:
            reading = await self._read(namespace, due)
            memory.finished.append(MeasurementResult(due.metric, started_at, self._clock(), reading))
        finally:
            del memory.under_way[due.metric]
        self._again(key)

    async def _read(self, namespace: str, due: DueMeasurement) -> Reading:
        try:
            secrets = await self._secrets.read(namespace, due.secrets)
        except (AnalysisError, ApiError) as error:
            # A Secret that is not there yet holds the release, as a Prometheus that is not there does.
            return ProviderError(Trouble.UNAVAILABLE, f"Secrets can't be read: {error}")
        try:
            return await self._measure(due.query(secrets))
        except AnalysisError as error:
            return ProviderError(Trouble.REFUSED, str(error))
        except Exception as error:
            # A defect of a provider: the run must come to know of it, or it would wait for ever.
            log.exception("a measurement of %s/%s failed", namespace, due.metric)
            return ProviderError(Trouble.UNAVAILABLE, f"internal error: {type(error).__name__}")

    async def _write(self, key: Key, run: RunView, memory: _Memory) -> None:
        patch = merge_patch(_dump(run.status), _dump(memory.status))
        if memory.owed and patch:
            await self._applier.apply((Merge(Resource.RUNS, run.meta, {"status": patch}, status=True),))
            if memory.status.phase.completed and not run.status.phase.completed:
                self._tell_verdict(key, run, memory.status)
        memory.owed = False
        if memory.status.phase.completed:
            await self._forget(key)

    def _tell_verdict(self, key: Key, run: RunView, status: AnalysisRunStatus) -> None:
        self._telemetry.judged(status.phase)
        said = f"{status.phase}: {status.message}" if status.message else str(status.phase)
        context = {"kind": key.kind, "namespace": key.namespace, "object": key.name}
        log.info("the analysis is over: %s", said, extra=context)
        if run.meta.owner_uid is None:
            # A run of a Rollout is told of there.
            regarding = Regarding(RUN.api_version, RUN.name, key.namespace, key.name, run.meta.uid)
            self._recorder.record(regarding, Event(f"Analysis{status.phase}", said))


def _dump(status: AnalysisRunStatus) -> dict[str, Any]:
    return status.model_dump(mode="json", exclude_none=True)
