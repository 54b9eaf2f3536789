"""Header and mirror routes: testers and copies go to the new version while everybody else stays where they are."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.story import Story

MANAGED = m.routing("testers", "copies")
TESTERS, COPIES = "tidegate-web-testers", "tidegate-web-copies"


@scenario
def test_a_header_leads_to_the_canary_while_its_weight_is_0(story: Story) -> None:
    story.given(steps=[m.header_route(tester="yes"), m.pause(), m.weight(50)], canary=MANAGED)
    story.release("v2")
    story.until(phase="Paused", rules=[TESTERS, ""], weight=0, sizes={"v1": 3, "v2": 1})
    story.stays(1, phase="Paused", sizes={"v1": 3, "v2": 1})
    assert story.ask("promote", step=1)["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3}, rules=[""], weight=0)
    story.budget(writes=26)


@scenario
def test_a_mirror_copies_at_the_weights_in_force_and_goes_when_it_is_taken_away(story: Story) -> None:
    steps = [m.mirror_route(), m.pause(), m.weight(34), m.pause(), m.mirror_route(path=None), m.pause()]
    story.given(steps=steps, canary=MANAGED)
    story.release("v2")
    story.until(phase="Paused", step=1, rules=[COPIES, ""], weight=0)
    story.ask("promote", step=1)
    story.until(phase="Paused", step=3, rules=[COPIES, ""], weight=34)
    story.ask("promote", step=3)
    story.until(phase="Paused", step=5, rules=[""], weight=34)
    story.ask("promote", step=5)
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3}, rules=[""], weight=0)
    story.budget(writes=32)


@scenario
def test_the_order_of_managed_routes_is_the_order_of_the_rules(story: Story) -> None:
    story.given(steps=[m.mirror_route(), m.header_route(tester="yes"), m.pause()], canary=MANAGED)
    story.release("v2")
    story.until(phase="Paused", rules=[TESTERS, COPIES, ""])


@scenario
def test_an_abort_takes_the_rules_away_before_any_pod(story: Story) -> None:
    story.given(steps=[m.header_route(tester="yes"), m.weight(34), m.pause()], canary=MANAGED)
    story.release("v2")
    story.until(phase="Paused", rules=[TESTERS, ""], weight=34)
    assert story.ask("abort")["outcome"] == "Done"
    story.until(phase="Degraded", rules=[""], weight=0, pods={"v1": 3, "v2": 0})


@scenario
def test_rules_that_somebody_takes_away_come_again(story: Story) -> None:
    story.given(steps=[m.header_route(tester="yes"), m.pause()], canary=MANAGED)
    story.release("v2")
    story.until(phase="Paused", rules=[TESTERS, ""])
    story.stage.apply(m.route())
    story.until(phase="Paused", rules=[TESTERS, ""])
    story.until_said("WeightsCorrected", "somebody else")


# The garbage collector may be seen before the deletion that it follows: the split is then made, and taken, once more.
@raced
def test_a_rollout_that_goes_gives_the_route_back(story: Story) -> None:
    story.given(steps=[m.header_route(tester="yes"), m.pause()], canary=MANAGED)
    story.release("v2")
    story.until(phase="Paused", rules=[TESTERS, ""])
    story.stage.delete("Rollout", m.NAME)
    story.until(rules=[""], weight=0)
