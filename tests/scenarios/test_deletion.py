"""A Rollout that is deleted: its pods go along or stay, and the route is as its author wrote it."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.stages.stage import Cascade, Raw
from tests.scenarios.story import Story

STOP = [m.weight(30), m.pause()]


def given_a_release_at_its_stop(story: Story) -> Raw:
    """Version v2 has 30 %; the route as it was before."""
    story.given(steps=STOP)
    written = story.route
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
    return written


# The operator may see the children go before the Rollout, and make them again for a moment.
@raced
def test_a_deleted_rollout_takes_its_pods_along(story: Story) -> None:
    written = given_a_release_at_its_stop(story)
    story.stage.delete("Rollout", m.NAME)
    story.until(phase=None, asked=None, versions=[], pods={"v1": 0, "v2": 0}, weight=0)
    assert story.route == written


@scenario
def test_one_that_is_deleted_while_the_operator_is_down(story: Story) -> None:
    written = given_a_release_at_its_stop(story)
    story.stage.kill_operator()
    story.stage.delete("Rollout", m.NAME)
    story.until(phase=None, asked=None, versions=[], pods={"v1": 0, "v2": 0})
    story.then(weight=30)
    story.stage.start_operator()
    story.until(weight=0)
    assert story.route == written


@scenario
def test_orphans_serve_on_and_are_taken_back(story: Story) -> None:
    story.given(steps=STOP)
    pods = story.pods
    # The garbage collector must know by then who belongs to whom: what it learns late, it takes for left behind.
    story.stays(3, phase="Healthy")
    story.stage.delete("Rollout", m.NAME, Cascade.ORPHAN)
    story.until(phase=None)
    story.stays(1, sizes={"v1": 3}, pods={"v1": 3})
    story.change()
    story.until(phase="Healthy", pods={"v1": 3})
    assert story.pods == pods
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
