"""A pass, from the decision to the writes, and what becomes of it when one of them fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from prometheus_client import generate_latest

from tests.unit.observe import raws
from tests.unit.observe.raws import NAMESPACE
from tests.unit.shell.api_server import ApiServer, fails, says, serving
from tidegate.api.webhook import Webhook
from tidegate.core.actions import STATUS_LAG, Action, Create, Event, Merge, Plan, Resource
from tidegate.core.objects import Key
from tidegate.core.webhook.call import WebhookCall, build_call
from tidegate.observe.fields import meta_view
from tidegate.observe.store import Store
from tidegate.shell.apply import Applier, RefusedError
from tidegate.shell.client import Client
from tidegate.shell.controller import Controller
from tidegate.shell.errors import ConflictError
from tidegate.shell.events import Recorder, Regarding
from tidegate.shell.pool import Pool
from tidegate.shell.queue import Queue
from tidegate.shell.telemetry import Telemetry
from tidegate.shell.webhooks import Webhooks

KEY = Key("Rollout", NAMESPACE, "web")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RAW = raws.rollout(status={"currentRevision": 3, "currentStepIndex": 2})
REPLICASET = raws.replicaset("web-abc", "abc")
CREATE = Create(Resource.REPLICASETS, NAMESPACE, "web-abc", REPLICASET, "uid-Rollout-web")
STATUS = Merge(Resource.ROLLOUTS, meta_view(RAW), {"status": {"phase": "Progressing"}}, status=True)
WRITTEN = says(raws.again(RAW, status={**RAW["status"], "phase": "Progressing"}))
CREATED = says(REPLICASET, 201)


class Notes:
    """A recorder that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def record(self, regarding: Regarding, event: Event) -> None:
        self.told.append((regarding.name, event.reason))


class Calls:
    """What the controller wants to be called, and which Rollouts it has nothing to do with any more."""

    def __init__(self) -> None:
        self.kept: list[WebhookCall | None] = []
        self.forgotten: list[Key] = []

    def keep(self, _: Key, call: WebhookCall | None) -> None:
        self.kept.append(call)

    def forget(self, rollout: Key) -> None:
        self.forgotten.append(rollout)


