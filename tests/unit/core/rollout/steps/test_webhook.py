"""Step `webhook`: written down before it goes out, and before anything follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import FIFTH, HALF, NEW, NOW, OLD, Step, ago, pause, scene, seconds
from tests.unit.core.rollout.steps.test_approval import asking
from tests.unit.core.rollout.steps.test_approval import told as answered
from tidegate.api.rollout_status import PauseReason, RequestOutcome, WebhookOutcome, WebhookStatus
from tidegate.core.actions import Event
from tidegate.core.rollout import plan
from tidegate.core.rollout.prerequisites import missing
from tidegate.core.rollout.release import begin
from tidegate.core.rollout.requests import answer
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps import advance
from tidegate.core.rollout.steps.outcome import Done, Fail, Wait
from tidegate.core.rollout.walk import walk
from tidegate.core.webhook.outcome import WebhookResult

URL = "https://gate.example.com/secret-path"
WHO = "webhook of step 2 of 3: gate.example.com"
KEY = "uid-web-2-1-0"
BEGUN = WebhookStatus(step=1, key=KEY, started_at=ago(5))
WAITS = PauseReason.WEBHOOK


def webhook(**fields: Any) -> Step:
    return {"webhook": {"url": URL, **fields}}


def at_webhook(told: WebhookStatus | None = BEGUN, asked: Step | None = None, **fields: Any) -> Scene:
    """The release stands at step 2 of 3, a webhook."""
    facts = {"webhook": told, **fields.pop("status", {})}
    return scene(FIFTH, asked or webhook(), HALF, **{"index": 1, "weight": 20, "status": facts, **fields})


def over(outcome: WebhookOutcome, **fields: Any) -> WebhookStatus:
    return BEGUN.model_copy(
        update={"outcome": outcome, "finished_at": ago(1), "tries": 1, "message": "says no", **fields}
    )


FAILED, PASSED = over(WebhookOutcome.FAILED), over(WebhookOutcome.SUCCEEDED)


def came(tries: int = 0, *, key: str = KEY, passed: bool = False, again: bool = False) -> WebhookResult:
    return WebhookResult(key, tries, ago(1), passed=passed, again=again, status=503, message="says something")


def wrote(outcome: Any) -> WebhookStatus:
    assert isinstance(outcome, Wait)
    assert outcome.call is None
    found = outcome.facts["webhook"]
    assert isinstance(found, WebhookStatus)
    return found


BEFORE = PASSED.model_copy(update={"step": 0, "key": "old"})

# It goes out


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(None, id="the first"),
        pytest.param(BEFORE, id="another step's"),
    ],
)
def test_it_is_written_down_before_it_goes_out(before: WebhookStatus | None) -> None:
    outcome = advance(at_webhook(before))
    assert wrote(outcome) == WebhookStatus(step=1, key=KEY, started_at=NOW)
    assert outcome == Wait("Webhook", f"{WHO} is asked", facts={"webhook": wrote(outcome)})
    walked, _ = walk(at_webhook(before))
    assert walked.status.webhook == wrote(outcome)


def test_it_goes_out_when_it_stands_in_status() -> None:
    asked = webhook(body="{{rollout.name}} {{namespace}} {{canary.hash}} {{stable.hash}} {{revision}} {{step}} "
                    "{{canary.weight}} {{canary.images}}")  # fmt: skip
    outcome = advance(at_webhook(asked=asked))
    assert isinstance(outcome, Wait)
    assert (outcome.reason, outcome.message, outcome.facts) == ("Webhook", f"{WHO} is asked", {})
    assert outcome.call is not None
    assert (outcome.call.key, outcome.call.tries, outcome.call.url) == (KEY, 0, URL)
    assert outcome.call.body == f"web shop {NEW} {OLD} 2 1 20 web:2"
    assert plan(at_webhook(asked=asked).world).call == outcome.call


def test_another_try_of_the_release_is_another_call() -> None:
    assert wrote(advance(at_webhook(None, status={"attempt": 3}))).key == "uid-web-2-1-3"


def test_an_attempt_that_is_counted_while_it_is_under_way_changes_nothing() -> None:
    outcome = advance(at_webhook(status={"attempt": 3}))
    assert isinstance(outcome, Wait)
    assert outcome.call is not None
    assert outcome.call.key == KEY


# What comes back


def test_an_answer_is_written_down_before_anything_follows() -> None:
    outcome = advance(at_webhook(webhook=came(passed=True)))
    said = f"{WHO} says something"
    expected = BEGUN.model_copy(
        update={
            "tries": 1,
            "outcome": WebhookOutcome.SUCCEEDED,
            "finished_at": ago(1),
            "status": 503,
            "message": "says something",
        }
    )
    assert outcome == Wait("Webhook", said, facts={"webhook": expected}, events=(Event("WebhookSucceeded", said),))
    written = plan(at_webhook(webhook=came(passed=True)).world)
    assert (written.urgent, written.call, written.actions) == (True, None, ())
    assert [event.reason for event in written.events] == ["WebhookSucceeded"]


@pytest.mark.parametrize(
    ("result", "retries"),
    [
        pytest.param(came(again=False), None, id="a no is a no"),
        pytest.param(came(again=True), 0, id="it is not to be tried again"),
    ],
)
def test_a_failure_is_written_down(result: WebhookResult, retries: int | None) -> None:
    asked = webhook() if retries is None else webhook(retries=retries)
    outcome = advance(at_webhook(asked=asked, webhook=result))
    assert wrote(outcome).outcome is WebhookOutcome.FAILED
    assert isinstance(outcome, Wait)
    assert outcome.events == (Event("WebhookFailed", f"{WHO} says something", warning=True),)


@pytest.mark.parametrize(("tries", "after"), [(0, 1), (1, 2), (2, 4), (4, 16), (5, 30), (9, 30)])
def test_what_may_be_over_in_a_moment_is_tried_again_later_and_later(tries: int, after: float) -> None:
    status = BEGUN.model_copy(update={"tries": tries})
    outcome = advance(at_webhook(status, webhook(retries=10), webhook=came(tries, again=True)))
    found = wrote(outcome)
    assert (found.tries, found.next_at, found.outcome) == (tries + 1, ago(1) + seconds(after), None)
    assert isinstance(outcome, Wait)
    assert outcome.events == ()


def test_the_default_is_three_tries_more() -> None:
    third = BEGUN.model_copy(update={"tries": 2})
    assert wrote(advance(at_webhook(third, webhook=came(2, again=True)))).outcome is None
    fourth = BEGUN.model_copy(update={"tries": 3})
    assert wrote(advance(at_webhook(fourth, webhook=came(3, again=True)))).outcome is WebhookOutcome.FAILED


def test_between_two_tries_it_waits() -> None:
    status = BEGUN.model_copy(update={"tries": 1, "next_at": NOW + seconds(1), "message": "says something"})
    message = f"{WHO} says something; try 2 at 2026-03-01T12:00:01.000Z"
    assert advance(at_webhook(status)) == Wait("Webhook", message, NOW + seconds(1))
    outcome = advance(at_webhook(status.model_copy(update={"next_at": NOW})))
    assert isinstance(outcome, Wait)
    assert outcome.call is not None
    assert (outcome.call.key, outcome.call.tries) == (KEY, 1)


@pytest.mark.parametrize("result", [came(0, key="another", passed=True), came(1, passed=True)])
def test_an_answer_to_another_call_says_nothing(result: WebhookResult) -> None:
    outcome = advance(at_webhook(webhook=result))
    assert isinstance(outcome, Wait)
    assert outcome.call is not None


# What follows


@pytest.mark.parametrize(
    ("status", "fields", "outcome"),
    [
        pytest.param(PASSED, {}, Done(ago(1)), id="good"),
        pytest.param(FAILED, {}, Fail(f"{WHO} says no"), id="bad, it is taken back by default"),
        pytest.param(FAILED, {"onFailure": "Abort"}, Fail(f"{WHO} says no"), id="bad, it is taken back"),
        pytest.param(FAILED, {"onFailure": "Continue"}, Done(ago(1)), id="bad, it goes on"),
        pytest.param(
            FAILED,
            {"onFailure": "Pause"},
            Wait(
                "WebhookFailed",
                f"{WHO} says no; `tidegate resume web` calls it again, `tidegate promote web` goes on without it",
                pause=WAITS,
            ),
            id="bad, a person decides",
        ),
    ],
)
def test_what_follows(status: WebhookStatus, fields: dict[str, Any], outcome: object) -> None:
    assert advance(at_webhook(status, webhook(**fields))) == outcome


def test_what_cannot_be_called_is_told_at_the_first_step() -> None:
    why = "strategy.canary.steps[1].webhook: url uses {{nobody}}, and nobody gives it"
    here = at_webhook(None, webhook(url="https://x.example.com/{{nobody}}"), index=0)
    lacking = missing(here)
    assert lacking is not None
    assert (lacking.reason, lacking.message.startswith(why)) == ("WebhookInvalid", True)
    later = advance(replace(here, status=here.status.model_copy(update={"current_step_index": 1})))
    assert isinstance(later, Wait)
    assert (later.reason, later.message.startswith(why)) == ("WebhookInvalid", True)
    assert missing(at_webhook(None, index=0)) is None


# What people do about it

PAUSED = {"pause_conditions": [pause(WAITS, ago(1))]}


def test_resume_calls_again_by_another_key() -> None:
    after = answer(at_webhook(FAILED, webhook(onFailure="Pause"), status=PAUSED, **asking("resume", "ann", step=None)))
    assert answered(after) == (RequestOutcome.DONE, "it is called again")
    assert after.status.pause_conditions == []
    assert wrote(advance(after)) == WebhookStatus(step=1, key=f"{KEY}-1", started_at=NOW, round=1)


@pytest.mark.parametrize("action", ["promote", "skipStep"])
def test_promote_and_skip_go_on_without_it(action: str) -> None:
    after = answer(at_webhook(FAILED, webhook(onFailure="Pause"), status=PAUSED, **asking(action, "ann")))
    assert answered(after)[0] is RequestOutcome.DONE
    assert (after.index, after.status.pause_conditions) == (2, [])


def test_a_retry_and_other_steps_call_anew() -> None:
    again = answer(at_webhook(FAILED, status={"abort": True}, **asking("retry", "ann", step=None)))
    assert (again.status.webhook, again.index) == (None, 0)
    other = begin(at_webhook(PASSED, status={"current_step_hash": "other"}))
    assert other.status.webhook is None


def test_what_is_called_of_two_containers_names_both_images() -> None:
    pod = {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}]}
    spec = {"template": {"metadata": {"labels": {"app": "web"}}, "spec": pod}}
    outcome = advance(at_webhook(asked=webhook(body="{{canary.images}}"), spec=spec))
    assert isinstance(outcome, Wait)
    assert outcome.call is not None
    assert outcome.call.body == "a:1, b:2"


def test_a_try_that_follows_a_pause_has_no_pause_any_more() -> None:
    told = BEGUN.model_copy(update={"tries": 1, "next_at": ago(5)})
    outcome = advance(at_webhook(told, webhook=came(1, passed=True)))
    assert isinstance(outcome, Wait)
    assert outcome.reason == "Webhook"
    assert wrote(outcome).next_at is None
    again = advance(at_webhook(webhook=came(0, again=True)))
    assert isinstance(again, Wait)
    assert again.reason == "Webhook"
