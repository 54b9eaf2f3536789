"""Watches a release on the model cluster and writes its timeline."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tidegate.api.meta import time_text
from tidegate.api.rollout import RolloutSpec
from tidegate.api.rollout_status import Phase, RolloutStatus
from tidegate.cli import words
from tidegate.cli.simulation.measuring import holding
from tidegate.cli.simulation.timeline import Course, Kind, Row, Size, moment
from tidegate.core.actions import Plan
from tidegate.core.objects import Key
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.world import HASH_LABEL, RUN_ROLE, RunRole
from tidegate.model import Cluster
from tidegate.model.objects import merged

Raw = dict[str, Any]
BLINK = 0.5
"""Seconds."""
_TRIES = ("AnalysisUndecided", "PodsNotAvailable", "EndpointsNotReady")
"""Waits whose end by time is another try, or a word that it takes too long."""


class Recorder:
    """Of one Rollout, from `began` on."""

    def __init__(self, cluster: Cluster, key: Key) -> None:
        self._cluster = cluster
        self._key = key
        self._began = cluster.clock.now
        self._heard = len(cluster.events)
        self._progress: object = None
        self._progress_at = cluster.clock.now
        self._told: set[object] = set()
        raw = cluster.api.get(key)
        self._steps = _steps(raw["spec"])
        status = RolloutStatus.model_validate(raw.get("status") or {})
        # One that is under way goes on: it is the release that is told of.
        before = -1 if status.history and status.history[-1].finished_at is None else status.current_revision
        self.course = Course(key.namespace, key.name, before, status=status)
        cluster.watch_decisions(self._decided)

    def note(self, says: str) -> None:
        """Write a row of the simulation's own."""
        self._tell(says, self._cluster.clock.now)

    def events(self) -> None:
        """Write what was said since the last look."""
        for said in self._cluster.events[self._heard :]:
            if said.key == self._key:
                self._tell(f"{said.event.reason}: {said.event.message}", said.at)
        self._heard = len(self._cluster.events)

    def stands_still(self, patience: timedelta) -> bool:
        """Whether there was no progress for so long, and the wait has no end of its own."""
        if self._cluster.clock.now - self._progress_at <= patience:
            return False
        wait = self.course.status.waiting_for
        if wait is not None and wait.reason == "Analysis":
            self.course.held_by = self._holding()
            return bool(self.course.held_by)
        return wait is None or wait.until is None or wait.reason in _TRIES

    def _holding(self) -> str:
        labels = {RUN_ROLE: RunRole.STEP.value, HASH_LABEL: self.course.status.current_pod_hash}
        runs = self._cluster.api.list("AnalysisRun", self._key.namespace)
        ours = (run for run in runs if labels.items() <= run["metadata"].get("labels", {}).items())
        return next(filter(None, map(holding, ours)), "")

    def leaving(self) -> bool:
        """Whether pods of a version that has no traffic are still to go."""
        new, old = self._sizes()
        return self.course.ended and bool(old.wanted if self.course.promoted else new.wanted)

    def end(self) -> None:
        """Write the last row: how it is when nothing happens any more."""
        self.events()
        self._add(self.course.verdict)

    def _decided(self, key: Key, plan: Plan) -> None:
        if key != self._key:
            return
        self.course.status = status = self._status(plan)
        self.events()
        progress = (
            status.current_revision,
            status.current_step_index,
            status.abort,
            self._weights(),
            self.course.outcome,
        )
        if progress != self._progress:
            self._progress, self._progress_at, self._told = progress, self._cluster.clock.now, set()
        # An analysis that can't decide is made again and again: once is told.
        state = (status.phase, status.waiting_for and status.waiting_for.reason)
        # Before it begins there is to tell what it waits for, and no more.
        there = self.course.begun or status.waiting_for is not None
        if there and state not in self._told and state[1] != "StepCompleted":
            self._told.add(state)
            self._add(self._says())

    def _says(self) -> str:
        status, wait = self.course.status, self.course.status.waiting_for
        if wait is None or status.phase is Phase.DEGRADED:
            return status.message
        return (
            wait.message.replace(time_text(wait.until), moment(self._seconds(wait.until)))
            if wait.until
            else wait.message
        )

    def _status(self, plan: Plan) -> RolloutStatus:
        raw = self._cluster.api.get(self._key)
        return RolloutStatus.model_validate(merged(raw, plan.status.patch if plan.status else {}).get("status") or {})

    def _add(self, says: str) -> None:
        asked, seen = self._weights()
        new, old = self._sizes()
        row = Row(
            seconds=self._seconds(self._cluster.clock.now),
            phase=self.course.status.phase or "",
            step=self._step(),
            new=new,
            old=old,
            asked=asked,
            seen=seen,
            says=says,
        )
        rows = self.course.rows
        # A weight is asked for, written, taken over: within a blink it is one thing.
        if (
            rows
            and rows[-1].kind is Kind.STATE
            and rows[-1].step == row.step
            and row.seconds - rows[-1].seconds < BLINK
        ):
            rows.pop()
        rows.append(row)

    def _tell(self, says: str, at: datetime) -> None:
        self.course.rows.append(Row(self._seconds(at), self.course.status.phase or "", says=says, kind=Kind.EVENT))

    def _seconds(self, moment: datetime) -> float:
        return round((moment - self._began).total_seconds(), 3)

    def _weights(self) -> tuple[float | None, float | None]:
        weights = self.course.status.canary.weights
        return (weights.percent_asked, weights.percent_seen) if weights else (None, None)

    def _sizes(self) -> tuple[Size, Size]:
        new = old = Size()
        for raw in self._cluster.api.list("ReplicaSet", self._key.namespace):
            if raw["metadata"]["ownerReferences"][0]["name"] == self._key.name:
                status, wanted = raw.get("status") or {}, raw["spec"].get("replicas", 1)
                size = Size(min(wanted, status.get("readyReplicas", 0)), wanted)
                current = raw["metadata"]["labels"].get(HASH_LABEL) == self.course.status.current_pod_hash
                if current and self.course.begun:
                    new = size
                else:
                    old = Size(old.ready + size.ready, old.wanted + size.wanted)
        return new, old

    def _step(self) -> str:
        index = self.course.status.current_step_index
        if index is None or index >= len(self._steps) or self.course.status.abort:
            return ""
        return f"{index + 1}/{len(self._steps)} {self._steps[index]}"


def _steps(spec: Raw) -> list[str]:
    """The steps in words; those of blue/green, too."""
    steps = strategy_of(RolloutSpec.model_validate(spec)).steps
    return [words.step(step.model_dump(mode="json", by_alias=True, exclude_none=True)) for step in steps]
