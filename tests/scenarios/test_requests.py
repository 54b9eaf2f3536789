"""What people ask for in the middle of a release."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import scenario
from tests.scenarios.story import Story

TWO_STOPS = [m.weight(30), m.pause(), m.weight(60), m.pause()]


def given_a_release_at_its_first_stop(story: Story) -> None:
    """Version v2 has 30 % and waits for a person."""
    story.given(steps=TWO_STOPS)
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=30, step=1)


@scenario
def test_a_promote_that_comes_twice_or_late_is_refused(story: Story) -> None:
    given_a_release_at_its_first_stop(story)
    assert story.ask("promote", step=1)["outcome"] == "Done"
    story.until(phase="Paused", weight=60, step=3)
    assert story.ask("promote", step=1)["outcome"] == "Refused"
    assert story.ask("promote", revision=1)["outcome"] == "Refused"
    story.stays(1, phase="Paused", weight=60, step=3)
    story.until_said("RequestRefused", "meant for step 1")
    story.budget(writes=19)


@scenario
def test_promote_full_skips_what_is_left(story: Story) -> None:
    given_a_release_at_its_first_stop(story)
    assert story.ask("promoteFull")["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, outcomes=["Promoted", "FastPromoted"], pods={"v1": 0, "v2": 3})
    assert 60 not in story.weights
    story.budget(writes=20)


@scenario
def test_an_abort_takes_the_traffic_back_and_then_the_pods(story: Story) -> None:
    given_a_release_at_its_first_stop(story)
    assert story.ask("abort")["outcome"] == "Done"
    story.until(phase="Degraded", aborted=True, weight=0, sizes={"v1": 3, "v2": 0}, pods={"v2": 0})
    story.then(outcomes=["Promoted", "Aborted"], conditions={"Stalled": True, "Ready": False, "Available": True})
    story.until_said("Aborted", "aborted by ann")
    story.budget(writes=18)


@scenario
def test_a_retry_begins_again_at_the_first_step(story: Story) -> None:
    given_a_release_at_its_first_stop(story)
    story.ask("abort")
    story.until(phase="Degraded", weight=0, outcomes=["Promoted", "Aborted"])
    assert story.ask("retry")["outcome"] == "Done"
    story.until(phase="Paused", weight=30, step=1, revision=2)
    assert story.ask("retry")["outcome"] == "Refused"
    story.budget(writes=24)


@scenario
def test_a_pause_on_request_lasts_until_resume(story: Story) -> None:
    story.given(steps=[m.weight(30), m.pause("2s"), m.weight(60), m.pause()])
    story.release("v2")
    story.until(phase="Paused", weight=30)
    assert story.ask("pause")["outcome"] == "Done"
    story.until(phase="Paused", waiting="PausedByRequest")
    story.stays(1, phase="Paused", weight=30)
    assert story.ask("resume")["outcome"] == "Done"
    story.until(phase="Paused", waiting="Paused", weight=60)
    story.budget(writes=19)


@scenario
def test_a_paused_spec_holds_the_release_but_not_its_size(story: Story) -> None:
    story.given(steps=[m.weight(50), m.weight(80), m.pause()], paused=True)
    story.release("v2")
    story.until(phase="Paused", waiting="PausedBySpec", weight=50, sizes={"v1": 3, "v2": 2})
    story.change(replicas=4)
    story.until(phase="Paused", sizes={"v1": 4, "v2": 2}, pods={"v1": 4, "v2": 2})
    story.change(paused=False)
    story.until(phase="Paused", waiting="Paused", weight=80)
    story.budget(writes=17)
