"""Blue/green: the new version stands ready beside the old one, takes all users at once, and goes back at once."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.story import BAD, GOOD, Story

ANALYSIS = m.analysis()["analysis"]


@scenario
def test_a_release_switches_when_the_new_version_stands_ready(story: Story) -> None:
    story.given(strategy=m.blue_green())
    story.then(leads={m.STABLE: "v1", m.CANARY: "v1"})
    story.release("v2")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3})
    story.then(leads={m.STABLE: "v2", m.CANARY: "v2"}, outcomes=["Promoted", "Promoted"], asked=None)
    story.budget(writes=14)


@scenario
def test_the_switch_waits_for_a_person(story: Story) -> None:
    story.given(strategy=m.blue_green(autoPromotionEnabled=False, previewReplicaCount=1))
    story.release("v2")
    story.until(phase="Paused", leads={m.STABLE: "v1", m.CANARY: "v2"}, pods={"v1": 3, "v2": 1})
    story.ask("promote")
    story.until(phase="Healthy", leads={m.STABLE: "v2"}, pods={"v1": 0, "v2": 3})


@scenario
def test_a_bad_version_is_found_out_in_its_preview(story: Story) -> None:
    story.given(strategy=m.blue_green(prePromotionAnalysis=ANALYSIS))
    story.release("v2", errors=BAD)
    story.until(aborted=True, phase="Degraded", pods={"v1": 3, "v2": 0})
    story.then(leads={m.STABLE: "v1", m.CANARY: "v1"}, outcomes=["Promoted", "Aborted"])


@scenario
def test_a_version_that_fails_after_the_switch_goes_back_first_of_all(story: Story) -> None:
    story.given(strategy=m.blue_green(postPromotionAnalysis=ANALYSIS))
    story.release("v2", errors=BAD)
    story.until(aborted=True, leads={m.STABLE: "v1"}, pods={"v1": 3, "v2": 0})
    story.then(outcomes=["Promoted", "Aborted"], sizes={"v1": 3})


@scenario
def test_a_good_version_is_judged_before_and_after(story: Story) -> None:
    story.given(strategy=m.blue_green(prePromotionAnalysis=ANALYSIS, postPromotionAnalysis=ANALYSIS))
    story.release("v2", errors=GOOD)
    story.until(phase="Healthy", revision=2, leads={m.STABLE: "v2"}, pods={"v1": 0, "v2": 3})
    story.then(runs=["Successful", "Successful"])


@scenario
def test_going_back_is_one_write_as_long_as_the_old_version_stands(story: Story) -> None:
    story.given(strategy=m.blue_green(scaleDownDelaySeconds=600))
    story.release("v2")
    story.until(phase="Healthy", revision=2, leads={m.STABLE: "v2"}, pods={"v1": 3, "v2": 3})
    story.change("v1")
    story.until(phase="Healthy", revision=3, leads={m.STABLE: "v1"}, pods={"v1": 3, "v2": 3})
    story.then(outcomes=["Promoted", "Promoted", "FastPromoted"])


@raced
def test_a_green_that_crashes_is_switched_back_before_its_pods_go(story: Story) -> None:
    story.given(strategy=m.blue_green(postPromotionAnalysis=ANALYSIS))
    story.release("v2", errors=None)
    story.until(revision=2, leads={m.STABLE: "v2"})
    story.ask("abort")
    story.until(leads={m.STABLE: "v1"}, pods={"v1": 3, "v2": 0}, phase="Degraded")


@scenario
def test_over_a_route_the_switch_is_a_change_of_weights(story: Story) -> None:
    routing = {"gatewayAPI": {"httpRoutes": [{"name": m.NAME}]}}
    story.given(strategy=m.blue_green(trafficRouting=routing, autoPromotionEnabled=False))
    story.release("v2")
    story.until(phase="Paused", weight=0, leads={m.STABLE: "v1", m.CANARY: "v2"})
    story.ask("promote")
    story.until(phase="Healthy", revision=2, weight=0, leads={m.STABLE: "v2"}, pods={"v1": 0, "v2": 3})
    assert 100 in story.weights
