"""The operator in virtual time: the same store and the same decisions as the real one, around them a loop like its own.

Everything that takes time there takes time here, so that things happen in between: an event comes while a plan is
being applied, a write meets a newer object, the process ends between two writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from tidegate.api.config import ConfigKind
from tidegate.core.actions import Action, CopyConfig, Event, MarkPods, Plan, RestartPods
from tidegate.core.analysis.reading import PrometheusQuery, Reading
from tidegate.core.objects import Key
from tidegate.model.api import ApiServer
from tidegate.model.apply import ConflictError, RefusedError, UnavailableError, key_of_action, restart, write
from tidegate.model.clock import Clock
from tidegate.model.events import Recorder
from tidegate.model.loop import Loop, Steps
from tidegate.model.runs import Runs
from tidegate.model.watching import Watch
from tidegate.model.weather import Fate, Weather
from tidegate.model.webhooks import OtherSystems, Webhooks
from tidegate.observe import kinds
from tidegate.observe.decide import decide
from tidegate.observe.store import RECONCILED, Store


class Operator:
    """One process. It is born, lists, watches, decides; after `kill` it does nothing any more."""

    def __init__(
        self,
        api: ApiServer,
        clock: Clock,
        weather: Weather,
        measure: Callable[[PrometheusQuery], Reading],
        others: OtherSystems,
        recorder: Recorder,
        died: Callable[[Operator], None],
        decided: Callable[[Key, Plan], None],
        *,
        names_proven: bool,
    ) -> None:
        self.name = recorder.by
        self._api = api
        self._clock = clock
        self._weather = weather
        self._recorder = recorder
        self._died = died
        self._decided = decided
        self._store = Store(names_proven=names_proven, config_kinds=ConfigKind)
        self._lag: dict[Key, datetime] = {}
        self._loop = Loop(clock, weather, self._pass)
        self._runs = Runs(clock, weather, self._store, measure, lambda key: self._loop.wake((key,)))
        self._webhooks = Webhooks(clock, self._store, others, lambda key: self._loop.wake((key,)))
        self._watch = Watch(api, clock, weather, self._store, self._loop.wake)
        self._watch.start()
        for kind in sorted(RECONCILED):
            self._loop.wake(self._store.keys(kind))

    def kill(self) -> None:
        """SIGKILL: what it had in memory is gone."""
        self._loop.stop()
        self._watch.stop()

    def _pass(self, key: Key) -> Steps:
        if key.kind == kinds.RUN.name:
            yield from self._look_at_run(key)
            return
        plan = decide(self._store, key, self._clock.now)
        if plan is not None:
            self._decided(key, plan)
            yield from self._carry_out(key, plan)

    def _look_at_run(self, key: Key) -> Steps:
        action, wake_at = self._runs.look(key)
        if action is not None:
            yield from self._apply((action,))
        self._runs.written(key)
        self._loop.wake_at(key, wake_at)

    def _carry_out(self, key: Key, plan: Plan) -> Steps:
        try:
            yield from self._apply(plan.actions)
        except RefusedError as error:
            yield from self._tell_refusal(key, str(error))
            raise
        yield from self._report(key, plan)
        self._webhooks.keep(key, plan.call)
        if self._store.note_apply_error(key, ""):
            self._loop.wake((key,))
        self._loop.wake_at(key, plan.wake_at)

    def _report(self, key: Key, plan: Plan) -> Steps:
        """A status that holds no decision may wait; what it would have told is then decided and told again."""
        if plan.status is not None and not plan.urgent:
            due = self._lag.setdefault(key, self._clock.now + plan.lag)
            if due > self._clock.now:
                self._loop.wake_at(key, due)
                return
        if plan.status is not None:
            yield from self._apply((plan.status,))
        self._lag.pop(key, None)
        self._say(key, plan.events)

    def _tell_refusal(self, key: Key, message: str) -> Steps:
        if self._store.note_apply_error(key, message):
            self._say(key, (Event("Refused", message, warning=True),))
        plan = decide(self._store, key, self._clock.now)
        if plan is not None and plan.status is not None:
            yield from self._apply((plan.status,))

    def _apply(self, actions: Iterable[Action]) -> Steps:
        for action in actions:
            yield
            self._write(action)

    def _write(self, action: Action) -> None:
        if isinstance(action, CopyConfig | MarkPods):
            self._write_unwatched(action)
            return
        if isinstance(action, RestartPods):
            self._restart(action)
            return
        fate = self._weather.fate()
        if fate is Fate.LOST:
            raise UnavailableError
        key = key_of_action(action)
        try:
            reply = write(self._api, action, self.name)
        except ConflictError:
            if self._api.find(key) is None:
                self._loop.wake(self._store.evict(key))
            raise
        if self._survives(fate):
            self._loop.wake(self._store.ingest(key.kind, "MODIFIED", reply) if reply else self._store.evict(key))

    def _write_unwatched(self, action: CopyConfig | MarkPods) -> None:
        """Nothing fails where nothing is written: a life that ends after its first write must get beyond this one."""
        before = len(self._api.calls)
        write(self._api, action, self.name)
        if len(self._api.calls) > before:
            self._survives(self._weather.fate())

    def _restart(self, action: RestartPods) -> None:
        before = len(self._api.calls)
        progress = restart(self._api, action, self.name)
        if len(self._api.calls) == before or self._survives(self._weather.fate()):
            replicaset = Key(kinds.REPLICASET.name, action.meta.namespace, action.meta.name)
            self._loop.wake(self._store.note_restart(replicaset, progress))

    def _survives(self, fate: Fate) -> bool:
        """Whether the operator goes on after a write. Raises UnavailableError when it doesn't get to know of it."""
        if fate is Fate.KILLED:
            self.kill()
            self._died(self)
        elif fate is not Fate.DONE:
            raise UnavailableError
        return fate is Fate.DONE

    def _say(self, key: Key, events: Iterable[Event]) -> None:
        if self._loop.running:
            self._recorder.record(key, events)
