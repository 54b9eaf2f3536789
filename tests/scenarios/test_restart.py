"""Restarts: pods are replaced by others of the same template, within the budgets of the Rollout and of Kubernetes.

The operator and the ReplicaSets' controller act in turns: how many pods a status tells of on the way is chance.
"""

from __future__ import annotations

from datetime import timedelta

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.story import Story
from tidegate.api.meta import time_text

HALF = [m.weight(50), m.pause()]
ONE_OF_THREE = [m.weight(30), m.pause()]


def later(story: Story, seconds: float) -> str:
    """So many seconds from now."""
    return time_text(story.stage.now() + timedelta(seconds=seconds))


def grow_old(story: Story) -> None:
    """Pods are dated in whole seconds: those of this second are no older than a restart in it."""
    story.stays(1.1)


def until_replaced(story: Story, old: frozenset[str], kept: frozenset[str] = frozenset()) -> None:
    """Let time pass until none of the `old` pods is there; all the time those to be `kept` are."""

    def replaced() -> bool:
        assert kept <= story.pods, f"{kept - story.pods} went"
        return not old & story.pods

    story.stage.until(replaced, lambda: f"{old & story.pods} are still there: {story.facts()}")


def until_told(story: Story, text: str) -> None:
    """Let time pass until the status tells of it."""
    story.stage.until(lambda: text in story.status["message"], lambda: f"it says {story.status['message']}")


def evictions(story: Story) -> int:
    """How often the operator asked for a pod to go, since what was given."""
    return sum("eviction" in write for write in story.written)


@raced
def test_a_request_replaces_all_pods_one_after_the_other(story: Story) -> None:
    story.given(steps=HALF)
    grow_old(story)
    old = story.pods
    answer = story.ask("restart")
    assert answer["message"].startswith("pods from before")
    story.until(phase="Healthy", revision=1, pods={"v1": 3})
    until_replaced(story, old)
    story.until_said("PodsRestarted")
    assert evictions(story) == 3
    # The answer, three evictions, the end, an Event of both; where it is slow, the counts and the split's status.
    story.budget(writes=9)


@raced
def test_the_manifest_asks_for_it_and_again_for_another_one(story: Story) -> None:
    story.given(steps=HALF)
    for _ in range(2):
        grow_old(story)
        old = story.pods
        story.change(restartAt=later(story, 0))
        until_replaced(story, old)
        story.until(phase="Healthy", pods={"v1": 3})
    story.then(revision=1, outcomes=["Promoted"])
    assert evictions(story) == 6


@raced
def test_pods_that_are_younger_are_left_alone(story: Story) -> None:
    story.given(steps=HALF)
    grow_old(story)
    old = story.pods
    moment = later(story, 0)
    grow_old(story)
    story.scale(5)
    story.until(phase="Healthy", pods={"v1": 5})
    young = story.pods - old
    story.change(replicas=5, restartAt=moment)
    until_replaced(story, old, kept=young)
    story.until(phase="Healthy", pods={"v1": 5})
    assert evictions(story) == 3


@scenario
def test_a_time_of_long_ago_restarts_nothing(story: Story) -> None:
    story.given(steps=HALF)
    pods = story.pods
    story.change(restartAt=later(story, -3600))
    story.stays(3, phase="Healthy")
    assert story.pods == pods
    # A status: the generation, and that there was nothing to do; and that of the split, from the first release.
    story.budget(writes=2)


@raced
def test_a_time_to_come_is_waited_for(story: Story) -> None:
    story.given(steps=HALF)
    old = story.pods
    story.change(restartAt=later(story, 4))
    story.stays(2, phase="Healthy")
    assert story.pods == old
    until_replaced(story, old)
    story.until(phase="Healthy", pods={"v1": 3})


@raced
def test_a_release_that_is_paused_stays_where_it_is_and_both_versions_restart(story: Story) -> None:
    story.given(replicas=4, steps=HALF)
    story.release("v2")
    story.until(phase="Paused", weight=50, pods={"v1": 4, "v2": 2})
    grow_old(story)
    old = story.pods
    story.ask("restart")
    until_replaced(story, old)
    story.until(phase="Paused", step=1, weight=50, pods={"v1": 4, "v2": 2})
    story.until_said("PodsRestarted")
    story.ask("promote", step=1)
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 4})
    assert evictions(story) == 6


@raced
def test_a_rollout_that_is_paused_by_its_author_restarts(story: Story) -> None:
    story.given(steps=HALF)
    grow_old(story)
    old = story.pods
    story.change(paused=True, restartAt=later(story, 0))
    until_replaced(story, old)
    story.until(phase="Healthy", pods={"v1": 3})


