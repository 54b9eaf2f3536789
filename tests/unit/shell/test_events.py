"""The recorder: the first at once, repeats in one write, never a wait, never a flood. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from tidegate.core.actions import Event
from tidegate.observe.kinds import Kind
from tidegate.shell.client import Client
from tidegate.shell.errors import UnavailableError
from tidegate.shell.events import BACKLOG, BURST, WINDOW_SECONDS, Recorder, Regarding

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

WEB = Regarding("tidegate.dev/v1alpha1", "Rollout", "shop", "web", "uid-1")
API = Regarding("tidegate.dev/v1alpha1", "Rollout", "shop", "api", "uid-2")


class Sent:
    """A client that notes what it is to send; `slow` is how long each takes, `broken` lets all fail."""

    def __init__(self) -> None:
        self.posts: list[Mapping[str, Any]] = []
        self.patches: list[tuple[str, Mapping[str, Any]]] = []
        self.slow = 0.0
        self.broken = False

    async def create(self, kind: Kind, namespace: str, body: Mapping[str, Any]) -> None:
        await self._send()
        assert (kind.group, kind.plural, namespace) == ("events.k8s.io", "events", "shop")
        self.posts.append(body)

    async def merge(self, kind: Kind, namespace: str, name: str, patch: Mapping[str, Any]) -> None:
        await self._send()
        self.patches.append((name, patch))

    async def _send(self) -> None:
        await asyncio.sleep(self.slow)
        if self.broken:
            raise UnavailableError("away")

    @property
    def notes(self) -> list[str]:
        return [body["note"] for body in self.posts]


@asynccontextmanager
async def recording() -> AsyncIterator[tuple[Sent, Recorder]]:
    sent = Sent()
    recorder = Recorder(cast(Client, sent), "pod-1")
    task = asyncio.create_task(recorder.run())
    try:
        yield sent, recorder
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_first_is_sent_at_once_with_all_that_the_api_asks_for() -> None:
    async with recording() as (sent, recorder):
        recorder.record(WEB, Event("Aborted", "errors above 5 %", warning=True))
        await asyncio.sleep(0.001)
    (body,) = sent.posts
    assert (body["reason"], body["note"], body["type"]) == ("Aborted", "errors above 5 %", "Warning")
    assert body["regarding"]["uid"] == "uid-1"
    assert body["reportingController"] == "tidegate.dev/operator"
    assert body["reportingInstance"] == "pod-1"
    assert body["eventTime"].endswith("Z")
    assert body["action"]


async def test_the_same_words_again_are_counted_in_one_write_at_the_end_of_the_window() -> None:
    async with recording() as (sent, recorder):
        for _ in range(5):
            recorder.record(WEB, Event("Waiting", "for pods"))
            await asyncio.sleep(1)
        assert (len(sent.posts), sent.patches) == (1, [])
        await asyncio.sleep(WINDOW_SECONDS)
        ((name, patch),) = sent.patches
        assert name == sent.posts[0]["metadata"]["name"]
        assert patch["series"]["count"] == 5
        await asyncio.sleep(5 * WINDOW_SECONDS)
    assert (len(sent.posts), len(sent.patches)) == (1, 1)


async def test_repeats_over_several_windows_keep_counting() -> None:
    async with recording() as (sent, recorder):
        for _ in range(3):
            recorder.record(WEB, Event("Waiting", "for pods"))
            await asyncio.sleep(WINDOW_SECONDS - 1)
        await asyncio.sleep(3 * WINDOW_SECONDS)
    assert len(sent.posts) == 1
    assert [patch["series"]["count"] for _, patch in sent.patches][-1] == 3


async def test_other_words_for_the_same_reason_are_another_event_at_once() -> None:
    async with recording() as (sent, recorder):
        for revision in (1, 2, 2):
            recorder.record(WEB, Event("ReleaseStarted", f"revision {revision}"))
            await asyncio.sleep(0.001)
        assert sent.notes == ["revision 1", "revision 2"]
        recorder.record(WEB, Event("ReleaseStarted", "revision 3"))
        await asyncio.sleep(0.001)
    assert sent.notes == ["revision 1", "revision 2", "revision 3"]
    assert [patch["series"]["count"] for _, patch in sent.patches] == [2]


async def test_what_is_routine_is_told_together_with_the_time_of_the_first() -> None:
    async with recording() as (sent, recorder):
        for step in (1, 2, 3, 3):
            recorder.record(WEB, Event("StepCompleted", f"step {step}", routine=True))
            await asyncio.sleep(1)
        recorder.record(WEB, Event("Aborted", "too slow"))
        await asyncio.sleep(WINDOW_SECONDS)
    assert sent.notes == ["too slow", "step 1; step 2; step 3"]
    assert sent.posts[1]["eventTime"] <= sent.posts[0]["eventTime"]


async def test_what_is_routine_is_not_told_any_more_when_the_end_says_it_all() -> None:
    async with recording() as (sent, recorder):
        recorder.record(WEB, Event("StepCompleted", "step 1", routine=True))
        recorder.record(WEB, Event("ReleaseCompleted", "all the traffic", instead_of="StepCompleted"))
        await asyncio.sleep(WINDOW_SECONDS)
    assert sent.notes == ["all the traffic"]


async def test_another_reason_or_another_object_is_another_event() -> None:
    async with recording() as (sent, recorder):
        recorder.record(WEB, Event("A", "x"))
        recorder.record(WEB, Event("B", "x"))
        recorder.record(API, Event("A", "x"))
        await asyncio.sleep(0.001)
    assert len(sent.posts) == 3
    assert len({body["metadata"]["name"] for body in sent.posts}) == 3


async def test_after_the_window_the_next_is_again_a_first() -> None:
    async with recording() as (sent, recorder):
        recorder.record(WEB, Event("A", "x"))
        await asyncio.sleep(WINDOW_SECONDS + 1)
        recorder.record(WEB, Event("A", "y"))
        await asyncio.sleep(0.001)
    assert sent.notes == ["x", "y"]


async def test_an_object_that_never_stops_talking_is_cut_short_and_the_others_are_not() -> None:
    async with recording() as (sent, recorder):
        for number in range(200):
            recorder.record(WEB, Event(f"Reason{number}", "x"))
        recorder.record(API, Event("A", "x"))
        await asyncio.sleep(1)
        assert len(sent.posts) == BURST + 1
        assert recorder.dropped == 200 - BURST
        assert sent.posts[-1]["regarding"]["name"] == "api"


async def test_a_slow_server_delays_nobody_and_what_is_too_much_is_dropped_and_counted(looptime: float) -> None:
    async with recording() as (sent, recorder):
        sent.slow = 100.0
        for number in range(BACKLOG + 100):
            recorder.record(Regarding("v1", "Rollout", "shop", f"r{number}", f"uid-{number}"), Event("A", "x"))
        assert looptime == 0
        assert recorder.dropped == 100


async def test_what_cannot_be_sent_is_dropped_and_the_next_is_sent() -> None:
    async with recording() as (sent, recorder):
        sent.broken = True
        recorder.record(WEB, Event("A", "x"))
        await asyncio.sleep(1)
        sent.broken = False
        recorder.record(WEB, Event("B", "y"))
        await asyncio.sleep(1)
        assert (sent.notes, recorder.dropped) == (["y"], 1)


async def test_at_the_end_all_that_is_left_is_sent_without_waiting_for_windows(looptime: float) -> None:
    async with recording() as (sent, recorder):
        sent.slow = 0.01
        recorder.record(WEB, Event("A", "x"))
        recorder.record(WEB, Event("A", "x"))
        recorder.record(WEB, Event("B", "y"))
        recorder.record(WEB, Event("B", "z"))
        await recorder.flush()
        assert looptime < 1
        assert sorted(sent.notes) == ["x", "y", "z"]
        assert [patch["series"]["count"] for _, patch in sent.patches] == [2]


async def test_long_words_are_cut_to_what_the_api_takes() -> None:
    async with recording() as (sent, recorder):
        recorder.record(WEB, Event("A", "x" * 5000))
        await asyncio.sleep(0.001)
    assert len(sent.notes[0]) <= 1024
