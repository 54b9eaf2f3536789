"""A template that comes in the middle of a release, and versions that take the traffic back at once."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.story import BAD, Story

STOP = [m.weight(30), m.pause(), m.weight(60), m.pause()]
BAKE = {"postPromotionAnalysis": m.analysis()["analysis"]}


@scenario
def test_a_template_in_the_queue_begins_when_the_release_before_is_promoted(story: Story) -> None:
    story.given(steps=STOP, onSupersede="Queue")
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=30, step=1)
    story.release("v3")
    story.release("v4")
    story.stage.kill_operator()
    story.stage.start_operator()
    story.until(phase="Paused", waiting="Paused", revision=2, step=1)
    story.stays(1, versions=["v1", "v2"], weight=30)
    story.ask("promote", step=1)
    story.until(phase="Paused", revision=2, weight=60, step=3)
    story.ask("promote", step=3)
    story.until(phase="Paused", revision=3, weight=30, step=1, sizes={"v2": 3, "v4": 1}, pods={"v4": 1})
    story.then(outcomes=["Promoted", "Promoted", None])
    assert "v3" not in story.facts()["versions"]
    story.budget(writes=35)


# The aborted pods go in their own time, sooner or later than the new ones get their share.
@raced
def test_a_template_in_the_queue_begins_when_the_release_before_was_taken_back(story: Story) -> None:
    story.given(steps=STOP, onSupersede="Queue")
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
    story.release("v3")
    story.until_current()
    story.ask("abort")
    story.until(phase="Paused", revision=3, weight=30, step=1, sizes={"v1": 3, "v3": 1}, pods={"v2": 0, "v3": 1})
    story.then(outcomes=["Promoted", "Aborted", None], aborted=False)
    story.budget(writes=26)


@scenario
def test_the_stable_version_does_not_queue(story: Story) -> None:
    story.given(steps=STOP, onSupersede="Queue")
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
    story.change("v1")
    story.until(phase="Healthy", weight=0, sizes={"v1": 3, "v2": 0}, outcomes=["Promoted", "RolledBack"])
    story.budget(writes=18)


# The pods of the version between go while the next one's weight rises: which is first is chance.
@raced
def test_another_version_goes_on_at_the_step_that_was_reached(story: Story) -> None:
    story.given(steps=STOP, onSupersede="KeepStep")
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
    story.ask("promote", step=1)
    story.until(phase="Paused", weight=60, step=3)
    story.release("v3")
    story.until(phase="Paused", revision=3, weight=60, step=3, sizes={"v1": 3, "v2": 0, "v3": 2}, pods={"v2": 0})
    story.then(outcomes=["Promoted", "Superseded", None])
    assert story.weights == [0, 30, 60, 0, 60]
    story.budget(writes=29)


@scenario
def test_a_version_inside_the_rollback_window_skips_the_steps(story: Story) -> None:
    story.given(rollbackWindow={"revisions": 1})
    for number, version in enumerate(("v2", "v3"), start=2):
        story.release(version)
        story.until(phase="Healthy", revision=number, pods={version: 3, f"v{number - 1}": 0})
    story.change("v2", steps=STOP)
    story.until(phase="Healthy", revision=4, weight=0, pods={"v2": 3, "v3": 0})
    story.then(outcomes=["Promoted", "Promoted", "Promoted", "FastPromoted"])
    story.change("v1")
    story.until(phase="Healthy", revision=5, pods={"v1": 3, "v2": 0})
    story.budget(writes=50)


@scenario
def test_a_version_beyond_the_rollback_window_takes_the_steps(story: Story) -> None:
    story.given(rollbackWindow={"revisions": 1})
    for number, version in enumerate(("v2", "v3"), start=2):
        story.release(version)
        story.until(phase="Healthy", revision=number, pods={version: 3, f"v{number - 1}": 0})
    story.change("v1", steps=STOP)
    story.until(phase="Paused", revision=4, weight=30, step=1)
    story.budget(writes=33)


@scenario
def test_a_failed_analysis_holds_the_release_where_its_author_wants_that(story: Story) -> None:
    step = {"analysis": {**m.analysis()["analysis"], "onFailure": "Pause"}}
    story.given(steps=[m.weight(30), step, m.weight(60), m.pause()])
    story.release("v2", errors=BAD)
    story.until(phase="Paused", waiting="AnalysisFailed", weight=30, step=1, aborted=False)
    story.ask("promote", step=1)
    story.until(phase="Paused", waiting="Paused", weight=60, step=3)
    story.budget(writes=18)


@scenario
def test_a_failed_analysis_is_told_and_no_more_where_its_author_wants_that(story: Story) -> None:
    step = {"analysis": {**m.analysis()["analysis"], "onFailure": "Notify"}}
    story.given(steps=[m.weight(30), step, m.weight(60), m.pause()])
    story.release("v2", errors=BAD)
    story.until(phase="Paused", waiting="Paused", weight=60, step=3)
    story.until_said("AnalysisFailed", "is Failed")
    story.budget(writes=16)


@scenario
def test_a_version_that_fails_with_all_the_traffic_loses_it_at_once(story: Story) -> None:
    story.given(steps=[m.weight(30)], canary=BAKE)
    story.release("v2", errors=BAD)
    story.until(phase="Degraded", aborted=True, weight=0, sizes={"v1": 3, "v2": 0}, pods={"v1": 3, "v2": 0})
    story.then(outcomes=["Promoted", "Aborted"])
    assert story.weights == [0, 30, 100, 0]
    story.budget(writes=23)


@scenario
def test_a_version_that_does_well_with_all_the_traffic_is_promoted(story: Story) -> None:
    story.given(canary=BAKE)
    story.release("v2")
    story.until(phase="Healthy", revision=2, weight=0, pods={"v1": 0, "v2": 3})
    story.then(outcomes=["Promoted", "Promoted"], runs=["Successful"])
    story.budget(writes=18)
