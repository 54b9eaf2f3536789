"""The queue: nothing twice at the same time, nothing lost, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from tidegate.shell.queue import BACKOFF_LIMIT, Priority, Queue, QueueClosedError

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]


def queue() -> Queue[str]:
    """A queue whose retries wait the full time."""
    return Queue(jitter=lambda: 1.0)


async def take(q: Queue[str], count: int) -> list[str]:
    return [await q.get() for _ in range(count)]


async def test_a_key_that_is_added_thrice_is_worked_on_once() -> None:
    q = queue()
    for _ in range(3):
        q.add("a")
    assert await q.get() == "a"
    q.done("a")
    assert len(q) == 0
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(q.get(), 1000)


async def test_a_key_that_changes_while_it_is_worked_on_comes_again_afterwards_and_only_then() -> None:
    q = queue()
    q.add("a")
    await q.get()
    q.add("a")
    q.add("a")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(q.get(), 10)
    q.done("a")
    assert await q.get() == "a"
    q.done("a")
    assert len(q) == 0


async def test_keys_come_in_the_order_in_which_they_were_added() -> None:
    q = queue()
    for key in "cab":
        q.add(key)
    assert await take(q, 3) == ["c", "a", "b"]


async def test_a_live_change_goes_before_timers_and_those_before_lists() -> None:
    q = queue()
    q.add("listed", Priority.LISTED)
    q.add_after("timer", 1)
    await asyncio.sleep(2)
    q.add("live")
    assert await take(q, 3) == ["live", "timer", "listed"]


async def test_a_listed_key_that_changes_moves_to_the_front() -> None:
    q = queue()
    for key in "abc":
        q.add(key, Priority.LISTED)
    q.add("c")
    q.add("a", Priority.TIMER)
    assert await take(q, 3) == ["c", "a", "b"]


async def test_a_live_key_is_not_moved_back_by_a_list() -> None:
    q = queue()
    q.add("a")
    q.add("b", Priority.TIMER)
    q.add("a", Priority.LISTED)
    assert await take(q, 2) == ["a", "b"]


async def test_the_highest_priority_of_what_came_meanwhile_counts() -> None:
    q = queue()
    q.add("a")
    await q.get()
    q.add("a", Priority.LISTED)
    q.add("a", Priority.LIVE)
    q.add("b", Priority.TIMER)
    q.done("a")
    assert await take(q, 2) == ["a", "b"]


async def test_the_earlier_of_two_times_holds(looptime: float) -> None:
    q = queue()
    q.add_after("a", 60)
    q.add_after("a", 5)
    q.add_after("a", 30)
    assert await q.get() == "a"
    assert looptime == 5
    q.done("a")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(q.get(), 1000)


async def test_who_works_on_a_key_reckons_its_times_anew(looptime: float) -> None:
    q = queue()
    q.add_after("a", 5)
    q.add("a")
    assert await q.get() == "a"
    assert looptime == 0
    q.add_after("a", 60)
    q.done("a")
    assert await q.get() == "a"
    assert looptime == 60


async def test_a_time_that_comes_while_the_key_is_worked_on_is_not_lost(looptime: float) -> None:
    q = queue()
    q.add("a")
    await q.get()
    q.add_after("a", 5)
    await asyncio.sleep(7)
    q.done("a")
    assert await q.get() == "a"
    assert looptime == 7


async def test_a_time_in_the_past_is_now(looptime: float) -> None:
    q = queue()
    q.add_after("a", -3)
    assert await q.get() == "a"
    assert looptime == 0


async def test_each_failure_in_a_row_waits_twice_as_long_up_to_a_limit() -> None:
    q = queue()
    waits = []
    for _ in range(20):
        waits.append(q.add_backoff("a"))
        await q.get()
        q.done("a")
    assert waits[:4] == [0.005, 0.01, 0.02, 0.04]
    assert waits[-1] == BACKOFF_LIMIT


async def test_a_success_ends_the_row_of_failures() -> None:
    q = queue()
    q.add_backoff("a")
    q.add_backoff("a")
    q.forget("a")
    assert q.add_backoff("a") == 0.005


async def test_keys_that_fail_together_come_back_apart() -> None:
    chance = iter([0.0, 0.5])
    q: Queue[str] = Queue(jitter=lambda: next(chance))
    assert q.add_backoff("a") != q.add_backoff("b")


async def test_a_failed_key_that_changes_does_not_wait(looptime: float) -> None:
    q = queue()
    for _ in range(12):
        q.add_backoff("a")
    q.add("a")
    assert await q.get() == "a"
    assert looptime < 1


async def test_age_and_depth_tell_how_far_behind_the_workers_are() -> None:
    q = queue()
    assert (len(q), q.age) == (0, 0)
    q.add("a", Priority.LISTED)
    await asyncio.sleep(3)
    q.add("b")
    await asyncio.sleep(4)
    assert (len(q), q.age) == (2, 7)
    await take(q, 2)
    assert (len(q), q.age) == (0, 0)


async def test_a_key_that_moves_up_keeps_its_age() -> None:
    q = queue()
    q.add("a", Priority.LISTED)
    await asyncio.sleep(3)
    q.add("a")
    assert q.age == 3


async def test_closing_ends_every_worker_and_forgets_what_waits() -> None:
    q = queue()
    workers = [asyncio.create_task(q.get()) for _ in range(3)]
    await asyncio.sleep(0)
    q.close()
    results = await asyncio.gather(*workers, return_exceptions=True)
    assert [type(result) for result in results] == [QueueClosedError] * 3


async def test_a_closed_queue_takes_nothing() -> None:
    q = queue()
    q.add("a")
    q.add_after("b", 1)
    q.close()
    q.add("c")
    q.add_after("d", 1)
    await asyncio.sleep(5)
    assert len(q) == 0
    with pytest.raises(QueueClosedError):
        await q.get()


async def test_a_pool_never_works_on_one_key_twice_at_the_same_time() -> None:
    q = queue()
    active: set[str] = set()
    worked: list[str] = []

    async def worker() -> None:
        while True:
            key = await q.get()
            assert key not in active
            active.add(key)
            await asyncio.sleep(1)
            active.remove(key)
            worked.append(key)
            q.done(key)

    pool = [asyncio.create_task(worker()) for _ in range(4)]
    for round_ in range(30):
        q.add(f"k{round_ % 3}")
        await asyncio.sleep(0.1)
    await asyncio.sleep(10)
    q.close()
    results = await asyncio.gather(*pool, return_exceptions=True)
    assert [type(result) for result in results] == [QueueClosedError] * 4
    # Thirty changes in three seconds, a second of work each: what came meanwhile was done in one go.
    assert set(worked) == {"k0", "k1", "k2"}
    assert len(worked) <= 3 * 5
