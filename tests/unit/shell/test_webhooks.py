"""Calls of other systems: one for a Rollout, beside the others, and what came of it for the next pass."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from tests.unit.observe import raws
from tests.unit.observe.raws import NAMESPACE
from tidegate.api.analysis_parts import SecretKeyRef
from tidegate.api.webhook import Webhook
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.objects import Key
from tidegate.core.webhook.call import WebhookCall, build_call
from tidegate.core.webhook.outcome import Answer, NoAnswer
from tidegate.observe.store import Store
from tidegate.shell.secrets import SecretReader
from tidegate.shell.webhooks import Webhooks

KEY, OTHER = (Key("Rollout", NAMESPACE, name) for name in ("web", "shop"))
NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Secrets:
    """Knows one secret, or none."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def read(self, namespace: str, wanted: Mapping[str, SecretKeyRef]) -> dict[str, str]:
        if self.error:
            raise self.error
        assert namespace == NAMESPACE
        return {name: f"s3cret of {ref.name}/{ref.key}" for name, ref in wanted.items()}


class Bench:
    """Two Rollouts, and another system that answers when the test says so."""

    def __init__(self) -> None:
        self.store = Store()
        for name in ("web", "shop"):
            self.store.ingest("Rollout", None, raws.rollout(name))
        self.secrets = Secrets()
        self.sent: list[tuple[WebhookCall, Mapping[str, str]]] = []
        self.answers: dict[str, asyncio.Future[Answer | NoAnswer]] = {}
        self.woken: asyncio.Queue[Key] = asyncio.Queue()
        secrets = cast(SecretReader, self.secrets)
        self.webhooks = Webhooks(self.store, secrets, self.send, lambda: NOW, self.woken.put_nowait)

    async def send(self, call: WebhookCall, headers: Mapping[str, str]) -> Answer | NoAnswer:
        self.sent.append((call, headers))
        return await self.answers.setdefault(call.key, asyncio.get_running_loop().create_future())

    def answer(self, key: str, answer: Answer | NoAnswer | Exception) -> None:
        future = self.answers.setdefault(key, asyncio.get_running_loop().create_future())
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def call(key: str = "k", tries: int = 0, **fields: Any) -> WebhookCall:
    return build_call(Webhook.model_validate({"url": "https://gate.example.com/", **fields}), {}, key, tries)


async def test_an_answer_is_noted_and_the_rollout_looked_at() -> None:
    bench = Bench()
    bench.webhooks.keep(KEY, call())
    bench.answer("k", Answer(200, b""))
    assert await bench.woken.get() == KEY
    result = bench.store.webhook(KEY)
    assert result is not None
    assert (result.key, result.tries, result.passed, result.at) == ("k", 0, True, NOW)
    assert bench.store.webhook(OTHER) is None


async def test_a_call_that_is_under_way_or_over_is_not_made_again() -> None:
    bench = Bench()
    for asked in (call(), call(), None, call()):
        bench.webhooks.keep(KEY, asked)
        await asyncio.sleep(0)
    bench.answer("k", Answer(200, b""))
    await bench.woken.get()
    bench.webhooks.keep(KEY, call())
    await asyncio.sleep(0)
    assert len(bench.sent) == 1


async def test_the_next_try_takes_the_place_of_the_one_before() -> None:
    bench = Bench()
    bench.webhooks.keep(KEY, call())
    await asyncio.sleep(0)
    bench.webhooks.keep(KEY, call("k2"))
    bench.answer("k2", Answer(503, b""))
    await bench.woken.get()
    bench.webhooks.keep(KEY, call("k2", 1))
    await asyncio.sleep(0)
    assert [(sent.key, sent.tries) for sent, _ in bench.sent] == [("k", 0), ("k2", 0), ("k2", 1)]
    assert bench.answers["k"].cancelled()


async def test_a_slow_one_holds_up_no_other_rollout() -> None:
    bench = Bench()
    bench.webhooks.keep(KEY, call())
    bench.webhooks.keep(OTHER, call("other"))
    bench.answer("other", Answer(204, b""))
    assert await bench.woken.get() == OTHER
    assert bench.store.webhook(KEY) is None


async def test_it_is_signed_with_the_secret_that_nobody_gets_to_see() -> None:
    bench = Bench()
    bench.webhooks.keep(KEY, call(secretRef={"name": "hook", "key": "key"}))
    bench.answer("k", Answer(500, b"no s3cret of hook/key for you"))
    await bench.woken.get()
    ((_, headers),) = bench.sent
    assert headers["webhook-signature"].startswith("v1,")
    result = bench.store.webhook(KEY)
    assert result is not None
    assert result.message == "answers HTTP 500: no *** for you"


async def test_without_a_secret_it_is_named_and_not_signed() -> None:
    bench = Bench()
    bench.webhooks.keep(KEY, call())
    bench.answer("k", Answer(200, b""))
    await bench.woken.get()
    ((_, headers),) = bench.sent
    assert (headers["webhook-id"], "webhook-signature" in headers) == ("k", False)


@pytest.mark.parametrize(
    ("error", "sending", "message"),
    [
        (AnalysisError("there is no Secret hook"), None, "is not asked: there is no Secret hook"),
        (None, KeyError("s3cret"), "is not asked: internal error: KeyError"),
    ],
)
async def test_what_goes_wrong_is_told_and_tried_again(
    error: Exception | None, sending: Exception | None, message: str
) -> None:
    bench = Bench()
    bench.secrets.error = error
    bench.webhooks.keep(KEY, call(secretRef={"name": "hook", "key": "key"}))
    if sending:
        bench.answer("k", sending)
    await bench.woken.get()
    result = bench.store.webhook(KEY)
    assert result is not None
    assert (result.passed, result.again, result.message) == (False, True, message)


async def test_a_rollout_that_is_gone_leaves_nothing_behind() -> None:
    bench = Bench()
    bench.webhooks.keep(KEY, call())
    await asyncio.sleep(0)
    bench.webhooks.forget(KEY)
    bench.webhooks.forget(KEY)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert bench.answers["k"].cancelled()
    bench.webhooks.keep(OTHER, call("other"))
    bench.store.ingest("Rollout", "DELETED", raws.again(raws.rollout("shop")))
    bench.answer("other", Answer(200, b""))
    await bench.woken.get()
    assert bench.store.webhook(OTHER) is None


async def test_the_end_breaks_calls_off() -> None:
    bench = Bench()
    bench.webhooks.keep(KEY, call())
    await asyncio.sleep(0)
    await bench.webhooks.close()
    assert bench.answers["k"].cancelled()
    assert bench.woken.empty()
