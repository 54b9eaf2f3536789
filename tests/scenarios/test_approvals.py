"""Releases that wait for people of a list, and what others can and can't do there."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import scenario
from tests.scenarios.story import Story

STEPS = [m.weight(30), m.approval(users=["ann"], groups=["sre"]), m.weight(60), m.pause()]


def given_a_release_at_its_approval(story: Story, *steps: m.Manifest) -> None:
    """Version v2 has 30 % and waits to be approved."""
    story.given(steps=list(steps) or STEPS)
    story.release("v2")
    story.until(phase="Paused", waiting="Approval", weight=30, step=1)


@scenario
def test_one_of_the_list_lets_it_go_on_and_nobody_else(story: Story) -> None:
    given_a_release_at_its_approval(story)
    refused = story.ask("approve", step=1, by="bob")
    assert (refused["outcome"], refused["by"]) == ("Refused", "bob")
    assert "bob" in story.forge("approve", step=1, by="ann", writer="bob")
    assert story.ask("promote", step=1, by="bob")["outcome"] == "Refused"
    assert story.ask("skipStep", step=1, by="ann")["outcome"] == "Refused"
    assert story.ask("promoteFull", step=1, by="bob")["outcome"] == "Refused"
    story.stays(1, phase="Paused", waiting="Approval", weight=30, step=1)
    assert story.ask("approve", step=1, by="ann")["outcome"] == "Done"
    story.until(phase="Paused", waiting="Paused", weight=60, step=3)
    story.then(approvals=[(1, "ann")])
    assert story.ask("approve", step=1, by="ann")["outcome"] == "Refused"


@scenario
def test_a_member_of_a_group_approves(story: Story) -> None:
    given_a_release_at_its_approval(story)
    assert story.ask("approve", step=1, by="carl", group="dev")["outcome"] == "Refused"
    assert story.ask("approve", step=1, by="carl", group="sre")["outcome"] == "Done"
    story.until(phase="Paused", weight=60, step=3, approvals=[(1, "carl")])


@scenario
def test_applying_the_manifest_again_in_the_middle_changes_nothing(story: Story) -> None:
    given_a_release_at_its_approval(story)
    story.ask("approve", step=1, by="bob")
    story.stage.apply(story.manifest)
    story.stays(1, phase="Paused", waiting="Approval", step=1)
    assert story.ask("approve", step=1, by="ann")["outcome"] == "Done"
    story.stage.apply(story.manifest)
    story.until(phase="Paused", waiting="Paused", weight=60, step=3, approvals=[(1, "ann")])
    assert story.ask("promote", step=3, by="bob")["outcome"] == "Done"
    story.until(phase="Healthy", outcomes=["Promoted", "Promoted"], pods={"v1": 0, "v2": 3})
    story.then(approvals=[(1, "ann")])


@scenario
def test_nobody_approves_in_time_and_it_is_taken_back(story: Story) -> None:
    given_a_release_at_its_approval(story, m.weight(30), m.approval(users=["ann"], timeoutSeconds=3), m.weight(60))
    story.until(phase="Degraded", aborted=True, weight=0, pods={"v2": 0}, outcomes=["Promoted", "Aborted"])
    story.until_said("Aborted", "nobody approved step 2 of 3 within 3 s")


@scenario
def test_nobody_approves_in_time_and_it_goes_on_waiting(story: Story) -> None:
    late = m.approval(users=["ann"], timeoutSeconds=2, onTimeout="Pause")
    given_a_release_at_its_approval(story, m.weight(30), late, m.weight(60), m.pause())
    story.until(phase="Paused", waiting="ApprovalTimedOut", weight=30)
    assert story.ask("approve", step=1, by="ann")["outcome"] == "Done"
    story.until(phase="Paused", waiting="Paused", weight=60)


@scenario
def test_an_approval_outlives_the_operator(story: Story) -> None:
    given_a_release_at_its_approval(story)
    story.ask("pause")
    assert story.ask("approve", step=1, by="ann")["outcome"] == "Done"
    story.until(phase="Paused", waiting="PausedByRequest")
    story.stage.kill_operator()
    story.stage.start_operator()
    assert story.ask("resume")["outcome"] == "Done"
    story.until(phase="Paused", waiting="Paused", weight=60, approvals=[(1, "ann")])


@scenario
def test_other_steps_and_another_try_ask_for_another_approval(story: Story) -> None:
    given_a_release_at_its_approval(story, *STEPS[:2], m.pause(), m.weight(60), m.pause())
    story.ask("approve", step=1, by="ann")
    story.until(phase="Paused", waiting="Paused", step=2)
    story.change(steps=[m.weight(40), *STEPS[1:]])
    story.until(phase="Paused", waiting="Approval", weight=40, step=1)
    story.ask("approve", step=1, by="ann")
    story.until(phase="Paused", waiting="Paused", weight=60, step=3)
    story.ask("abort")
    story.until(phase="Degraded", weight=0)
    story.ask("retry")
    story.until(phase="Paused", waiting="Approval", weight=40, step=1)


@scenario
def test_a_step_is_skipped(story: Story) -> None:
    story.given(steps=[m.weight(30), m.pause(), m.weight(60), m.pause()])
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
    assert story.ask("skipStep", step=1)["outcome"] == "Done"
    story.until(phase="Paused", weight=60, step=3)
    assert story.ask("skipStep", step=1)["outcome"] == "Refused"


@scenario
def test_the_budget_of_an_approval(story: Story) -> None:
    given_a_release_at_its_approval(story, m.weight(30), m.approval(users=["ann"]))
    story.ask("approve", step=1, by="ann")
    story.until(phase="Healthy", pods={"v1": 0, "v2": 3})
    story.budget(24)
