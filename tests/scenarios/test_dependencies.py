"""Order between Rollouts: one waits for another."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced
from tests.scenarios.story import Story


def condition(story: Story, kind: str) -> tuple[str, str]:
    found = next(c for c in story.status["conditions"] if c["type"] == kind)
    return found["status"], found["message"]


# Two Rollouts, each with passes of its own.
@raced
def test_a_release_waits_for_the_one_that_goes_first(story: Story) -> None:
    story.stage.apply(m.other("d1", [m.weight(50), m.pause()]))
    story.given(steps=[m.weight(30), m.pause()], dependsOn=[{"name": "db"}])
    story.stage.apply(m.other("d2", [m.weight(50), m.pause("3s")]))
    story.release("v2")
    story.until(phase="Paused", waiting="DependencyNotReady", revision=1, sizes={"v1": 3, "v2": 0})
    story.until(phase="Paused", waiting="Paused", revision=2, weight=30, step=1, pods={"d2": 2})
    story.budget(writes=24)


@raced
def test_the_first_version_waits_too_and_a_missing_one_is_named(story: Story) -> None:
    story.prepare()
    story.change(dependsOn=[{"name": "db"}])
    story.until(phase="Degraded", waiting="DependencyMissing", versions=[])
    assert "Rollout db, which does not exist" in condition(story, "Stalled")[1]
    story.stage.apply(m.other("d1", []))
    story.until(phase="Healthy", pods={"v1": 3, "d1": 2})
    story.budget(writes=20)


@raced
def test_going_back_waits_for_nobody(story: Story) -> None:
    story.stage.apply(m.other("d1", []))
    story.given(steps=[m.weight(30), m.pause(), m.weight(60)], dependsOn=[{"name": "db"}])
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=30, step=1)
    story.stage.delete("Rollout", "db")
    story.ask("promote", step=1)
    story.change("v1")
    story.until(phase="Healthy", weight=0, sizes={"v1": 3, "v2": 0})
    story.budget(writes=25)


@raced
def test_a_circle_is_named(story: Story) -> None:
    story.stage.apply(m.other("d1", []))
    story.given(dependsOn=[{"name": "db"}])
    story.stage.apply(m.other("d1", [], dependsOn=[{"name": "web"}]))
    story.until(conditions={"InvalidSpec": True})
    assert "web → db → web" in condition(story, "InvalidSpec")[1]
    story.budget(writes=5)
