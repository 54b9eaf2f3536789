"""Things that go wrong around a release: pods, Services, routes, the operator itself."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.scenario import raced, scenario
from tests.scenarios.story import Story

STOP = [m.weight(30), m.pause(), m.weight(60), m.analysis()]


@scenario
def test_a_version_that_crashes_never_gets_traffic(story: Story) -> None:
    # Longer than a status may be held back: pods that it doesn't tell of yet count as progress when it is written.
    story.given(steps=STOP, progressDeadlineSeconds=7)
    story.release("crash")
    story.until(phase="Progressing", waiting="PodsNotAvailable", pods={"crash": 1})
    story.until(phase="Degraded", aborted=False, conditions={"Progressing": False, "Stalled": True, "Available": True})
    assert story.weights == [0]
    story.change("v1")
    story.until(phase="Healthy", pods={"v1": 3, "crash": 0}, conditions={"Stalled": False})
    story.budget(writes=13)


@scenario
def test_a_stuck_release_is_taken_back_where_that_is_asked_for(story: Story) -> None:
    story.given(steps=STOP, progressDeadlineSeconds=2, progressDeadlineAbort=True)
    story.release("crash")
    story.until(phase="Degraded", aborted=True, pods={"v1": 3, "crash": 0}, outcomes=["Promoted", "Aborted"])
    story.until_said("Aborted", "no progress for 2 s")
    assert story.weights == [0]
    story.budget(writes=10)


@scenario
def test_an_operator_that_is_killed_goes_on_where_it_was(story: Story) -> None:
    story.given(steps=STOP)
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
    story.stage.kill_operator()
    story.write({"id": "while-down", "action": "promote", "revision": 2, "step": 1})
    story.stage.start_operator()
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3})
    story.then(runs=["Successful"])
    assert story.weights == [0, 30, 60, 100, 0]
    story.budget(writes=32)


@scenario
def test_an_operator_that_is_killed_over_and_over_comes_to_the_same_end(story: Story) -> None:
    story.given(steps=[m.weight(20), m.pause("2s"), m.analysis(), m.weight(60), m.pause("2s")])
    story.release("v2")
    for wanted in ({"weight": 20}, {"runs": ["Running"]}, {"weight": 60}):
        story.until(**wanted)
        story.stage.kill_operator()
        story.stage.start_operator()
    story.until(phase="Healthy", revision=2, pods={"v1": 0, "v2": 3})
    story.then(runs=["Successful"])
    assert story.weights == [0, 20, 60, 100, 0]
    story.budget(writes=30)


@raced
def test_a_missing_service_is_named_and_waited_for(story: Story) -> None:
    story.prepare(services=False)
    story.change("v1")
    story.until(phase="Degraded", waiting="ServiceNotFound", conditions={"Stalled": True})
    for service in m.services():
        story.stage.apply(service)
    story.until(phase="Healthy", pods={"v1": 3}, conditions={"Stalled": False})
    story.budget(writes=15)


@raced
def test_a_service_that_is_deleted_in_mid_release_holds_it(story: Story) -> None:
    story.given(steps=STOP)
    story.release("v2")
    story.until(phase="Paused", weight=30, step=1)
    story.stage.delete("Service", m.CANARY)
    story.until(phase="Degraded", waiting="ServiceNotFound", aborted=False, weight=0)
    story.stage.apply(m.services()[1])
    story.until(phase="Paused", weight=30, step=1)
    story.budget(writes=25)


@scenario
def test_a_missing_route_is_named_and_waited_for(story: Story) -> None:
    story.prepare(route=False)
    story.change("v1")
    story.until(phase="Progressing", waiting="WeightNotSeen", pods={"v1": 3})
    story.stage.apply(m.route())
    story.until(phase="Healthy", weight=0)
    story.budget(writes=13)


@scenario
def test_weights_of_somebody_else_are_put_right(story: Story) -> None:
    story.given(steps=[m.scale(replicas=3), m.weight(30), m.pause()])
    story.release("v2")
    story.until(phase="Paused", weight=30, step=2)
    story.set_weights(canary=90)
    story.until(weight=30)
    story.stays(1, weight=30, phase="Paused")
    story.until_said("WeightsCorrected", "somebody else")
    assert story.weights == [0, 30, 90, 30]
    story.ask("abort")
    story.until(weight=0, outcomes=["Promoted", "Aborted"])
    story.budget(writes=22)
