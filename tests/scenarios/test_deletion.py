"""A Rollout that is deleted: its pods go along or stay, and the route is as its author wrote it."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.stages.stage import Cascade, Raw
from tests.scenarios.story import Story

PINNED = {m.STABLE: True, m.CANARY: True}
GIVEN_BACK = {m.STABLE: False, m.CANARY: False}
STOP = [m.weight(30), m.pause()]


def given_a_release_at_its_stop(story: Story) -> Raw:
    """Version v2 has 30 %; the route as it was before."""
    story.given(steps=STOP)
    written = story.route
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
    return written


def _left(service: Raw) -> tuple[Raw, list[str]]:
    """The selector, and what marks of ours are left."""
    notes = service["metadata"].get("annotations") or {}
    return service["spec"]["selector"], [name for name in notes if "tidegate.dev" in name]


# The operator may see the children go before the Rollout, and make them again for a moment.
@raced
def test_a_deleted_rollout_takes_its_pods_along(story: Story) -> None:
    written = given_a_release_at_its_stop(story)
    story.stage.delete("Rollout", m.NAME)
    story.until(phase=None, asked=None, versions=[], pods={"v1": 0, "v2": 0}, weight=0, pinned=GIVEN_BACK)
    assert story.route == written
    # What is deployed in its place gets the traffic: nothing is left of the selectors' label, nor of the mark.
    as_written = (m.services()[0]["spec"]["selector"], [])
    assert [_left(service) for service in story.stage.all_of("Service")] == [as_written] * 2
    story.budget(writes=15)


@scenario
def test_one_that_is_deleted_while_the_operator_is_down(story: Story) -> None:
    written = given_a_release_at_its_stop(story)
    story.stage.kill_operator()
    story.stage.delete("Rollout", m.NAME)
    story.until(phase=None, asked=None, versions=[], pods={"v1": 0, "v2": 0})
    story.then(weight=30, pinned=PINNED)
    story.stage.start_operator()
    story.until(weight=0, pinned=GIVEN_BACK)
    assert story.route == written
    story.budget(writes=11)


@scenario
def test_orphans_serve_on_and_are_taken_back(story: Story) -> None:
    story.given(steps=STOP)
    pods = story.pods
    # The garbage collector must know by then who belongs to whom: what it learns late, it takes for left behind.
    story.stays(3, phase="Healthy")
    story.stage.delete("Rollout", m.NAME, Cascade.ORPHAN)
    story.until(phase=None)
    story.stays(1, sizes={"v1": 3}, pods={"v1": 3}, pinned=PINNED)
    story.change()
    story.until(phase="Healthy", pods={"v1": 3})
    assert story.pods == pods
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
    story.budget(writes=15)
