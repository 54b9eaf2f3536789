"""A strategy that is changed in mid-life: at rest, and while a release is under way."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import scenario
from tests.scenarios.story import Story

HELD = m.blue_green(autoPromotionEnabled=False)
WORKERS = m.counted(m.weight(40), m.pause())
STEPS = [m.weight(40), m.pause()]
NOBODYS = {m.STABLE: False, m.CANARY: False}


def canary() -> m.Manifest:
    """The canary over the route, as a strategy of its own."""
    strategy: m.Manifest = m.rollout("v1", STEPS)["spec"]["strategy"]
    delays = {"scaleDownDelaySeconds": 0, "abortScaleDownDelaySeconds": 1}
    return {"canary": {**strategy["canary"], **delays}}


@scenario
def test_at_rest_another_strategy_begins_no_release(story: Story) -> None:
    story.given(strategy=HELD)
    for strategy, asked, pinned in (
        (canary(), 0, {m.STABLE: True, m.CANARY: True}),
        (WORKERS, None, NOBODYS),
        (HELD, None, {m.STABLE: True, m.CANARY: True}),
    ):
        story.change(strategy=strategy)
        story.until(phase="Healthy", asked=asked, pinned=pinned, pods={"v1": 3})
        story.then(revision=1, weight=0, versions=["v1"], outcomes=["Promoted"])
    story.budget(writes=16)


@scenario
def test_from_blue_green_to_a_canary_and_back(story: Story) -> None:
    story.given(strategy=HELD)
    story.change("v2", strategy=canary())
    story.until(phase="Paused", weight=40, leads={m.STABLE: "v1", m.CANARY: "v2"})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, weight=0, pods={"v1": 0, "v2": 3}, leads={m.STABLE: "v2"})
    story.change("v3", strategy=HELD)
    story.until(phase="Paused", asked=None, leads={m.STABLE: "v2", m.CANARY: "v3"}, pods={"v2": 3, "v3": 3})
    story.ask("promote")
    story.until(phase="Healthy", revision=3, leads={m.STABLE: "v3"}, pods={"v2": 0, "v3": 3})
    story.budget(writes=36)


@scenario
def test_a_canary_under_way_goes_on_as_blue_green(story: Story) -> None:
    story.given(strategy=canary())
    story.release("v2")
    story.until(phase="Paused", weight=40)
    story.change(strategy=HELD)
    story.until(phase="Paused", weight=0, asked=None, leads={m.STABLE: "v1", m.CANARY: "v2"}, pods={"v1": 3, "v2": 3})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, leads={m.STABLE: "v2"}, pods={"v1": 0, "v2": 3})
    story.budget(writes=22)


@scenario
def test_a_blue_green_under_way_goes_on_as_a_canary(story: Story) -> None:
    story.given(strategy=HELD)
    story.release("v2")
    story.until(phase="Paused", leads={m.STABLE: "v1", m.CANARY: "v2"}, pods={"v1": 3, "v2": 3})
    story.change(strategy=canary())
    story.until(phase="Paused", weight=40, leads={m.STABLE: "v1", m.CANARY: "v2"})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, weight=0, leads={m.STABLE: "v2"}, pods={"v1": 0, "v2": 3})
    story.budget(writes=26)


@scenario
def test_a_canary_under_way_goes_on_without_its_router(story: Story) -> None:
    story.given(strategy=canary())
    story.release("v2")
    story.until(phase="Paused", weight=40)
    story.change(strategy=WORKERS)
    story.until(phase="Paused", weight=0, asked=None, pinned=NOBODYS, pods={"v1": 2, "v2": 1})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3})
    story.budget(writes=24)


@scenario
def test_a_canary_under_way_gets_a_router(story: Story) -> None:
    story.given(strategy=WORKERS)
    story.release("v2")
    story.until(phase="Paused", pods={"v1": 2, "v2": 1})
    story.change(strategy=canary())
    story.until(phase="Paused", weight=40, leads={m.STABLE: "v1", m.CANARY: "v2"}, pods={"v1": 3, "v2": 2})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, weight=0, leads={m.STABLE: "v2"}, pods={"v1": 0, "v2": 3})
    story.budget(writes=28)


@scenario
def test_a_release_that_is_taken_back_changes_its_strategy(story: Story) -> None:
    story.given(strategy=canary())
    story.release("v2")
    story.until(phase="Paused", weight=40)
    story.ask("abort")
    story.until(phase="Degraded", pods={"v1": 3, "v2": 0})
    story.change(strategy=HELD)
    story.until(phase="Degraded", asked=None, leads={m.STABLE: "v1"}, pods={"v1": 3, "v2": 0})
    story.change("v3")
    story.until(phase="Paused", leads={m.STABLE: "v1", m.CANARY: "v3"}, pods={"v1": 3, "v3": 3})
    story.budget(writes=25)
