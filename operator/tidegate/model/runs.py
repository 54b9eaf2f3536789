"""The controller of AnalysisRuns: it measures, and keeps between two writes what was measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tidegate.api.analysis import AnalysisRunStatus
from tidegate.core.actions import Action, Delete, Merge, Resource, merge_patch
from tidegate.core.analysis.query import DueMeasurement
from tidegate.core.analysis.reading import MeasurementResult, PrometheusQuery, Reading
from tidegate.core.analysis.run import RunPlan, plan_run
from tidegate.core.world import Key, RunView
from tidegate.model.clock import Clock
from tidegate.model.weather import Weather
from tidegate.observe.run import observe_run
from tidegate.observe.store import Store


class Runs:
    """What is in memory of the runs: statuses not written yet, measurements in flight, results not looked at."""

    def __init__(
        self,
        clock: Clock,
        weather: Weather,
        store: Store,
        measure: Callable[[PrometheusQuery], Reading],
        enqueue: Callable[[Key], None],
    ) -> None:
        self._clock = clock
        self._weather = weather
        self._store = store
        self._measure = measure
        self._enqueue = enqueue
        self._kept: dict[Key, AnalysisRunStatus] = {}
        self._in_flight: set[tuple[Key, str]] = set()
        self._results: dict[Key, list[MeasurementResult]] = defaultdict(list)
        self._open = True

    def stop(self) -> None:
        """The process is gone: no answer is waited for any more."""
        self._open = False

    def look(self, key: Key) -> tuple[Action | None, datetime | None]:
        """One pass over a run: what to write, and when to look again."""
        stored = observe_run(self._store, key)
        if stored is None:
            self._forget(key)
            return None, None
        kept = self._kept.get(key)
        run = replace(stored, status=kept) if kept is not None and not stored.status.phase.completed else stored
        plan = plan_run(run, self._clock.now, tuple(self._results.pop(key, ())))
        self._kept[key] = plan.status
        for due in plan.due:
            self._start(key, due)
        return _write(stored, plan), plan.wake_at

    def _forget(self, key: Key) -> None:
        self._kept.pop(key, None)
        self._results.pop(key, None)

    def _start(self, key: Key, due: DueMeasurement) -> None:
        if (key, due.metric) not in self._in_flight:
            self._in_flight.add((key, due.metric))
            began = self._clock.now
            self._clock.after(self._weather.measure_seconds, lambda: self._finish(key, due, began))

    def _finish(self, key: Key, due: DueMeasurement, began: datetime) -> None:
        if self._open:
            self._in_flight.discard((key, due.metric))
            reading = self._measure(due.query({}))
            self._results[key].append(MeasurementResult(due.metric, began, self._clock.now, reading))
            self._enqueue(key)


def _write(stored: RunView, plan: RunPlan) -> Action | None:
    if plan.expired:
        return Delete(Resource.RUNS, stored.meta)
    patch = merge_patch(_dump(stored.status), _dump(plan.status)) if plan.urgent else {}
    return Merge(Resource.RUNS, stored.meta, {"status": patch}, status=True) if patch else None


def _dump(status: AnalysisRunStatus) -> Mapping[str, Any]:
    return status.model_dump(mode="json", exclude_none=True)
