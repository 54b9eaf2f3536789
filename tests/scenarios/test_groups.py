"""Rollouts of one group: they take all the traffic together, or go back together."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced
from tests.scenarios.story import Story
from tidegate.core.rollout.revision import content_hash

HALF = [m.weight(50), m.pause()]
SHORT = [m.weight(50), m.pause("1s")]


def given_a_group(story: Story, *, steps: list[m.Manifest], others: list[m.Manifest]) -> None:
    """`web` and `db` of one group are released together."""
    story.stage.apply(m.other("d1", others, group="shop"))
    story.given(steps=steps, group="shop")
    story.until(pods={"v1": 3, "d1": 2})
    story.stage.apply(m.other("d2", others, group="shop"))
    story.release("v2")


def of_db(story: Story, field: str) -> object:
    """What the status of the other one says."""
    return ((story.stage.find("Rollout", "db") or {}).get("status") or {}).get(field)


def hash_of(version: str) -> str:
    """The pod template hash of a version of the other one."""
    return content_hash(m.other(version, [])["spec"]["template"])


def until_db(story: Story, field: str, wanted: object) -> None:
    story.stage.until(lambda: of_db(story, field) == wanted, lambda: f"{field} of db is {of_db(story, field)}")


def waits(story: Story) -> object:
    """What the other one waits for."""
    return (of_db(story, "waitingFor") or {}).get("reason")  # type: ignore[attr-defined]


# Two Rollouts, each with passes of its own, in all of them.
@raced
def test_the_fast_one_waits_for_the_slow_one(story: Story) -> None:
    given_a_group(story, steps=HALF, others=SHORT)
    story.until(phase="Paused", waiting="Paused", weight=50, step=1)
    story.stage.until(lambda: waits(story) == "GroupNotReady", lambda: f"db waits for {waits(story)}")
    # Without a router its pods are its traffic: it has all of it, and can go back still.
    story.stays(2, sizes={"d1": 0, "d2": 2})
    assert of_db(story, "stableRS") == hash_of("d1")
    story.ask("promote", step=1)
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3, "d1": 0, "d2": 2})
    until_db(story, "phase", "Healthy")
    story.budget(writes=34)


@raced
def test_when_one_is_taken_back_all_are(story: Story) -> None:
    given_a_group(story, steps=HALF, others=SHORT)
    story.until(phase="Paused", waiting="Paused", weight=50, step=1)
    story.stage.until(lambda: waits(story) == "GroupNotReady", lambda: f"db waits for {waits(story)}")
    story.ask("abort")
    story.until(phase="Degraded", weight=0, outcomes=["Promoted", "Aborted"], pods={"d1": 2, "d2": 0})
    until_db(story, "phase", "Degraded")
    assert "Rollout web of the group shop was taken back" in str(of_db(story, "abortCause"))
    # Tried again, each on its own; they meet again before the end.
    story.ask("retry")
    story.until(phase="Paused", waiting="Paused", weight=50, step=1)
    story.ask("promote", step=1)
    story.until(phase="Paused", waiting="GroupNotReady")
    assert "db is not as far: revision 2 was taken back" in story.status["message"]
    story.stage.apply(m.other("d1", SHORT, group="shop"))
    story.until(phase="Healthy", revision=2, pods={"v2": 3, "d1": 2, "d2": 0})
    story.budget(writes=58)


@raced
def test_order_in_a_group_is_no_knot(story: Story) -> None:
    story.stage.apply(m.other("d1", SHORT, group="shop"))
    story.given(steps=[], group="shop", dependsOn=[{"name": "db"}])
    story.until(pods={"v1": 3, "d1": 2})
    story.stage.apply(m.other("d2", SHORT, group="shop"))
    story.release("v2")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3, "d1": 0, "d2": 2})
    until_db(story, "stableRS", hash_of("d2"))
    story.budget(writes=30)
