"""The token bucket, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from tidegate.shell.limiter import TokenBucket

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]


async def test_a_burst_goes_through_and_then_the_rate_holds(looptime: float) -> None:
    bucket = TokenBucket(rate=10, burst=5)
    for _ in range(5):
        await bucket.wait()
    assert looptime == 0
    for _ in range(10):
        await bucket.wait()
    assert looptime == pytest.approx(1.0)


async def test_many_that_wait_at_once_are_spread_over_the_rate() -> None:
    bucket, loop = TokenBucket(rate=10, burst=1), asyncio.get_running_loop()
    times: list[float] = []

    async def one() -> None:
        await bucket.wait()
        times.append(loop.time())

    await asyncio.gather(*(one() for _ in range(4)))
    assert times == pytest.approx([0, 0.1, 0.2, 0.3])


async def test_whoever_does_not_wait_gets_none_of_an_empty_bucket() -> None:
    bucket = TokenBucket(rate=1, burst=2)
    assert [bucket.try_take() for _ in range(3)] == [True, True, False]
    await asyncio.sleep(1)
    assert [bucket.try_take() for _ in range(2)] == [True, False]
    assert not bucket.full
    await asyncio.sleep(10)
    assert bucket.full
