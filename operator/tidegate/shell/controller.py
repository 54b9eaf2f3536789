"""One pass over one object: decide, apply, write the status when it is due, say what was decided."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from tidegate.api.meta import API_VERSION
from tidegate.core.actions import Event, Plan
from tidegate.core.objects import Key
from tidegate.observe.kinds import ROLLOUT
from tidegate.observe.store import Store
from tidegate.shell.apply import Applier, RefusedError
from tidegate.shell.events import Recorder, Regarding
from tidegate.shell.lag import StatusLag
from tidegate.shell.telemetry import Telemetry
from tidegate.shell.webhooks import Webhooks

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Decide = Callable[[Store, Key, datetime], Plan | None]
NOW = timedelta(0)


class Controller:
    """Reconciles Rollouts and TrafficSplits. Holds nothing that a restart would miss."""

    def __init__(
        self,
        store: Store,
        decide: Decide,
        applier: Applier,
        recorder: Recorder,
        telemetry: Telemetry,
        webhooks: Webhooks,
        clock: Clock,
    ) -> None:
        self._store = store
        self._decide = decide
        self._applier = applier
        self._recorder = recorder
        self._telemetry = telemetry
        self._webhooks = webhooks
        self._clock = clock
        self._lag = StatusLag()

    async def reconcile(self, key: Key) -> timedelta | None:
        """One pass. Returns in how long to look again; None when only a change is a reason to.

        Raises ConflictError when the world has changed meanwhile, and RefusedError or UnavailableError when the API
        server would not or could not: each of them asks for another try, later.
        """
        plan = self._decide(self._store, key, self._clock())
        if plan is None:
            self._forget(key)
            return None
        try:
            await self._applier.apply(plan.actions)
        except RefusedError as error:
            await self._tell_refusal(key, str(error))
            raise
        wait = await self._report(key, plan)
        self._webhooks.keep(key, plan.call)
        if self._store.note_apply_error(key, ""):
            # What was refused was taken after all: the status still says otherwise.
            return NOW
        return _earliest(wait, self._until(plan.wake_at))

    async def _report(self, key: Key, plan: Plan) -> timedelta | None:
        """Write the status unless it may wait, then say what was decided. What waits is decided and said again."""
        wait = self._lag.wait(key, plan, self._clock())
        if wait is not None:
            return wait
        await self._tell(key, plan)
        return None

    async def _tell(self, key: Key, plan: Plan) -> None:
        before = self._store.rollouts.get(key.namespace, key.name)
        if plan.status is not None:
            await self._applier.apply((plan.status,))
            self._lag.forget(key)
        self._telemetry.passed(before, self._store.rollouts.get(key.namespace, key.name))
        for event in plan.events:
            self._say(key, event)

    async def _tell_refusal(self, key: Key, message: str) -> None:
        """Decide again with the refusal in view, for the words alone: its author must get to know of it."""
        if self._store.note_apply_error(key, message):
            self._say(key, Event("Refused", message, warning=True))
        plan = self._decide(self._store, key, self._clock())
        if plan is not None and plan.status is not None:
            await self._tell(key, plan)

    def _say(self, key: Key, event: Event) -> None:
        level = logging.WARNING if event.warning else logging.INFO
        log.log(level, "%s: %s", event.reason, event.message, extra=self._context(key))
        meta = self._store.meta(key)
        if meta is not None:
            self._recorder.record(Regarding(API_VERSION, key.kind, key.namespace, key.name, meta.uid), event)

    def _context(self, key: Key) -> dict[str, object]:
        """What every line of log bears."""
        view = self._store.rollouts.get(key.namespace, key.name)
        found: dict[str, object] = {"kind": key.kind, "namespace": key.namespace, "object": key.name}
        if view is not None:
            found |= {"revision": view.status.current_revision, "step": view.status.current_step_index}
        return found

    def _forget(self, key: Key) -> None:
        self._lag.forget(key)
        self._webhooks.forget(key)
        self._store.note_apply_error(key, "")
        if key.kind == ROLLOUT.name:
            self._telemetry.forget(key.namespace, key.name)

    def _until(self, at: datetime | None) -> timedelta | None:
        return None if at is None else at - self._clock()


def _earliest(*times: timedelta | None) -> timedelta | None:
    return min((time for time in times if time is not None), default=None)
