"""Releases that ask another system, and what its answers and silences do to them."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.scenarios import manifests as m
from tests.scenarios.scenario import scenario
from tests.scenarios.story import Story

SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "hook", "labels": {"tidegate.dev/readable": "true"}},
    "data": {"key": base64.b64encode(b"s3cret").decode()},
}


def given_a_webhook_at_30(story: Story, path: str = "/gate", **how: Any) -> None:
    """Version v2 gets 30 %, then another system is called."""
    gate = m.webhook(story.stage.other_address + path, **how)
    story.given(steps=[m.weight(30), gate, m.weight(60), m.pause()])


def keys(story: Story) -> list[str]:
    """Of the calls that the other system got."""
    return [called.key for called in story.stage.calls()]


@scenario
def test_it_is_called_once_and_told_of_the_release(story: Story) -> None:
    story.stage.apply(SECRET)
    given_a_webhook_at_30(
        story,
        "/{{rollout.name}}/{{revision}}",
        body='{"image": "{{canary.images}}", "weight": "{{canary.weight}}"}',
        secretRef={"name": "hook", "key": "key"},
        successCondition="result.body.verdict == 'go'",
    )
    story.stage.others_say("/web/2", 200, '{"verdict": "go"}')
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=60, step=3)
    (called,) = story.stage.calls()
    assert (called.path, called.signed) == ("/web/2", True)
    assert json.loads(called.body) == {"image": "demo:v2", "weight": "30"}
    assert called.key.endswith("-2-1-0")
    assert story.status["webhook"]["outcome"] == "Succeeded"
    story.until_said("WebhookSucceeded", "answers HTTP 200")


@scenario
def test_a_no_takes_the_release_back(story: Story) -> None:
    given_a_webhook_at_30(story)
    story.stage.others_say("/gate", 403, "the change is not approved")
    story.release("v2")
    story.until(phase="Degraded", aborted=True, weight=0, pods={"v2": 0}, outcomes=["Promoted", "Aborted"])
    assert len(keys(story)) == 1
    story.until_said("WebhookFailed", "answers HTTP 403: the change is not approved")
    story.until_said("Aborted", "answers HTTP 403")
    assert 60 not in story.weights


@scenario
def test_an_outage_that_passes_is_tried_again_with_the_same_key(story: Story) -> None:
    given_a_webhook_at_30(story)
    story.stage.others_say("/gate", 503)
    story.release("v2")
    story.stage.until(lambda: len(keys(story)) == 2, lambda: f"called {keys(story)}")
    story.stage.others_say("/gate", 204)
    story.until(phase="Paused", weight=60, step=3)
    assert len(keys(story)) == 3
    assert len(set(keys(story))) == 1


@scenario
def test_a_failure_leaves_it_to_a_person(story: Story) -> None:
    given_a_webhook_at_30(story, onFailure="Pause", retries=0)
    story.stage.others_say("/gate", 500)
    story.release("v2")
    story.until(phase="Paused", waiting="WebhookFailed", weight=30, step=1)
    assert story.ask("resume")["outcome"] == "Done"
    story.stage.until(lambda: len(keys(story)) == 2, lambda: f"called {keys(story)}")
    assert len(set(keys(story))) == 2
    story.until(phase="Paused", waiting="WebhookFailed")
    assert story.ask("promote", step=1)["outcome"] == "Done"
    story.until(phase="Paused", waiting="Paused", weight=60, step=3)


@scenario
def test_a_failure_that_does_not_matter(story: Story) -> None:
    given_a_webhook_at_30(story, onFailure="Continue")
    story.stage.others_say("/gate", 404)
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=60, step=3)
    assert story.status["webhook"]["outcome"] == "Failed"


@scenario
def test_a_slow_one_is_called_again_after_a_crash_with_the_same_key_and_never_skipped(story: Story) -> None:
    given_a_webhook_at_30(story, timeoutSeconds=60)
    story.stage.others_say("/gate", 200, seconds=15)
    story.release("v2")
    story.until(waiting="Webhook", weight=30, step=1)
    story.stage.until(lambda: keys(story), lambda: "it is not called")
    story.stage.kill_operator()
    story.stage.others_say("/gate", 200)
    story.stage.start_operator()
    story.until(phase="Paused", waiting="Paused", weight=60, step=3)
    assert len(keys(story)) == 2
    assert len(set(keys(story))) == 1


@scenario
def test_an_abort_waits_for_nobody(story: Story) -> None:
    given_a_webhook_at_30(story, timeoutSeconds=60)
    story.stage.others_say("/gate", 200, seconds=30)
    story.release("v2")
    story.until(waiting="Webhook", weight=30, step=1)
    assert story.ask("abort")["outcome"] == "Done"
    story.until(phase="Degraded", aborted=True, weight=0, pods={"v2": 0})


@scenario
def test_a_webhook_that_cannot_be_made_is_told_before_anything_moves(story: Story) -> None:
    given_a_webhook_at_30(story, "/{{nobody}}")
    story.release("v2")
    story.until(phase="Degraded", waiting="WebhookInvalid", versions=["v1", "v2"])
    story.then(conditions={"InvalidSpec": True, "Stalled": True})
    story.stays(2, weight=0, sizes={"v1": 3, "v2": 0})
    story.change(steps=[m.weight(30), m.pause()])
    story.until(phase="Paused", weight=30)


@scenario
def test_the_budget_of_a_webhook(story: Story) -> None:
    given_a_webhook_at_30(story)
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=60, step=3)
    story.budget(18)
