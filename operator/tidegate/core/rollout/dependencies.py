"""Order between Rollouts: who goes first, and how far must they be. Going back never waits for anybody."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.api.dependency import Dependency, DependencyCondition
from tidegate.api.rollout_status import Phase
from tidegate.core.rollout.group import waits_for
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.world import RolloutView


def may_follow(scene: Scene) -> Wait | None:
    """None when all that go first are as far as they must be."""
    waits = (_waits(scene, asked) for asked in scene.spec.depends_on)
    return wrong_order(scene) or next((wait for wait in waits if wait is not None), None)


def wrong_order(scene: Scene) -> Wait | None:
    """An order that can never be kept: a circle, or a Rollout that is not there. Told before anything has to wait."""
    path = cycle(scene)
    if path:
        return Wait("DependencyCycle", f"dependsOn goes round in a circle: {' → '.join(path)}; remove one of them")
    names = (asked.name for asked in scene.spec.depends_on)
    missing = next((name for name in names if name not in scene.world.peers), None)
    if missing is None:
        return None
    return Wait("DependencyMissing", f"dependsOn names Rollout {missing}, which does not exist: create it")


def cycle(scene: Scene) -> tuple[str, ...]:
    """The names along a circle that leads back to this Rollout; empty when there is none."""
    own = scene.world.rollout.meta.name
    return next(_circles(scene, (own,)), ())


def _circles(scene: Scene, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    view = scene.world.rollout if len(path) == 1 else scene.world.peers.get(path[-1])
    for asked in view.spec.depends_on if view and view.spec else ():
        if asked.name == path[0]:
            yield (*path, asked.name)
        elif asked.name not in path:
            yield from _circles(scene, (*path, asked.name))


def _waits(scene: Scene, asked: Dependency) -> Wait | None:
    view = scene.world.peers[asked.name]
    # One that waits for this one to be as far must not be waited for.
    if waits_for(view, scene.spec.group) or _share(view) >= (100 if asked.weight is None else asked.weight):
        return None
    wanted = "be Healthy" if asked.condition is not DependencyCondition.WEIGHT else f"have {asked.weight} %"
    return Wait("DependencyNotReady", f"Rollout {asked.name} goes first and has to {wanted}: it is {_stands(view)}")


def _share(view: RolloutView) -> float:
    """How much of the traffic the version of its manifest has, in percent, as it was seen; -1: nothing is known."""
    status = view.status
    if view.spec is None or status.observed_generation != view.meta.generation or status.abort:
        return -1
    if status.phase is Phase.HEALTHY:
        return 100
    weights = status.canary.weights
    releasing = status.current_pod_hash != status.stable_rs and bool(status.stable_rs)
    # One that is queued shows the weight of the template before it.
    queued = status.waiting_for is not None and status.waiting_for.reason == "Queued"
    return weights.percent_seen if weights is not None and releasing and not queued else -1


def _stands(view: RolloutView) -> str:
    return f"{view.status.phase or 'not looked at yet'}, {view.status.message or 'nothing is said'}"[:200]
