"""What an answer means: good, bad for good, or bad for the moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tidegate.api.webhook import Webhook
from tidegate.core.webhook.call import build_call
from tidegate.core.webhook.judge import judge
from tidegate.core.webhook.outcome import Answer, NoAnswer, WebhookResult

AT = datetime(2026, 3, 1, tzinfo=UTC)


def result(answer: Answer | NoAnswer, condition: str | None = None, *secrets: str) -> WebhookResult:
    asked = Webhook.model_validate({"url": "https://gate.example.com", "successCondition": condition})
    return judge(build_call(asked, {}, "k", 1), answer, AT, secrets)


def said(answer: Answer | NoAnswer, condition: str | None = None) -> tuple[bool, bool, str]:
    found = result(answer, condition)
    assert (found.key, found.tries, found.at) == ("k", 1, AT)
    assert found.status == (answer.status if isinstance(answer, Answer) else None)
    return found.passed, found.again, found.message


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (200, b"", (True, False, "answers HTTP 200")),
        (204, b"", (True, False, "answers HTTP 204")),
        (199, b"", (False, False, "answers HTTP 199: (no text)")),
        (300, b"", (False, False, "answers HTTP 300: (no text)")),
        (302, b"", (False, False, "answers HTTP 302: (no text)")),
        (403, b"not\nyet\x1b[1m", (False, False, "answers HTTP 403: not yet [1m")),
        (408, b"", (False, True, "answers HTTP 408: (no text)")),
        (425, b"", (False, True, "answers HTTP 425: (no text)")),
        (429, b"slow", (False, True, "answers HTTP 429: slow")),
        (500, b"x" * 300, (False, True, f"answers HTTP 500: {'x' * 200}")),
        (503, b"\xff", (False, True, "answers HTTP 503: \ufffd")),
    ],
)
def test_without_a_condition_the_status_decides(status: int, content: bytes, expected: tuple[bool, bool, str]) -> None:
    assert said(Answer(status, content)) == expected


OK = "result.status == 200 && result.body.ok"


@pytest.mark.parametrize(
    ("status", "content", "condition", "expected"),
    [
        pytest.param(200, b'{"ok": true}', OK, (True, False, "answers HTTP 200"), id="holds"),
        pytest.param(
            200, b'{"ok": false}', OK, (False, False, f"answers HTTP 200, which does not meet {OK}"), id="does not hold"
        ),
        pytest.param(404, b"", "result.status == 404", (True, False, "answers HTTP 404"), id="of any status"),
        pytest.param(
            503,
            b"",
            "result.status == 200",
            (False, True, "answers HTTP 503, which does not meet result.status == 200"),
            id="asked again when that may be over in a moment",
        ),
        pytest.param(200, b"yes", 'result.body == "yes"', (True, False, "answers HTTP 200"), id="text"),
        pytest.param(200, b"", "result.body == nil", (True, False, "answers HTTP 200"), id="nothing"),
        pytest.param(200, b"[" * 99_999, "result.body != nil", (True, False, "answers HTTP 200"), id="too deep"),
    ],
)
def test_the_condition_judges_every_answer(
    status: int, content: bytes, condition: str, expected: tuple[bool, bool, str]
) -> None:
    assert said(Answer(status, content), condition) == expected


def test_a_condition_that_fails_says_why() -> None:
    passed, again, message = said(Answer(200, b"[1]"), "result.body.ok == true")
    assert (passed, again) == (False, False)
    assert message.startswith("answers HTTP 200, which does not meet result.body.ok == true (")


def test_a_long_condition_is_cut() -> None:
    condition = " || ".join(["result.status == 299"] * 20)
    assert len(said(Answer(200, b""), condition)[2]) < 200


@pytest.mark.parametrize("passing", [True, False])
def test_no_answer(passing: bool) -> None:
    assert said(NoAnswer("does not answer within 10s", passing=passing)) == (
        False,
        passing,
        "does not answer within 10s",
    )


def test_nothing_of_a_secret_is_told() -> None:
    content = b"x" * 190 + b" the key is s3cret-key"
    assert "s3c" not in result(Answer(500, content), None, "s3cret-key").message
    assert "s3cret" not in result(NoAnswer("said s3cret-key", passing=True), None, "s3cret-key").message
    told = result(Answer(200, b'{"s3cret-key": 1}'), "result.body.x.y == 1", "s3cret-key").message
    assert "s3cret" not in told
