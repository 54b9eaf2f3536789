"""An open-loop load on the gateway: requests leave at a fixed rate, whatever becomes of those before.

Run where the gateway is reached: for the local cluster inside the data plane's namespace. The first line of its input
is the plan; four times a second it writes a line with its counts, and at the end of its input or its time the whole
result. So it never outlives its reader.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import aiohttp

from dev.cluster.load_recorder import Recorder
from dev.cluster.load_result import NO_ANSWER, NO_VERSION, LoadResult, Plan

_TICK = 0.002
_SNAPSHOTS = 0.25
_MOST_UNANSWERED = 4000


async def _generate(plan: Plan, recorder: Recorder, stop: asyncio.Event) -> None:
    """Send until `stop` or the end of the plan's time, then wait for the answers that are still to come."""
    timeout = aiohttp.ClientTimeout(total=plan.timeout)
    connector = aiohttp.TCPConnector(limit=0)
    headers = {**plan.headers, "Host": plan.host}
    async with (
        aiohttp.ClientSession(plan.url, connector=connector, headers=headers, timeout=timeout) as session,
        asyncio.TaskGroup() as requests,
    ):
        began, number = time.monotonic(), 0
        while not stop.is_set() and (now := time.monotonic() - began) < plan.seconds:
            while number / plan.rate <= now:
                recorder.sent(late=now - number / plan.rate)
                requests.create_task(_request(session, plan, recorder))
                number += 1
            await asyncio.sleep(_TICK)


async def _request(session: aiohttp.ClientSession, plan: Plan, recorder: Recorder) -> None:
    begun = time.time()
    if recorder.unanswered > _MOST_UNANSWERED:
        recorder.over(begun, begun, NO_VERSION, NO_ANSWER, f"not sent: {_MOST_UNANSWERED} are unanswered")
        return
    try:
        async with session.request(plan.method, plan.path) as answer:
            await answer.read()
            version = answer.headers.get("x-version", NO_VERSION)
            recorder.over(begun, time.time(), version, answer.status)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        recorder.over(begun, time.time(), NO_VERSION, NO_ANSWER, repr(error))


async def _report(recorder: Recorder) -> None:
    while True:
        _say(recorder.snapshot(time.time()))
        await asyncio.sleep(_SNAPSHOTS)


def _say(result: LoadResult) -> None:
    sys.stdout.write(result.to_json() + "\n")
    sys.stdout.flush()


async def _run(plan: Plan) -> None:
    recorder, stop = Recorder(time.time()), asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
    reports = asyncio.create_task(_report(recorder))
    await _generate(plan, recorder, stop)
    reports.cancel()
    _say(recorder.result(time.time()))


if __name__ == "__main__":
    asyncio.run(_run(Plan(**json.loads(sys.stdin.readline()))))
