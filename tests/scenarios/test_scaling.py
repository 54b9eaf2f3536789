"""An autoscaler writes the scale subresource at any moment: the release goes on where it was, at the new size."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.story import Story

STOP = [m.weight(50), m.pause()]
WALK = [m.weight(25), m.pause("2s"), m.weight(50), m.pause("2s"), m.weight(75), m.pause("2s")]


@scenario
def test_while_it_waits_for_a_person(story: Story) -> None:
    story.given(replicas=4, steps=STOP)
    story.release("v2")
    story.until(phase="Paused", weight=50, step=1, pods={"v1": 4, "v2": 2})
    story.scale(8)
    story.until(phase="Paused", weight=50, step=1, pods={"v1": 8, "v2": 4}, counted=12)
    story.scale(2)
    story.until(phase="Paused", weight=50, step=1, pods={"v1": 2, "v2": 1}, counted=3)
    story.ask("promote", step=1)
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 2}, counted=2)
    story.budget(writes=38)


@scenario
def test_while_somebody_holds_it(story: Story) -> None:
    story.given(replicas=4, steps=STOP)
    story.release("v2")
    story.until(phase="Paused", weight=50, pods={"v1": 4, "v2": 2})
    story.ask("pause")
    story.scale(6)
    story.until(phase="Paused", weight=50, step=1, pods={"v1": 6, "v2": 3})
    story.budget(writes=21)


@scenario
def test_after_it_was_aborted(story: Story) -> None:
    story.given(replicas=4, steps=STOP)
    story.release("v2")
    story.until(phase="Paused", weight=50, pods={"v1": 4, "v2": 2})
    story.ask("abort")
    story.until(aborted=True, weight=0, pods={"v1": 4, "v2": 0})
    story.scale(6)
    story.until(aborted=True, phase="Degraded", weight=0, pods={"v1": 6, "v2": 0}, counted=6)
    story.scale(1)
    story.until(aborted=True, phase="Degraded", weight=0, pods={"v1": 1, "v2": 0}, counted=1)
    story.budget(writes=26)


# Which of the steps stands when the size comes is chance.
@raced
def test_in_the_middle_of_its_steps(story: Story) -> None:
    story.given(replicas=4, steps=WALK)
    story.release("v2")
    story.until(weight=25)
    story.scale(8)
    story.until(weight=50)
    story.scale(2)
    story.until(phase="Healthy", revision=2, weight=0, pods={"v1": 0, "v2": 2}, outcomes=["Promoted", "Promoted"])
    assert {25, 50, 75} <= set(story.weights)
    story.budget(writes=42)


# Pods of both versions go and come side by side.
@raced
def test_to_0_and_back(story: Story) -> None:
    story.given(replicas=4, steps=STOP)
    story.release("v2")
    story.until(phase="Paused", weight=50, pods={"v1": 4, "v2": 2})
    story.scale(0)
    story.until(pods={"v1": 0, "v2": 0}, sizes={"v1": 0, "v2": 0})
    story.scale(4)
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 4})
    story.budget(writes=22)


@raced
def test_without_a_router_to_0_and_back(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(*STOP))
    story.release("v2")
    story.until(phase="Paused", pods={"v1": 2, "v2": 2})
    story.scale(0)
    story.until(pods={"v1": 0, "v2": 0})
    story.scale(4)
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 4})
    story.budget(writes=20)


# Pods come one by one or all at once: they give room to others in different orders.
@raced
def test_without_a_router_down_and_up(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(*STOP))
    story.release("v2")
    story.until(phase="Paused", pods={"v1": 2, "v2": 2})
    story.scale(2)
    story.until(phase="Paused", step=1, pods={"v1": 1, "v2": 1}, counted=2)
    story.scale(6)
    story.until(phase="Paused", step=1, pods={"v1": 3, "v2": 3}, counted=6)
    story.budget(writes=20)


@raced
def test_without_a_router_after_an_abort(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(*STOP))
    story.release("v2")
    story.until(phase="Paused", pods={"v1": 2, "v2": 2})
    story.ask("abort")
    story.until(aborted=True, pods={"v1": 4, "v2": 0})
    story.scale(6)
    story.until(aborted=True, pods={"v1": 6, "v2": 0}, counted=6)
    story.budget(writes=25)


@scenario
def test_blue_green_scales_both_and_counts_the_version_that_has_the_users(story: Story) -> None:
    story.given(replicas=3, strategy=m.blue_green(autoPromotionEnabled=False))
    story.release("v2")
    story.until(phase="Paused", pods={"v1": 3, "v2": 3}, counted=3, leads={m.STABLE: "v1"})
    story.scale(5)
    story.until(phase="Paused", pods={"v1": 5, "v2": 5}, counted=5, leads={m.STABLE: "v1"})
    story.scale(2)
    story.until(phase="Paused", pods={"v1": 2, "v2": 2}, counted=2, leads={m.STABLE: "v1"})
    story.ask("promote")
    story.until(phase="Healthy", leads={m.STABLE: "v2"}, pods={"v1": 0, "v2": 2}, counted=2)
    story.budget(writes=24)


@scenario
def test_blue_green_after_an_abort(story: Story) -> None:
    story.given(replicas=3, strategy=m.blue_green(autoPromotionEnabled=False))
    story.release("v2")
    story.until(phase="Paused", pods={"v1": 3, "v2": 3})
    story.ask("abort")
    story.until(aborted=True, leads={m.STABLE: "v1"}, pods={"v1": 3, "v2": 0})
    story.scale(5)
    story.until(aborted=True, leads={m.STABLE: "v1"}, pods={"v1": 5, "v2": 0}, counted=5)
    story.budget(writes=16)


@raced
def test_blue_green_to_0_and_back(story: Story) -> None:
    story.given(replicas=3, strategy=m.blue_green(autoPromotionEnabled=False))
    story.release("v2")
    story.until(phase="Paused", pods={"v1": 3, "v2": 3})
    story.scale(0)
    story.until(pods={"v1": 0, "v2": 0})
    story.scale(3)
    story.until(phase="Healthy", leads={m.STABLE: "v2"}, pods={"v1": 0, "v2": 3})
    story.budget(writes=17)
