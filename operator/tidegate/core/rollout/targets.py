"""How big and how much: sizes and weight that follow from the step, never from what was done before."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor

from tidegate.api.managed_routes import SetHeaderRoute, SetMirrorRoute
from tidegate.api.rollout import SetCanaryScale
from tidegate.api.sizing import ThresholdType
from tidegate.core.rollout.scene import FULL, Scene
from tidegate.core.rollout.strategy import Routing


def weight_of_steps(scene: Scene) -> int:
    """The canary's weight that the steps ask for now: the last `setWeight` up to the current step, all at the end."""
    if not scene.stepping or scene.withheld or not scene.spec.replicas:
        return 0
    if scene.steps_done:
        return scene.full
    reached = scene.steps[: scene.index + 1]
    return next((step.set_weight for step in reversed(reached) if step.set_weight is not None), 0)


def pods_for(replicas: int, weight: int, full: int = FULL) -> int:
    """Pods that carry `weight` of `full` for a service of `replicas` pods: rounded up, as Argo Rollouts does."""
    return ceil(Fraction(replicas * weight, full))


def managed_routes(scene: Scene) -> tuple[SetHeaderRoute | SetMirrorRoute, ...]:
    """The header and mirror routes that the steps up to the current one have set, in the order of `managedRoutes`."""
    if not scene.stepping or scene.steps_done or not scene.spec.replicas:
        return ()
    last = {
        step.managed_route.name: step.managed_route for step in scene.steps[: scene.index + 1] if step.managed_route
    }
    found = (last.get(name) for name in scene.strategy.managed_routes)
    return tuple(route for route in found if route is not None and route.match)


def canary_size_of_steps(scene: Scene) -> int:
    """The canary's size that the steps ask for now: the nearest `setCanaryScale`, else what the weight needs.

    A header or mirror route leads to somebody: to one pod at least.
    """
    if scene.withheld:
        return 0
    if scene.steps_done:
        return scene.spec.replicas
    return max(_scaled(scene), 1 if managed_routes(scene) else 0)


def _scaled(scene: Scene) -> int:
    scale = scale_in_force(scene)
    if scale is None:
        return _size_of_weight(scene)
    if scale.replicas is not None:
        return scale.replicas
    return pods_for(scene.spec.replicas, scale.weight or 0)


def _size_of_weight(scene: Scene) -> int:
    replicas, weight = scene.spec.replicas, weight_of_steps(scene)
    if scene.strategy.routing is Routing.PODS:
        return divide(replicas, weight, surge(scene))[0]
    return max(pods_for(replicas, weight, scene.full), min(scene.strategy.min_pods, replicas) if weight else 0)


def enough_pods(scene: Scene) -> int:
    """How many of the canary's pods a step needs to go on: all, or what `replicaProgressThreshold` says."""
    size, threshold = canary_size_of_steps(scene), scene.strategy.threshold
    if threshold is None or scene.steps_done:
        return size
    part = pods_for(size, threshold.value) if threshold.type is ThresholdType.PERCENT else threshold.value
    return min(size, part)


def surge(scene: Scene) -> int:
    """How many pods there may be beyond spec.replicas: a percentage is rounded up, as in a Deployment."""
    return _resolve(scene.strategy.max_surge or 0, scene.spec.replicas, ceil)


def unavailable(scene: Scene) -> int:
    """How many pods may be missing: a percentage is rounded down; one, when nothing could move otherwise."""
    pods = _resolve(scene.strategy.max_unavailable, scene.spec.replicas, floor)
    return pods or (0 if surge(scene) else 1)


def _resolve(bound: int | str, replicas: int, rounded: Callable[[float], int]) -> int:
    text = str(bound)
    return rounded(replicas * int(text[:-1]) / FULL) if text.endswith("%") else int(text)


def divide(replicas: int, weight: int, surge: int) -> tuple[int, int]:
    """Pods of the new and of the old version whose share is nearest to `weight` percent, as Argo Rollouts divides them.

    One pod more than `replicas` may come nearer, when there may be more. Of two that are as near, the greater canary.
    Between 1 % and 99 % each version has a pod, unless a single one is all there may be.
    """
    if not replicas:
        return 0, 0
    totals = (replicas, replicas + 1) if surge else (replicas,)
    exact = Fraction(replicas * weight, FULL)
    pairs = [(canary, total - canary) for total in totals for canary in (ceil(exact), floor(exact))]
    both = 0 < weight < FULL and totals[-1] > 1
    possible = [pair for pair in pairs if min(pair) >= both]
    return min(possible, key=lambda pair: (_distance(pair, weight), -pair[0]))


def _distance(pair: tuple[int, int], weight: int) -> Fraction:
    return abs(Fraction(FULL * pair[0], sum(pair)) - weight)


def scale_in_force(scene: Scene) -> SetCanaryScale | None:
    """The nearest `setCanaryScale` up to the current step, unless it says that the size follows the weight again."""
    reached = scene.steps[: scene.index + 1]
    scale = next((s.set_canary_scale for s in reversed(reached) if s.set_canary_scale is not None), None)
    return None if scale is None or scale.match_traffic_weight else scale
