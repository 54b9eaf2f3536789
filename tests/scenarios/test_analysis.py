"""A release that Prometheus judges: good, bad, unclear, and nothing to judge by."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import scenario
from tests.scenarios.story import BAD, GOOD, UNCLEAR, Story

JUDGED = [step for percent in (20, 40, 60, 80) for step in (m.weight(percent), m.pause("1s"), m.analysis())]
ONE_LOOK = [m.weight(30), m.analysis(), m.weight(60)]


@scenario
def test_an_analysis_a_step_within_its_budget(story: Story) -> None:
    story.given(replicas=5, steps=JUDGED)
    story.look(1)
    story.release("v2")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 5}, sizes={"v1": 0})
    story.then(runs=["Successful"] * 4)
    story.budget(writes=42)


@scenario
def test_a_failed_analysis_takes_the_release_back(story: Story) -> None:
    story.given(steps=ONE_LOOK)
    story.release("v2", errors=BAD)
    story.until(phase="Degraded", aborted=True, weight=0, pods={"v1": 3, "v2": 0})
    story.then(runs=["Failed"], outcomes=["Promoted", "Aborted"])
    assert story.weights == [0, 30, 0]


@scenario
def test_what_failed_is_measured_anew_by_a_retry(story: Story) -> None:
    story.given(steps=ONE_LOOK)
    story.release("v2", errors=BAD)
    story.until(phase="Degraded", aborted=True, weight=0, outcomes=["Promoted", "Aborted"])
    story.errors("v2", GOOD)
    story.ask("retry")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3})
    story.then(runs=["Failed", "Successful"])


@scenario
def test_an_unclear_analysis_holds_until_it_is_measured_again(story: Story) -> None:
    story.given(steps=ONE_LOOK)
    story.release("v2", errors=UNCLEAR)
    story.until(phase="Paused", waiting="AnalysisUndecided", weight=30, runs=["Inconclusive"])
    story.stays(1, phase="Paused", weight=30, aborted=False)
    story.errors("v2", GOOD)
    assert story.ask("resume")["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, runs=["Inconclusive", "Successful"])


@scenario
def test_an_unclear_analysis_may_be_passed_by_a_person(story: Story) -> None:
    story.given(steps=ONE_LOOK)
    story.release("v2", errors=UNCLEAR)
    story.until(phase="Paused", waiting="AnalysisUndecided", weight=30)
    assert story.ask("promote")["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, runs=["Inconclusive"])


@scenario
def test_a_prometheus_that_is_down_holds_the_release(story: Story) -> None:
    story.given(steps=ONE_LOOK)
    story.stage.stop_prometheus()
    story.release("v2")
    story.until(waiting="Analysis", weight=30, runs=["Running"])
    story.stays(2, aborted=False, weight=30, runs=["Running"])
    story.stage.start_prometheus()
    story.until(phase="Healthy", revision=2, runs=["Successful"])


@scenario
def test_no_data_is_neither_success_nor_failure(story: Story) -> None:
    story.given(steps=ONE_LOOK)
    story.release("v2", errors=None)
    story.until(phase="Paused", waiting="AnalysisUndecided", weight=30, runs=["Inconclusive"])
    story.stays(1, aborted=False, weight=30)
    story.errors("v2", GOOD)
    assert story.ask("resume")["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, runs=["Inconclusive", "Successful"])


@scenario
def test_what_had_no_data_is_measured_again_when_there_is_some(story: Story) -> None:
    story.given(steps=ONE_LOOK)
    story.release("v2", errors=None)
    story.until(phase="Paused", waiting="AnalysisUndecided", weight=30, runs=["Inconclusive"])
    story.errors("v2", GOOD)
    story.until(phase="Healthy", revision=2, runs=["Inconclusive", "Successful"])


@scenario
def test_a_background_analysis_begins_at_its_step_and_takes_the_release_back(story: Story) -> None:
    story.given(steps=[m.weight(20), m.pause(), m.weight(40), m.pause()], canary={"analysis": m.background(2)})
    story.look(1000)
    story.release("v2")
    story.until(phase="Paused", weight=20, step=1)
    story.stays(1, runs=[])
    story.ask("promote", step=1)
    story.until(phase="Paused", weight=40, step=3, runs=["Running"])
    story.errors("v2", BAD)
    story.until(phase="Degraded", aborted=True, weight=0, runs=["Failed"], pods={"v2": 0})


INITIAL = {"analysis": {**m.analysis()["analysis"], "initial": True}}


@scenario
def test_the_first_version_is_judged_too(story: Story) -> None:
    story.prepare()
    story.look(2)
    story.errors("v1", GOOD)
    story.begin_budget()
    story.change("v1", canary=INITIAL)
    story.until(phase="Healthy", outcomes=["Promoted"], runs=["Successful"], pods={"v1": 3})
    story.budget(writes=14)


@scenario
def test_a_first_version_that_fails_serves_and_is_not_called_stable(story: Story) -> None:
    story.prepare()
    story.errors("v1", BAD)
    story.change("v1", canary=INITIAL)
    story.until(phase="Degraded", waiting="InitialAnalysisFailed", runs=["Failed"], aborted=False, pods={"v1": 3})
    story.stays(2, conditions={"Ready": False, "Stalled": True}, outcomes=[None], pods={"v1": 3}, runs=["Failed"])
    assert "stableRS" not in story.status
    story.errors("v1", GOOD)
    assert story.ask("retry")["outcome"] == "Done"
    story.until(phase="Healthy", outcomes=["Promoted"], runs=["Failed", "Successful"])


@scenario
def test_a_first_version_that_fails_may_be_taken_as_it_is_or_replaced(story: Story) -> None:
    story.prepare()
    story.errors("v1", BAD)
    story.change("v1", canary=INITIAL)
    story.until(phase="Degraded", waiting="InitialAnalysisFailed")
    story.release("v2", errors=UNCLEAR)
    story.until(phase="Degraded", waiting="InitialAnalysisFailed", revision=2, pods={"v1": 0, "v2": 3})
    assert story.ask("promote")["outcome"] == "Refused"
    assert story.ask("promoteFull")["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, outcomes=["Superseded", "FastPromoted"], pods={"v2": 3})