@raced
def test_the_only_pod_of_a_canary_gets_company_before_it_goes(story: Story) -> None:
    story.given(steps=ONE_OF_THREE)
    story.release("v2")
    story.until(phase="Paused", weight=30, pods={"v1": 3, "v2": 1})
    grow_old(story)
    old = story.pods
    story.ask("restart")
    until_replaced(story, old)
    story.until(phase="Paused", sizes={"v1": 3, "v2": 1}, pods={"v1": 3, "v2": 1})
    story.until_said("PodsRestarted")
    # Its weight was never taken away, and it was never without a pod that answers.
    assert story.weights == [0, 30]


@raced
def test_company_stays_within_max_surge(story: Story) -> None:
    story.given(replicas=5, steps=[m.weight(20), m.pause()], canary={"maxSurge": 1})
    story.release("v2")
    story.until(phase="Paused", weight=20, pods={"v1": 4, "v2": 1})
    grow_old(story)
    old = story.pods
    story.ask("restart")
    story.until(sizes={"v1": 4, "v2": 2})
    until_replaced(story, old)
    story.until(phase="Paused", sizes={"v1": 4, "v2": 1}, pods={"v1": 4, "v2": 1})


@raced
def test_a_service_of_one_pod_has_two_for_the_time_of_its_restart(story: Story) -> None:
    story.given(replicas=1, steps=HALF)
    story.stage.apply(m.disruption_budget(minAvailable=1))
    grow_old(story)
    old = story.pods
    story.ask("restart")
    until_replaced(story, old)
    story.until(phase="Healthy", sizes={"v1": 1}, pods={"v1": 1})
    # The answer, the second pod, the eviction, one pod less, the end, an Event of both ends: 7. Counts on the way, the
    # split's status; and the eviction again, as long as the budget has not counted the second pod.
    story.budget(writes=11)


@raced
def test_a_service_of_one_pod_without_room_for_a_second_has_no_other_way(story: Story) -> None:
    story.given(replicas=1, strategy=m.counted(maxSurge=0))
    grow_old(story)
    old = story.pods
    story.ask("restart")
    until_replaced(story, old)
    story.until(phase="Healthy", sizes={"v1": 1}, pods={"v1": 1})


@raced
def test_the_budget_of_the_rollout_lets_more_go_at_once(story: Story) -> None:
    story.given(replicas=4, steps=HALF, canary={"maxUnavailable": "50%"})
    grow_old(story)
    old = story.pods
    story.ask("restart")
    until_replaced(story, old)
    story.until(phase="Healthy", pods={"v1": 4})
    assert evictions(story) == 4


@raced
def test_a_canary_without_a_router_restarts_within_the_budget_of_both_versions(story: Story) -> None:
    story.given(replicas=4, strategy=m.counted(*HALF))
    story.change("v2")
    story.until(phase="Paused", pods={"v1": 2, "v2": 2})
    grow_old(story)
    old = story.pods
    story.ask("restart")
    until_replaced(story, old)
    story.until(phase="Paused", pods={"v1": 2, "v2": 2})


@raced
def test_blue_green_restarts_the_preview_too(story: Story) -> None:
    story.given(strategy=m.blue_green(autoPromotionEnabled=False))
    story.change("v2")
    story.until(phase="Paused", pods={"v1": 3, "v2": 3})
    grow_old(story)
    old = story.pods
    story.ask("restart")
    until_replaced(story, old)
    story.until(phase="Paused", pods={"v1": 3, "v2": 3}, leads={m.STABLE: "v1", m.CANARY: "v2"})


@raced
def test_a_disruption_budget_that_forbids_it_is_told_and_asked_again(story: Story) -> None:
    story.given(steps=HALF)
    story.stage.apply(m.disruption_budget(minAvailable=3))
    grow_old(story)
    old = story.pods
    story.ask("restart")
    story.until(waiting="EvictionRefused")
    until_told(story, "The disruption budget web needs 3 healthy pods and has 3 currently")
    story.stays(3, waiting="EvictionRefused", pods={"v1": 3})
    assert story.pods == old
    story.stage.apply(m.disruption_budget(minAvailable=2))
    until_replaced(story, old)
    story.until(phase="Healthy", pods={"v1": 3})


@scenario
def test_a_disruption_budget_that_forbids_all_holds_no_release_up(story: Story) -> None:
    """A ReplicaSet that is made smaller is no eviction: what users need is kept by the release itself."""
    story.given(steps=HALF)
    story.stage.apply(m.disruption_budget(maxUnavailable=0))
    story.release("v2")
    story.until(phase="Paused", weight=50)
    story.ask("promote", step=1)
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3})
    story.scale(1)
    story.until(pods={"v2": 1})


@raced
def test_an_operator_that_is_killed_on_the_way_replaces_no_pod_twice(story: Story) -> None:
    story.given(steps=HALF)
    grow_old(story)
    old = story.pods
    story.ask("restart")
    story.stage.until(lambda: len(old & story.pods) < 3, lambda: f"none of {old} has gone")
    story.stage.kill_operator()
    story.stage.start_operator()
    until_replaced(story, old)
    story.until(phase="Healthy", pods={"v1": 3})
    story.until_said("PodsRestarted")
    assert evictions(story) == 3
