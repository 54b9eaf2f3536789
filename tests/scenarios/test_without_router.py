"""A canary without a router: the share of the pods is the share of the traffic."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.story import BAD, Story


@scenario
def test_weights_are_shares_of_the_pods(story: Story) -> None:
    story.given(replicas=5, strategy=m.counted(m.weight(40), m.pause(), m.weight(80), m.pause()))
    story.release("v2")
    story.until(phase="Paused", step=1, sizes={"v1": 3, "v2": 2}, pods={"v1": 3, "v2": 2})
    story.ask("promote")
    story.until(phase="Paused", step=3, sizes={"v1": 1, "v2": 4}, pods={"v1": 1, "v2": 4})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 5})
    story.then(outcomes=["Promoted", "Promoted"], asked=None)


@scenario
def test_without_steps_it_is_a_rolling_update(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(maxSurge=1, maxUnavailable=0))
    story.release("v2")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 4})
    story.budget(writes=24)


@scenario
def test_a_bad_version_gives_its_pods_back(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(m.weight(50), m.analysis(), m.pause()))
    story.release("v2", errors=BAD)
    story.until(aborted=True, phase="Degraded", pods={"v1": 4, "v2": 0})


@scenario
def test_a_version_that_crashes_takes_no_more_than_may_be_missing(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(maxSurge=1, maxUnavailable=1))
    story.release("crash")
    story.until(sizes={"v1": 3, "crash": 2})
    story.stays(2, sizes={"v1": 3, "crash": 2})
    story.change("v1")
    story.until(phase="Healthy", pods={"v1": 4, "crash": 0})


# Pods that come one by one and pods that all come at once give room to others in different orders.
@raced
def test_workers_are_scaled_apart_from_any_weight(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(m.scale(replicas=1), m.pause()))
    story.release("v2")
    story.until(phase="Paused", sizes={"v1": 4, "v2": 1}, pods={"v1": 4, "v2": 1})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 4})


@scenario
def test_workers_give_up_what_the_canary_has_taken_over(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(m.scale(replicas=3), m.pause(), dynamicStableScale=True))
    story.release("v2")
    story.until(phase="Paused", sizes={"v1": 1, "v2": 3}, pods={"v1": 1, "v2": 3})


@scenario
def test_named_services_lead_each_to_its_version(story: Story) -> None:
    services = {"canaryService": m.CANARY, "stableService": m.STABLE}
    story.given(replicas=4, strategy=m.counted(m.weight(25), m.pause(), **services))
    story.release("v2")
    story.until(phase="Paused", leads={m.STABLE: "v1", m.CANARY: "v2"}, pods={"v1": 3, "v2": 1})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, leads={m.STABLE: "v2", m.CANARY: "v2"}, pods={"v1": 0, "v2": 4})


@scenario
def test_scaled_in_the_middle(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(m.weight(50), m.pause()))
    story.release("v2")
    story.until(phase="Paused", pods={"v1": 2, "v2": 2})
    story.change(replicas=8)
    story.until(phase="Paused", pods={"v1": 4, "v2": 4})
