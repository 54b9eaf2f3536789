"""A canary that goes well: from the first deployment to the end of its steps, within its budget of API writes."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import scenario
from tests.scenarios.story import Story

WALK = [step for percent in (20, 40, 60, 80) for step in (m.weight(percent), m.pause("1s"))]


@scenario
def test_the_first_version_comes_up_at_full_size(story: Story) -> None:
    story.prepare()
    story.change("v1", steps=[m.weight(20), m.pause()])
    story.until(phase="Healthy", pods={"v1": 3})
    story.then(weight=0, sizes={"v1": 3}, outcomes=["Promoted"], conditions={"Ready": True, "Stalled": False})
    story.until_said("ReleaseCompleted", "revision 1")
    story.budget(writes=15)


@scenario
def test_a_release_walks_to_the_end_within_its_budget(story: Story) -> None:
    story.given(replicas=5, steps=WALK)
    story.release("v2")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 5}, sizes={"v1": 0})
    story.then(weight=0, outcomes=["Promoted", "Promoted"])
    story.budget(writes=31)


@scenario
def test_an_old_version_that_lingers_saves_the_last_way_over_the_canary_service(story: Story) -> None:
    story.given(replicas=5, steps=WALK, canary={"scaleDownDelaySeconds": 10})
    story.release("v2")
    story.until(phase="Healthy", revision=2, pods={"v2": 5}, weight=0, leads={m.STABLE: "v2"})
    assert story.weights[-5:] == [20, 40, 60, 80, 0]
    story.until(pods={"v1": 0, "v2": 5})
    story.budget(writes=28)


@scenario
def test_max_surge_bounds_the_pods_of_both_versions(story: Story) -> None:
    """One of six pods carries 16 %, not 17: what is lost by rounding must not keep the old pods for ever."""
    story.given(replicas=6, steps=[m.weight(30), m.pause()], canary={"maxSurge": 1})
    story.release("v2")
    story.until(phase="Paused", weight=30, pods={"v1": 5, "v2": 2})
    assert story.ask("promote", step=1)["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, weight=0, pods={"v1": 0, "v2": 6})
    assert story.most_pods == 7
    story.budget(writes=42)


@scenario
def test_a_pause_without_end_waits_for_promote(story: Story) -> None:
    story.given(steps=[m.weight(30), m.pause(), m.weight(60)])
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=30)
    story.then(sizes={"v1": 3, "v2": 1}, conditions={"Paused": True, "Ready": False})
    story.stays(1, phase="Paused", weight=30)
    assert story.ask("promote", step=1)["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3})
