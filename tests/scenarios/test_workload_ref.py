"""A Rollout takes its pods from a Deployment, takes over from it, and gives it its pods back."""

from __future__ import annotations

from typing import Any

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.stages.stage import Raw
from tests.scenarios.story import Story

OLD = "old"
MARKS = ["tidegate.dev/replicas-before", "tidegate.dev/scaled-down-by"]


def deployment(version: str, **spec: Any) -> Raw:
    """The Deployment as its author has it."""
    of = m.rollout(version, [])["spec"]
    spec |= {"selector": of["selector"], "template": of["template"]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": OLD}, "spec": spec}


def change_image(story: Story, version: str) -> None:
    """What `kubectl set image deployment/old` does."""
    story.stage.merge("Deployment", OLD, {"spec": {"template": m.rollout(version, [])["spec"]["template"]}})


def referring(scale_down: str, metadata: Raw | None = None, **spec: Any) -> Raw:
    """The Rollout that takes its pods from the Deployment."""
    manifest = m.rollout("v1", [m.weight(30), m.pause()], 3)
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": OLD, "scaleDown": scale_down}
    of = {key: value for key, value in manifest["spec"].items() if key != "template"} | {"workloadRef": ref, **spec}
    return {**manifest, "metadata": metadata or manifest["metadata"], "spec": of}


def adopt(story: Story, scale_down: str) -> None:
    story.stage.apply(referring(scale_down))


def size(story: Story) -> tuple[int, list[str]]:
    """The Deployment's size, and the marks of ours on it."""
    found = story.stage.find("Deployment", OLD) or {}
    notes = found["metadata"].get("annotations") or {}
    return found["spec"]["replicas"], sorted(name for name in notes if "tidegate.dev" in name)


def until_size(story: Story, replicas: int, marks: list[str]) -> None:
    story.stage.until(lambda: size(story) == (replicas, marks), lambda: f"the Deployment has {size(story)}")


def given_an_adopted_deployment(story: Story, scale_down: str) -> None:
    story.prepare()
    story.stage.apply(deployment("v1", replicas=3))
    story.until(pods={"v1": 3})
    adopt(story, scale_down)
    story.until(phase="Healthy")


@scenario
def test_one_that_stays(story: Story) -> None:
    given_an_adopted_deployment(story, "never")
    story.stays(2, pods={"v1": 6})
    assert size(story) == (3, [])


@scenario
def test_it_gives_way_and_its_template_is_what_is_released(story: Story) -> None:
    given_an_adopted_deployment(story, "onsuccess")
    until_size(story, 0, MARKS)
    story.until(pods={"v1": 3})
    story.errors("v2", 0.0)
    change_image(story, "v2")
    story.until(phase="Paused", weight=30, step=1)
    change_image(story, "v1")
    story.until(phase="Healthy", weight=0)
    # At every revision, not at the first one alone.
    story.stage.merge("Deployment", OLD, {"spec": {"replicas": 2}})
    until_size(story, 0, MARKS)


# Pods that come one by one and pods that all come at once take the place of others in different steps.
@raced
def test_one_that_gives_way_pod_by_pod(story: Story) -> None:
    given_an_adopted_deployment(story, "progressively")
    until_size(story, 0, MARKS)
    adopt(story, "never")
    until_size(story, 3, [])


@scenario
def test_it_gets_its_pods_back_from_an_operator_that_was_down(story: Story) -> None:
    given_an_adopted_deployment(story, "onsuccess")
    until_size(story, 0, MARKS)
    story.stage.kill_operator()
    story.stage.delete("Rollout", m.NAME)
    story.until(phase=None)
    story.stage.start_operator()
    until_size(story, 3, [])
    story.until(pods={"v1": 3}, pinned={m.STABLE: False, m.CANARY: False})


# The garbage collector may be seen before the deletion that it follows: the split is then made, and taken, once more.
@raced
def test_a_rollout_that_is_deleted_gives_it_its_pods_back_at_once(story: Story) -> None:
    given_an_adopted_deployment(story, "onsuccess")
    until_size(story, 0, MARKS)
    story.stage.delete("Rollout", m.NAME)
    until_size(story, 3, [])
    story.until(pods={"v1": 3}, pinned={m.STABLE: False, m.CANARY: False}, sizes={"v1": 3})


@scenario
def test_the_budget_of_an_adoption_and_a_release(story: Story) -> None:
    story.prepare()
    story.stage.apply(deployment("v1", replicas=3))
    story.until(pods={"v1": 3})
    story.begin_budget()
    adopt(story, "onsuccess")
    until_size(story, 0, MARKS)
    story.errors("v2", 0.0)
    change_image(story, "v2")
    story.until(phase="Paused", weight=30, step=1)
    story.ask("promote")
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3})
    story.budget(writes=27)


# Two Rollouts are made beside each other: who is first is chance.
@raced
def test_what_another_rollout_has_taken_over_is_not_taken_from_it(story: Story) -> None:
    story.prepare()
    story.stage.apply(deployment("v1", replicas=1))
    story.stage.apply(referring("onsuccess", {"name": "other"}, strategy={"canary": {}}))
    until_size(story, 0, MARKS)
    adopt(story, "onsuccess")
    story.until(phase="Degraded", conditions={"InvalidSpec": True})
    assert "Deployment old was scaled down by Rollout other" in story.status["message"]
    story.stage.delete("Rollout", "other")
    story.until(phase="Healthy", pods={"v1": 3})
    until_size(story, 0, MARKS)


@scenario
def test_one_that_is_missing_is_named(story: Story) -> None:
    story.prepare()
    adopt(story, "never")
    story.until(phase="Degraded", sizes={})
    assert "Deployment old does not exist" in story.status["message"]
    story.stage.apply(deployment("v1", replicas=1))
    story.until(phase="Healthy")
