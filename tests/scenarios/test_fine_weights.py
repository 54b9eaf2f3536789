"""Weights finer than 1 %: what `maxTrafficWeight` says is all the traffic."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.story import Story

STEPS = [m.weight(5), m.pause(), m.weight(600), m.pause()]


def of(most: int) -> m.Manifest:
    """More fields of a canary: so much is all the traffic."""
    routing = m.routing()["trafficRouting"]
    return {"trafficRouting": {**routing, "maxTrafficWeight": most}}


def carried(story: Story) -> dict[str, int]:
    return {ref["name"]: ref["weight"] for ref in story.route["rules"][-1]["backendRefs"]}


def until_carried(story: Story, stable: int, canary: int) -> None:
    wanted = {m.STABLE: stable, m.CANARY: canary}
    story.stage.until(lambda: carried(story) == wanted, lambda: f"the route carries {carried(story)}")


def until_told(story: Story, stable: int, canary: int) -> None:
    """Until the status says so too."""

    def told() -> dict[str, int | None]:
        weights = story.status["canary"].get("weights") or {}
        return {side: weights[side]["weight"] for side in ("stable", "canary") if side in weights}

    wanted = {"stable": stable, "canary": canary}
    story.stage.until(lambda: told() == wanted, lambda: f"the status says {told()}")


@scenario
def test_a_share_below_one_percent(story: Story) -> None:
    story.given(replicas=5, steps=STEPS, canary=of(1000))
    story.release("v2")
    story.until(phase="Paused", step=1, pods={"v1": 5, "v2": 1})
    until_carried(story, stable=995, canary=5)
    until_told(story, stable=995, canary=5)
    assert story.ask("promote", step=1)["outcome"] == "Done"
    story.until(phase="Paused", step=3, pods={"v1": 5, "v2": 3})
    until_carried(story, stable=400, canary=600)
    assert story.ask("promote", step=3)["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 5})
    assert carried(story) == {m.STABLE: 100, m.CANARY: 0}, "the weights that the route's author wrote"
    story.budget(writes=30)


# Whether the Event of the step is still held back when the release ends depends on how fast the cluster is.
@raced
def test_what_is_all_the_traffic_changes_under_way(story: Story) -> None:
    story.given(replicas=5, steps=STEPS, canary=of(1000))
    story.release("v2")
    story.until(phase="Paused", step=1)
    until_carried(story, stable=995, canary=5)
    story.change(canary=of(10_000))
    story.until(phase="Paused", step=1, pods={"v1": 5, "v2": 1})
    until_carried(story, stable=9995, canary=5)
    story.change(canary=of(600))
    until_carried(story, stable=595, canary=5)
    assert story.ask("promoteFull")["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 5}, weight=0)
