"""The controller of AnalysisRuns: measurements beside the workers, one write a verdict, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from prometheus_client import generate_latest

from tests.unit.observe import raws
from tests.unit.observe.raws import NAMESPACE, Raw
from tests.unit.shell.api_server import Answer, ApiServer, fails, says, serving
from tests.unit.shell.test_controller import Notes
from tidegate.core.analysis.reading import PrometheusQuery, ProviderError, Reading, Trouble, Values
from tidegate.core.objects import Key
from tidegate.observe.store import Store
from tidegate.shell.apply import Applier
from tidegate.shell.client import Client
from tidegate.shell.errors import ConflictError
from tidegate.shell.events import Recorder
from tidegate.shell.runs import RunController
from tidegate.shell.secrets import SecretReader
from tidegate.shell.telemetry import Telemetry

KEY = Key("AnalysisRun", NAMESPACE, "judge")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def judge(condition: str = "result < 0.05", **more: Any) -> Raw:
    """A run of one metric that is good below 0.05."""
    prometheus = {"address": "http://prometheus", "query": "vector(1)", **more.pop("prometheus", {})}
    metric = {"name": "errors", "successCondition": condition, "provider": {"prometheus": prometheus}}
    return raws.run("judge", spec={"metrics": [{**metric, **more.pop("metric", {})}], **more})


class Bench:
    """A controller whose Prometheus answers what the test says, when the test says it."""

    def __init__(self, client: Client, raw: Raw) -> None:
        self.store = Store()
        self.store.ingest("AnalysisRun", None, raw)
        self.queries: list[PrometheusQuery] = []
        self.answers: asyncio.Queue[Reading] = asyncio.Queue()
        self.again: asyncio.Queue[Key] = asyncio.Queue()
        self.notes = Notes()
        self.time = NOW
        self.telemetry = Telemetry(self.store)
        self.controller = RunController(
            self.store,
            Applier(client, self.store, self.wake),
            cast(Recorder, self.notes),
            self.telemetry,
            SecretReader(client, True),
            self.measure,
            lambda: self.time,
            self.again.put_nowait,
        )

    def wake(self, keys: Iterable[Key]) -> None:
        pass

    async def measure(self, query: PrometheusQuery) -> Reading:
        self.queries.append(query)
        return await self.answers.get()

    async def reconcile(self) -> timedelta | None:
        return await self.controller.reconcile(KEY)

    async def answer(self, reading: Reading) -> timedelta | None:
        """Let Prometheus answer, and make the pass that this asks for."""
        self.answers.put_nowait(reading)
        assert await asyncio.wait_for(self.again.get(), 5) == KEY
        return await self.reconcile()


def accepts(raw: Raw) -> Answer:
    """An API server that takes each status."""

    async def answer(request: Any) -> Any:
        return says(raws.again(raw, status=(await request.json())["status"]))

    return answer


def statuses(api: ApiServer) -> list[Raw]:
    return [asked.body["status"] for asked in api.asked if asked.path.endswith("judge/status")]


async def test_a_run_is_measured_and_its_verdict_is_written_once() -> None:
    raw = judge()
    async with serving(accepts(raw)) as (api, client):
        bench = Bench(client, raw)
        await bench.reconcile()
        await bench.answer(Values(0.01))
    (status,) = statuses(api)
    assert status["phase"] == "Successful"
    assert api.asked[0].body["metadata"]["resourceVersion"] == raw["metadata"]["resourceVersion"]
    assert b'tidegate_analysis_verdicts_total{verdict="Successful"} 1.0' in generate_latest(bench.telemetry.registry)


async def test_a_pass_does_not_wait_for_prometheus_and_does_not_ask_twice() -> None:
    raw = judge()
    async with serving(accepts(raw)) as (_, client):
        bench = Bench(client, raw)
        for _ in range(3):
            await asyncio.wait_for(bench.reconcile(), 5)
            await asyncio.sleep(0)
        assert len(bench.queries) == 1
        await bench.controller.close()


async def test_a_verdict_that_could_not_be_written_is_written_with_the_next_pass_and_not_measured_anew() -> None:
    raw = judge()
    async with serving(fails(409, "Conflict"), accepts(raw)) as (api, client):
        bench = Bench(client, raw)
        await bench.reconcile()
        with pytest.raises(ConflictError):
            await bench.answer(Values(0.5))
        await bench.reconcile()
    assert [status["phase"] for status in statuses(api)] == ["Failed", "Failed"]
    assert len(bench.queries) == 1


async def test_a_prometheus_that_is_away_holds_the_run_and_says_so() -> None:
    raw = judge()
    async with serving(accepts(raw)) as (api, client):
        bench = Bench(client, raw)
        await bench.reconcile()
        wait = await bench.answer(ProviderError(Trouble.UNAVAILABLE, "connection refused"))
        assert wait is not None
        assert wait > timedelta(0)
        bench.time += wait
        await bench.reconcile()
        await bench.answer(Values(0.01))
    assert [status["phase"] for status in statuses(api)] == ["Running", "Successful"]
    assert "connection refused" in statuses(api)[0]["message"]


async def test_after_a_restart_a_measurement_in_flight_is_made_again() -> None:
    raw = judge()
    async with serving(accepts(raw)) as (_, client):
        first = Bench(client, raw)
        await first.reconcile()
        await asyncio.sleep(0)
        await first.controller.close()
        second = Bench(client, raw)
        await second.reconcile()
        await second.answer(Values(0.01))
    assert (len(first.queries), len(second.queries)) == (1, 1)
    assert first.again.empty()


async def test_a_run_that_is_gone_is_no_longer_measured() -> None:
    raw = judge()
    async with serving(accepts(raw)) as (api, client):
        bench = Bench(client, raw)
        await bench.reconcile()
        await asyncio.sleep(0)
        bench.store.ingest("AnalysisRun", "DELETED", raws.again(raw))
        assert await bench.reconcile() is None
        bench.answers.put_nowait(Values(0.01))
        await asyncio.sleep(0)
    assert (api.asked, bench.again.empty()) == ([], True)


async def test_a_run_of_the_same_name_begins_anew() -> None:
    raw = judge()
    async with serving(accepts(raw)) as (_, client):
        bench = Bench(client, raw)
        await bench.reconcile()
        await asyncio.sleep(0)
        bench.store.ingest("AnalysisRun", "ADDED", raws.again(raw, meta={"uid": "second"}))
        await bench.reconcile()
        await bench.answer(Values(0.01))
    assert len(bench.queries) == 2


async def test_a_secret_that_may_not_be_read_holds_the_run_and_says_the_remedy() -> None:
    prometheus = {"authentication": {"bearer": {"token": "{{args.token}}"}}}
    args = [{"name": "token", "valueFrom": {"secretKeyRef": {"name": "prom", "key": "t"}}}]
    raw = judge(prometheus=prometheus, args=args, metric={"consecutiveErrorLimit": 0})
    closed = says({"metadata": {"name": "prom"}, "data": {}})
    async with serving(closed, accepts(raw)) as (api, client):
        bench = Bench(client, raw)
        await bench.reconcile()
        assert await asyncio.wait_for(bench.again.get(), 5) == KEY
        await bench.reconcile()
    assert bench.queries == []
    (status,) = statuses(api)
    assert status["phase"] == "Running"
    assert "tidegate.dev/readable" in str(status)


async def test_a_defect_of_a_provider_does_not_leave_the_run_waiting_for_ever() -> None:
    raw = judge()
    async with serving(accepts(raw)) as (api, client):
        bench = Bench(client, raw)

        async def broken(_: PrometheusQuery) -> Reading:
            raise ZeroDivisionError("secret detail")

        bench.controller._measure = broken
        await bench.reconcile()
        assert await asyncio.wait_for(bench.again.get(), 5) == KEY
        assert await bench.reconcile() is not None
    assert "internal error: ZeroDivisionError" in str(statuses(api))
    assert "secret detail" not in str(statuses(api))


async def test_a_run_that_has_outlived_its_time_is_deleted() -> None:
    status = {"phase": "Successful", "completedAt": "2026-01-02T03:00:00Z"}
    raw = {**judge(ttlStrategy={"secondsAfterCompletion": 60}), "status": status}
    async with serving(says({"kind": "Status"})) as (api, client):
        bench = Bench(client, raw)
        await bench.reconcile()
    assert [(asked.method, asked.body["preconditions"]["uid"]) for asked in api.asked] == [
        ("DELETE", "uid-AnalysisRun-judge")
    ]


async def test_a_run_that_somebody_made_by_hand_tells_its_verdict_and_one_of_a_rollout_does_not() -> None:
    for owners, told in (
        ([], [("judge", "AnalysisSuccessful")]),
        (raws.owner("Rollout", "web")["ownerReferences"], []),
    ):
        raw = judge()
        raw["metadata"]["ownerReferences"] = owners
        async with serving(accepts(raw)) as (_, client):
            bench = Bench(client, raw)
            await bench.reconcile()
            await bench.answer(Values(0.01))
        assert bench.notes.told == told