class Bench:
    """A controller whose decisions are given by the test."""

    def __init__(self, client: Client, *plans: Plan | None) -> None:
        self.store = Store()
        self.store.ingest("Rollout", None, RAW)
        self.plans = list(plans)
        self.seen_errors: list[str] = []
        self.decisions = asyncio.Semaphore(0)
        self.notes = Notes()
        self.time = NOW
        self.queue: Queue[Key] = Queue(jitter=lambda: 1.0)
        self.telemetry = Telemetry(self.store)
        applier = Applier(client, self.store, self.wake)
        recorder = cast(Recorder, self.notes)
        self.calls = Calls()
        webhooks = cast(Webhooks, self.calls)
        self.controller = Controller(
            self.store, self.decide, applier, recorder, self.telemetry, webhooks, lambda: self.time
        )

    def decide(self, store: Store, key: Key, _now: datetime) -> Plan | None:
        self.seen_errors.append(store.apply_error(key))
        self.decisions.release()
        return self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]

    def wake(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self.queue.add(key)

    async def reconcile(self) -> timedelta | None:
        return await self.controller.reconcile(KEY)

    def metrics(self) -> str:
        return generate_latest(self.telemetry.registry).decode()


def plan(*actions: Action, urgent: bool = True, status: Merge | None = STATUS, **more: object) -> Plan:
    return Plan(actions, status, urgent=urgent, **more)  # type: ignore[arg-type]


def writes(api: ApiServer) -> list[str]:
    return [f"{asked.method} {asked.path.rpartition('shop/')[2]}" for asked in api.asked]


async def test_actions_come_first_then_the_status_then_the_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving(CREATED, WRITTEN) as (api, client):
        bench = Bench(client, plan(CREATE, events=(Event("ReleaseStarted", "revision 3"),)))
        await bench.reconcile()
    assert writes(api) == ["POST replicasets", "PATCH rollouts/web/status"]
    assert bench.notes.told == [("web", "ReleaseStarted")]
    (line,) = (record for record in caplog.records if record.name.startswith("tidegate"))
    assert line.getMessage() == "ReleaseStarted: revision 3"
    assert (line.object, line.revision, line.step) == ("web", 3, 2)  # type: ignore[attr-defined]


async def test_the_pass_ends_with_the_time_at_which_time_alone_changes_something() -> None:
    async with serving(WRITTEN) as (_, client):
        bench = Bench(client, plan(wake_at=NOW + timedelta(seconds=90)))
        assert await bench.reconcile() == timedelta(seconds=90)


async def test_counts_wait_and_are_written_with_the_next_decision() -> None:
    quiet, decision = plan(urgent=False, events=(Event("A", "x"),)), plan(urgent=True, events=(Event("A", "x"),))
    async with serving(WRITTEN) as (api, client):
        bench = Bench(client, quiet, decision)
        assert await bench.reconcile() == STATUS_LAG
        assert (api.asked, bench.notes.told) == ([], [])
        await bench.reconcile()
    assert len(api.asked) == 1
    assert bench.notes.told == [("web", "A")]


async def test_counts_that_have_waited_long_enough_are_written() -> None:
    async with serving(WRITTEN) as (api, client):
        bench = Bench(client, plan(urgent=False))
        await bench.reconcile()
        bench.time += STATUS_LAG
        assert await bench.reconcile() is None
    assert writes(api) == ["PATCH rollouts/web/status"]


async def test_a_wait_that_ends_before_the_status_is_due_wakes_earlier() -> None:
    async with serving(WRITTEN) as (_, client):
        bench = Bench(client, plan(urgent=False, wake_at=NOW + timedelta(milliseconds=100)))
        assert await bench.reconcile() == timedelta(milliseconds=100)


async def test_after_a_conflict_nothing_more_is_written_and_nothing_is_said() -> None:
    async with serving(fails(409, "Conflict")) as (api, client):
        bench = Bench(client, plan(Merge(Resource.ROLLOUTS, STATUS.meta, {}), events=(Event("A", "x"),)))
        with pytest.raises(ConflictError):
            await bench.reconcile()
    assert len(api.asked) == 1
    assert bench.notes.told == []


async def test_a_refusal_reaches_the_author_by_status_and_event_once_and_is_tried_again() -> None:
    refused = fails(422, "Invalid", "image: Required value")
    async with serving(refused, WRITTEN, refused, WRITTEN) as (api, client):
        bench = Bench(client, plan(CREATE))
        for _ in range(2):
            with pytest.raises(RefusedError, match="image: Required value"):
                await bench.reconcile()
    said = "ReplicaSet web-abc can't be created: image: Required value"
    # Decided, refused, decided again with the refusal in view; the second pass sees it from the start.
    assert bench.seen_errors == ["", said, said, said]
    assert writes(api) == ["POST replicasets", "PATCH rollouts/web/status"] * 2
    assert bench.notes.told == [("web", "Refused")]


async def test_a_refusal_that_is_over_is_taken_back_at_once() -> None:
    async with serving(fails(403, "Forbidden", "exceeded quota"), WRITTEN, CREATED, WRITTEN) as (_, client):
        bench = Bench(client, plan(CREATE))
        with pytest.raises(RefusedError):
            await bench.reconcile()
        assert await bench.reconcile() == timedelta(0)
        assert bench.store.apply_error(KEY) == ""
        assert await bench.reconcile() is None


async def test_an_object_that_is_gone_leaves_nothing_behind() -> None:
    async with serving(WRITTEN) as (api, client):
        bench = Bench(client, None)
        bench.store.ingest("Rollout", "DELETED", raws.again(RAW))
        assert await bench.reconcile() is None
    assert api.asked == []
    assert 'name="web"' not in bench.metrics()
    assert bench.calls.forgotten == [KEY]


CALL = build_call(Webhook(url="https://gate.example.com/"), {}, "k", 0)


async def test_a_call_is_made_after_the_writes() -> None:
    async with serving(fails(409, "Conflict"), WRITTEN) as (_, client):
        bench = Bench(client, plan(call=CALL))
        with pytest.raises(ConflictError):
            await bench.reconcile()
        assert bench.calls.kept == []
        await bench.reconcile()
        assert bench.calls.kept == [CALL]


# In the pool.


async def run_pool(bench: Bench, decisions: int) -> None:
    """Work on the queue of the bench until so many decisions were made, then end in order."""
    pool = Pool(bench.queue, bench.controller.reconcile, 4, bench.telemetry)
    work = asyncio.create_task(pool.run())
    for _ in range(decisions):
        await asyncio.wait_for(bench.decisions.acquire(), 5)
    bench.queue.close()
    await asyncio.wait_for(work, 5)


async def test_after_a_conflict_the_pass_is_made_again_at_once() -> None:
    change = Merge(Resource.ROLLOUTS, STATUS.meta, {})
    async with serving(fails(409, "Conflict"), WRITTEN) as (api, client):
        bench = Bench(client, plan(change, status=None), plan(change, status=None), plan(status=None))
        bench.queue.add(KEY)
        await run_pool(bench, decisions=2)
    assert len(api.asked) == 2
    assert 'tidegate_reconcile_failures_total{kind="Rollout",reason="Conflict"} 1.0' in bench.metrics()


async def test_a_defect_in_one_decision_is_logged_once_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(WRITTEN) as (_, client):
        bench = Bench(client, plan(status=None))
        passes: list[Key] = []
        passed = asyncio.Event()

        async def reconcile(key: Key) -> timedelta | None:
            passes.append(key)
            passed.set()
            if key.name == "bad":
                raise ZeroDivisionError("by zero")
            return None

        pool = Pool(bench.queue, reconcile, 1, bench.telemetry)
        work = asyncio.create_task(pool.run())
        bad, good = Key("Rollout", NAMESPACE, "bad"), Key("Rollout", NAMESPACE, "good")
        for key in (bad, good, bad):
            passed.clear()
            bench.queue.add(key)
            await asyncio.wait_for(passed.wait(), 5)
        bench.queue.close()
        await asyncio.wait_for(work, 5)
    assert passes == [bad, good, bad]
    (line,) = caplog.records
    assert "bad: Defect: by zero" in line.getMessage()
    assert line.exc_info


async def test_closing_waits_for_what_was_begun() -> None:
    async with serving(WRITTEN) as (_, client):
        bench = Bench(client, plan(status=None))
        begun, may_end, ended = asyncio.Event(), asyncio.Event(), []

        async def reconcile(key: Key) -> timedelta | None:
            begun.set()
            await may_end.wait()
            ended.append(key)
            return None

        work = asyncio.create_task(Pool(bench.queue, reconcile, 2, bench.telemetry).run())
        bench.queue.add(KEY)
        await begun.wait()
        bench.queue.close()
        may_end.set()
        await asyncio.wait_for(work, 5)
    assert ended == [KEY]
