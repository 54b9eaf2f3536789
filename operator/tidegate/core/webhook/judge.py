"""What an answer means for the release."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from tidegate.core.analysis.conditions import Outcome
from tidegate.core.analysis.secrets import redact
from tidegate.core.webhook.call import WebhookCall
from tidegate.core.webhook.outcome import Answer, NoAnswer, WebhookResult

MAX_QUOTED = 200
MAX_SHOWN = 120
PASSING = frozenset({408, 425, 429})


def judge(call: WebhookCall, answer: Answer | NoAnswer, at: datetime, secrets: Collection[str] = ()) -> WebhookResult:
    """The result of a try. The condition judges every answer, whatever its status; without one 2xx is good."""
    if isinstance(answer, NoAnswer):
        message = redact(answer.message, secrets)
        return WebhookResult(call.key, call.tries, at, passed=False, again=answer.passing, status=None, message=message)
    problem = _problem(call, answer, secrets)
    return WebhookResult(
        call.key,
        call.tries,
        at,
        passed=not problem,
        # An answer that says no is an answer: to ask again would only get it again.
        again=bool(problem) and (answer.status in PASSING or answer.status >= 500),
        status=answer.status,
        message=problem or f"answers HTTP {answer.status}",
    )


def _problem(call: WebhookCall, answer: Answer, secrets: Collection[str]) -> str:
    """What is wrong with an answer; empty when it is good."""
    if call.condition is None:
        good = 200 <= answer.status < 300
        return "" if good else f"answers HTTP {answer.status}: {_quoted(answer.content, secrets)}"
    result = {"status": answer.status, "body": _parsed(answer.content)}
    found = call.condition.evaluate(result, {})
    if found.outcome is Outcome.TRUE:
        return ""
    shown = " ".join(call.condition.text.split())[:MAX_SHOWN]
    why = f" ({redact(found.message, secrets)[:MAX_QUOTED]})" if found.message else ""
    return f"answers HTTP {answer.status}, which does not meet {shown}{why}"


def _parsed(content: bytes) -> Any:
    """JSON as what it says, nothing as nil, and everything else as text."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode(errors="replace") or None


def _quoted(content: bytes, secrets: Collection[str]) -> str:
    """Somebody else's words: without secrets, on one line, without control characters, and not many of them."""
    # Before the cut, which could leave half a secret.
    text = redact(content.decode(errors="replace"), secrets)
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line[:MAX_QUOTED] or "(no text)"
