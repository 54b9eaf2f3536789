"""Other systems that are called: what they answer, and the operator's side of the calls in virtual time."""

from __future__ import annotations

from collections.abc import Callable

from tidegate.core.objects import Key
from tidegate.core.webhook.call import WebhookCall
from tidegate.core.webhook.judge import judge
from tidegate.core.webhook.outcome import Answer, NoAnswer
from tidegate.model.clock import Clock
from tidegate.observe.store import Store

NOBODY = NoAnswer("can't be reached: connection refused", passing=True)


class OtherSystems:
    """Answer by what stands in the URL: the latest thing said of a part of it wins. Nothing said is HTTP 200."""

    def __init__(self) -> None:
        self.calls: list[WebhookCall] = []
        self._said: dict[str, tuple[Answer | NoAnswer, float]] = {}

    def say(self, part: str, status: int, content: str = "", seconds: float = 0.05) -> None:
        """From now on calls of URLs that contain `part` get this answer, after so many seconds."""
        self._set(part, Answer(status, content.encode()), seconds)

    def leave(self, part: str) -> None:
        """Nobody is there any more."""
        self._set(part, NOBODY, 0.05)

    def _set(self, part: str, answer: Answer | NoAnswer, seconds: float) -> None:
        self._said.pop(part, None)
        self._said[part] = answer, seconds

    def take(self, call: WebhookCall) -> tuple[Answer | NoAnswer, float]:
        """The answer to a call, and the seconds that it takes."""
        self.calls.append(call)
        found = [said for part, said in self._said.items() if part in call.url]
        answer, seconds = found[-1] if found else (Answer(200, b""), 0.05)
        limit = call.timeout.total_seconds()
        if seconds > limit:
            return NoAnswer(f"does not answer within {limit:g}s", passing=True), limit
        return answer, seconds


class Webhooks:
    """The calls of one operator: at most one for each Rollout. A restart loses them, and they are made again."""

    def __init__(self, clock: Clock, store: Store, others: OtherSystems, again: Callable[[Key], None]) -> None:
        self._clock = clock
        self._store = store
        self._others = others
        self._again = again
        self._under_way: dict[Key, tuple[str, int]] = {}

    def keep(self, rollout: Key, call: WebhookCall | None) -> None:
        """Have a call made, unless it is under way or over."""
        if call is None or self._known(rollout, call):
            return
        self._under_way[rollout] = call.key, call.tries
        answer, seconds = self._others.take(call)
        self._clock.after(seconds, lambda: self._finish(rollout, call, answer))

    def _known(self, rollout: Key, call: WebhookCall) -> bool:
        result = self._store.webhook(rollout)
        over = (result.key, result.tries) if result else None
        return (call.key, call.tries) in (self._under_way.get(rollout), over)

    def _finish(self, rollout: Key, call: WebhookCall, answer: Answer | NoAnswer) -> None:
        if self._under_way.get(rollout) == (call.key, call.tries):
            del self._under_way[rollout]
            self._store.note_webhook(rollout, judge(call, answer, self._clock.now))
            self._again(rollout)
