"""The controller of AnalysisRuns: it measures, and keeps between two writes what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tidegate.api.analysis import AnalysisRunStatus
from tidegate.core.actions import Action, Delete, Merge, Resource, merge_patch
from tidegate.core.analysis.query import DueMeasurement
from tidegate.core.analysis.reading import MeasurementResult, PrometheusQuery, Reading
from tidegate.core.analysis.run import plan_run
from tidegate.core.objects import Key
from tidegate.core.world import RunView
from tidegate.model.clock import Clock
from tidegate.model.weather import Weather
from tidegate.observe.run import observe_run
from tidegate.observe.store import Store

SECRET_VALUE = "of the model"  # noqa: S105 - it is none
"""The value of every Secret: the model holds none."""


@dataclass(slots=True)
class _Memory:
    """What is known of a run beyond what is stored of it. A restart loses it, and measures again."""

    uid: str
    status: AnalysisRunStatus
    owed: bool = False
    """The status must be written, and was not yet."""
    finished: list[MeasurementResult] = field(default_factory=list)
    under_way: set[str] = field(default_factory=set)


class Runs:
    """Plans runs and measures for them. `again` puts a run back into the queue, when a measurement has come in."""

    def __init__(
        self,
        clock: Clock,
        weather: Weather,
        store: Store,
        measure: Callable[[PrometheusQuery], Reading],
        again: Callable[[Key], None],
    ) -> None:
        self._clock = clock
        self._weather = weather
        self._store = store
        self._measure = measure
        self._again = again
        self._memory: dict[Key, _Memory] = {}

    def look(self, key: Key) -> tuple[Action | None, datetime | None]:
        """One pass over a run: what to write, and when to look again."""
        run = observe_run(self._store, key)
        if run is None:
            self._memory.pop(key, None)
            return None, None
        memory = self._remembered(key, run)
        plan = plan_run(replace(run, status=memory.status), self._clock.now, memory.finished)
        memory.finished, memory.status, memory.owed = [], plan.status, memory.owed or plan.urgent
        if plan.expired:
            return Delete(Resource.RUNS, run.meta), None
        for due in plan.due:
            self._start(key, memory, due)
        return self._write(run, memory), plan.wake_at

    def written(self, key: Key) -> None:
        """What `look` asked to be written is written, or there was nothing to write."""
        memory = self._memory.get(key)
        if memory is not None:
            memory.owed = False
            if memory.status.phase.completed:
                del self._memory[key]

    def _remembered(self, key: Key, run: RunView) -> _Memory:
        memory = self._memory.get(key)
        if memory is None or memory.uid != run.meta.uid:
            memory = self._memory[key] = _Memory(run.meta.uid, run.status)
        return memory

    def _start(self, key: Key, memory: _Memory, due: DueMeasurement) -> None:
        if due.metric not in memory.under_way:
            memory.under_way.add(due.metric)
            began = self._clock.now
            self._clock.after(self._weather.measure_seconds, lambda: self._finish(key, memory, due, began))

    def _finish(self, key: Key, memory: _Memory, due: DueMeasurement, began: datetime) -> None:
        memory.under_way.discard(due.metric)
        reading = self._measure(due.query(dict.fromkeys(due.secrets, SECRET_VALUE)))
        memory.finished.append(MeasurementResult(due.metric, began, self._clock.now, reading))
        self._again(key)

    def _write(self, run: RunView, memory: _Memory) -> Action | None:
        patch = merge_patch(_dump(run.status), _dump(memory.status)) if memory.owed else {}
        return Merge(Resource.RUNS, run.meta, {"status": patch}, status=True) if patch else None


def _dump(status: AnalysisRunStatus) -> Mapping[str, Any]:
    return status.model_dump(mode="json", exclude_none=True)
