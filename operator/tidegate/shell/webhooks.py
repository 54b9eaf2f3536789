"""Calls of other systems, beside the workers: a slow one holds its own Rollout alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.objects import Key
from tidegate.core.webhook.call import WebhookCall
from tidegate.core.webhook.judge import judge
from tidegate.core.webhook.outcome import Answer, NoAnswer
from tidegate.core.webhook.signature import signed
from tidegate.observe.store import Store
from tidegate.shell.errors import ApiError
from tidegate.shell.secrets import SecretReader
from tidegate.shell.tasks import end

log = logging.getLogger(__name__)

Send = Callable[[WebhookCall, Mapping[str, str]], Awaitable[Answer | NoAnswer]]
"""Sends a call with these headers beside its own. Raises nothing but the caller's own cancellation."""
SECRET = "secret"  # noqa: S105 - the name of an argument


@dataclass(frozen=True, slots=True)
class _UnderWay:
    key: str
    tries: int
    task: asyncio.Task[None]


class Webhooks:
    """At most one call for each Rollout. What came of it goes into the store; `again` has the Rollout looked at."""

    def __init__(
        self,
        store: Store,
        secrets: SecretReader,
        send: Send,
        clock: Callable[[], datetime],
        again: Callable[[Key], None],
    ) -> None:
        self._store = store
        self._secrets = secrets
        self._send = send
        self._clock = clock
        self._again = again
        self._under_way: dict[Key, _UnderWay] = {}

    def keep(self, rollout: Key, call: WebhookCall | None) -> None:
        """Have a call made, unless it is under way or over. None leaves what is under way alone: sent is sent."""
        if call is None or self._known(rollout, call):
            return
        self.forget(rollout)
        task = asyncio.create_task(self._make(rollout, call), name=f"webhook of {rollout.namespace}/{rollout.name}")
        self._under_way[rollout] = _UnderWay(call.key, call.tries, task)

    def forget(self, rollout: Key) -> None:
        """Break off the call of a Rollout, if there is one."""
        under_way = self._under_way.pop(rollout, None)
        if under_way is not None:
            under_way.task.cancel()

    async def close(self) -> None:
        """Break off all calls. They are made again after a restart, with the same keys."""
        tasks = [each.task for each in self._under_way.values()]
        self._under_way.clear()
        await end(tasks)

    def _known(self, rollout: Key, call: WebhookCall) -> bool:
        # A plan is older than its writes: the call may have come back while they were made.
        known = (self._under_way.get(rollout), self._store.webhook(rollout))
        return any(each is not None and (each.key, each.tries) == (call.key, call.tries) for each in known)

    async def _make(self, rollout: Key, call: WebhookCall) -> None:
        secret, answer = await self._answer(rollout.namespace, call)
        result = judge(call, answer, self._clock(), [secret] if secret else ())
        self._store.note_webhook(rollout, result)
        self._under_way.pop(rollout, None)
        self._again(rollout)

    async def _answer(self, namespace: str, call: WebhookCall) -> tuple[str | None, Answer | NoAnswer]:
        """The secret that nobody must see, and what the other system said."""
        secret: str | None = None
        try:
            wanted = {SECRET: call.secret} if call.secret else {}
            secret = (await self._secrets.read(namespace, wanted)).get(SECRET)
            return secret, await self._send(call, signed(call.key, call.body, self._clock(), secret))
        except (AnalysisError, ApiError) as error:
            return secret, NoAnswer(f"is not asked: {error}", passing=True)
        except Exception as error:
            # A defect: the release must come to know of it, or it would wait for ever.
            log.exception("a webhook of %s failed", namespace)
            return secret, NoAnswer(f"is not asked: internal error: {type(error).__name__}", passing=True)
