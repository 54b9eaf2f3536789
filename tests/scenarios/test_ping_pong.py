"""Two Services that take turns: no Service under traffic changes its selector, and no traffic goes back."""

from __future__ import annotations

from tests.scenarios import manifests as m
from tests.scenarios.facts import weight_of
from tests.scenarios.scenario import scenario
from tests.scenarios.story import Story, hash_of
from tidegate.core.world import HASH_LABEL

HALF = [m.weight(50), m.pause()]
WALK = [step for percent in (20, 40, 60, 80) for step in (m.weight(percent), m.pause("1s"))]
PING, PONG = m.STABLE, m.CANARY


def turn(story: Story) -> object:
    """Whose turn it is."""
    return (story.status.get("canary") or {}).get("stablePingPong")


def led_elsewhere(story: Story) -> list[tuple[str, int]]:
    """The Services of which the selector was changed since v1 served, each with its share of the traffic then."""
    found, weight, led = [], 0, {PING: hash_of("v1"), PONG: hash_of("v1")}
    for change in story.stage.changes():
        name = change.object["metadata"]["name"]
        if change.kind == "HTTPRoute":
            weight = weight_of(change.object)
        if change.kind == "Service" and change.object["spec"]["selector"].get(HASH_LABEL, led[name]) != led[name]:
            led[name] = change.object["spec"]["selector"][HASH_LABEL]
            found.append((name, weight if name == PONG else 100 - weight))
    return found


@scenario
def test_each_release_ends_on_the_other_service(story: Story) -> None:
    story.given(replicas=5, steps=WALK, canary=m.in_turn())
    assert turn(story) == "ping"
    story.release("v2")
    story.until(phase="Healthy", revision=2, weight=100, pods={"v1": 0, "v2": 5}, leads={PING: "v2", PONG: "v2"})
    assert turn(story) == "pong"
    assert story.weights == [0, 20, 40, 60, 80, 100]
    story.release("v3")
    story.until(phase="Healthy", revision=3, weight=0, pods={"v2": 0, "v3": 5}, leads={PING: "v3", PONG: "v3"})
    assert turn(story) == "ping"
    assert story.weights == [0, 20, 40, 60, 80, 100, 80, 60, 40, 20, 0]
    story.budget(writes=56)


@scenario
def test_no_service_under_traffic_changes_its_selector(story: Story) -> None:
    story.given(steps=HALF, canary={**m.in_turn(), "scaleDownDelaySeconds": 30})
    story.release("v2")
    story.until(phase="Paused", weight=50, leads={PING: "v1", PONG: "v2"})
    assert story.ask("promote", step=1)["outcome"] == "Done"
    story.until(phase="Healthy", revision=2, weight=100, leads={PONG: "v2"})
    assert led_elsewhere(story) == [(PONG, 0), (PING, 0)]


@scenario
def test_taken_back_it_is_the_turn_of_the_same(story: Story) -> None:
    story.given(steps=HALF, canary=m.in_turn())
    story.release("v2")
    story.until(phase="Paused", weight=50)
    assert story.ask("abort")["outcome"] == "Done"
    story.until(phase="Degraded", weight=0, pods={"v1": 3, "v2": 0}, leads={PING: "v1", PONG: "v1"})
    assert turn(story) == "ping"
    assert story.ask("retry")["outcome"] == "Done"
    story.until(phase="Paused", weight=50)
    assert story.ask("promoteFull")["outcome"] == "Done"
    story.until(phase="Healthy", weight=100, pods={"v1": 0, "v2": 3})
    assert turn(story) == "pong"
    story.release("v1")
    story.until(phase="Paused", weight=50, leads={PING: "v1", PONG: "v2"})
    story.change("v2")
    story.until(phase="Healthy", weight=100, leads={PING: "v2", PONG: "v2"})
    assert turn(story) == "pong"


@scenario
def test_a_service_of_size_0_takes_the_new_version_without_a_turn(story: Story) -> None:
    story.given(replicas=0, steps=HALF, canary=m.in_turn())
    story.release("v2")
    story.until(phase="Healthy", revision=2, weight=0, leads={PING: "v2", PONG: "v2"})
    story.scale(3)
    story.until(phase="Healthy", pods={"v2": 3}, weight=0)
    assert turn(story) == "ping"


@scenario
def test_services_that_took_turns_get_their_roles_for_good(story: Story) -> None:
    story.given(steps=HALF, canary=m.in_turn())
    story.release("v2")
    story.until(phase="Paused", weight=50)
    assert story.ask("promoteFull")["outcome"] == "Done"
    story.until(phase="Healthy", weight=100, pods={"v1": 0, "v2": 3})
    story.change(canary={"pingPong": None})
    story.until(phase="Healthy", weight=0, leads={PING: "v2", PONG: "v2"})
    assert turn(story) is None
    story.release("v3")
    story.until(phase="Paused", weight=50, leads={PING: "v2", PONG: "v3"})


@scenario
def test_roles_that_change_under_way_send_nobody_to_a_version_that_was_not_judged(story: Story) -> None:
    story.given(replicas=4, steps=HALF, canary=m.in_turn())
    story.release("v2")
    story.until(phase="Paused", weight=50, leads={PING: "v1", PONG: "v2"})
    story.change(canary={"pingPong": {"pingService": PONG, "pongService": PING}})
    story.until(phase="Paused", weight=50, leads={PING: "v2", PONG: "v1"})
    # The pong of today is in front of the version that was on trial; before, all went to the one that works.
    assert story.weights == [0, 50, 100, 50]
    story.then(sizes={"v1": 4, "v2": 2})
