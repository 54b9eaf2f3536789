"""The manifest changes in the middle of a release."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.story import Story

STOP = [m.weight(30), m.pause(), m.weight(60)]


def given_a_release_at_its_stop(story: Story) -> None:
    """Version v2 has 30 % and waits for a person."""
    story.given(steps=STOP)
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=30, step=1)


# The route is written while the new ReplicaSet is being made: which is seen first is chance.
@raced
def test_another_version_in_mid_release_begins_at_the_first_step(story: Story) -> None:
    given_a_release_at_its_stop(story)
    story.release("v3")
    story.until(phase="Paused", revision=3, weight=30, step=1, sizes={"v1": 3, "v2": 0, "v3": 1}, pods={"v2": 0})
    story.then(outcomes=["Promoted", "Superseded", None])
    story.ask("promote", step=1)
    story.until(phase="Healthy", pods={"v1": 0, "v2": 0, "v3": 3})
    story.budget(writes=38)


@scenario
def test_the_stable_version_again_goes_back_at_once(story: Story) -> None:
    given_a_release_at_its_stop(story)
    story.change("v1")
    story.until(phase="Healthy", weight=0, sizes={"v1": 3, "v2": 0}, pods={"v1": 3, "v2": 0})
    story.then(outcomes=["Promoted", "RolledBack"])
    assert story.weights == [0, 30, 0]
    story.budget(writes=18)


@scenario
def test_a_release_in_its_middle_is_scaled_up_and_down(story: Story) -> None:
    given_a_release_at_its_stop(story)
    story.change(replicas=6)
    story.until(phase="Paused", weight=30, sizes={"v1": 6, "v2": 2}, pods={"v1": 6, "v2": 2})
    story.change(replicas=2)
    story.until(phase="Paused", weight=30, sizes={"v1": 2, "v2": 1}, pods={"v1": 2, "v2": 1})
    story.budget(writes=20)


@scenario
def test_other_steps_in_mid_release_go_on_from_the_same_weight(story: Story) -> None:
    given_a_release_at_its_stop(story)
    story.change(steps=[m.weight(10), m.weight(50), m.pause()])
    story.until(phase="Paused", revision=2, weight=50, step=2)
    assert 10 not in story.weights
    story.budget(writes=14)


@scenario
def test_size_0_takes_a_new_version_at_once(story: Story) -> None:
    story.given(steps=STOP)
    story.change(replicas=0)
    story.until(phase="Healthy", sizes={"v1": 0}, pods={"v1": 0})
    story.release("v2")
    story.until(phase="Healthy", revision=2, sizes={"v1": 0, "v2": 0}, outcomes=["Promoted", "Promoted"])
    story.change(replicas=2)
    story.until(phase="Healthy", pods={"v2": 2})
    story.budget(writes=13)


@scenario
def test_the_canary_has_the_size_that_a_step_gives_it(story: Story) -> None:
    steps = [m.scale(replicas=2), m.pause(), m.weight(20), m.scale(matchTrafficWeight=True), m.pause()]
    story.given(steps=steps)
    story.release("v2")
    story.until(phase="Paused", step=1, weight=0, sizes={"v1": 3, "v2": 2}, pods={"v2": 2})
    story.ask("promote", step=1)
    story.until(phase="Paused", step=4, weight=20, sizes={"v1": 3, "v2": 1}, pods={"v2": 1})
    story.budget(writes=15)


@scenario
def test_the_old_version_stays_for_its_delay(story: Story) -> None:
    story.given(canary={"scaleDownDelaySeconds": 6})
    story.release("v2")
    story.until(phase="Healthy", revision=2, pods={"v2": 3})
    story.stays(2, sizes={"v1": 3, "v2": 3})
    story.until(sizes={"v1": 0}, pods={"v1": 0})
    story.budget(writes=14)


@scenario
def test_an_aborted_version_is_kept_where_its_delay_is_0(story: Story) -> None:
    story.given(steps=STOP, canary={"abortScaleDownDelaySeconds": 0})
    story.release("v2")
    story.until(phase="Paused", weight=30)
    story.ask("abort")
    story.until(phase="Degraded", weight=0, outcomes=["Promoted", "Aborted"])
    story.stays(2, sizes={"v1": 3, "v2": 1}, pods={"v2": 1})
    story.budget(writes=17)


@scenario
def test_no_more_old_versions_are_kept_than_the_limit(story: Story) -> None:
    story.given(revisionHistoryLimit=1)
    for number, version in enumerate(("v2", "v3"), start=2):
        story.release(version)
        story.until(phase="Healthy", revision=number, pods={version: 3, f"v{number - 1}": 0})
    story.until(versions=["v2", "v3"])
    story.budget(writes=27)
