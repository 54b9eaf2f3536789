"""When a release may start and move on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.scenarios import manifests as m
from tests.scenarios.scenario import scenario
from tests.scenarios.story import Story
from tidegate.api.meta import time_text

STOP = [m.weight(30), m.pause(), m.weight(60), m.pause()]
NEVER = {"windows": [{"cron": "0 0 29 2 *", "duration": "1s"}]}


def frozen(story: Story, seconds: float) -> dict[str, Any]:
    now = story.stage.now()
    begin, end = now - timedelta(seconds=60), now + timedelta(seconds=seconds)
    return {"freezes": [{"from": time_text(begin), "to": time_text(end), "reason": "fair"}]}


@scenario
def test_a_release_waits_for_the_end_of_a_freeze(story: Story) -> None:
    story.given(steps=STOP)
    story.change(schedule=frozen(story, 4))
    story.release("v2")
    story.until(phase="Paused", waiting="Frozen", revision=1, versions=["v1"])
    story.until(phase="Paused", waiting="Paused", revision=2, weight=30, step=1)
    story.budget(writes=12)


@scenario
def test_a_release_in_its_middle_waits_for_a_window(story: Story) -> None:
    story.given(steps=[m.weight(30), m.pause("1s"), m.weight(60), m.pause()])
    story.change(steps=STOP)
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=30, step=1)
    story.change(schedule=NEVER, steps=[m.weight(30), m.weight(60), m.pause()])
    story.until(phase="Paused", waiting="OutsideWindow", weight=30)
    assert story.ask("promoteFull")["outcome"] == "Refused"
    story.change(schedule={})
    story.until(phase="Paused", waiting="Paused", weight=60, step=2)
    story.budget(writes=19)


@scenario
def test_an_abort_and_the_way_back_never_wait(story: Story) -> None:
    story.given(steps=STOP)
    story.release("v2")
    story.until(phase="Paused", waiting="Paused", weight=30, step=1)
    story.change(schedule=NEVER)
    story.ask("abort")
    story.until(phase="Degraded", aborted=True, weight=0, outcomes=["Promoted", "Aborted"])
    story.change("v1")
    story.until(phase="Healthy", sizes={"v1": 3, "v2": 0})
    story.budget(writes=23)


@scenario
def test_an_override_lets_it_go_on(story: Story) -> None:
    story.given(steps=STOP, schedule=NEVER)
    until = time_text(story.stage.now() + timedelta(hours=1))
    story.release("v2")
    story.until(phase="Paused", waiting="OutsideWindow", revision=1)
    story.change(schedule={**NEVER, "override": {"by": "ann", "reason": "hotfix", "until": until}})
    story.until(phase="Paused", waiting="Paused", revision=2, weight=30, step=1)
    story.until_said("ScheduleOverridden", "ann: hotfix")
    story.budget(writes=14)


@scenario
def test_releases_keep_their_distance(story: Story) -> None:
    story.given(schedule={"minIntervalSeconds": 6})
    story.release("v2")
    story.until(phase="Paused", waiting="MinInterval", revision=1)
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3})
    assert story.status["history"][-1]["cadenceSeconds"] >= 6
    story.budget(writes=18)
