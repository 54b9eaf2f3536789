"""Header and mirror routes: which the steps ask for, which may stand now, and whether any still lead to the canary."""

from __future__ import annotations

from tidegate.api.lanes import Lane
from tidegate.core.rollout.clamp import canary_side, stable_side
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.targets import managed_routes
from tidegate.core.rollout.weights import verified

Lanes = tuple[Lane, ...]


def lanes_of_steps(scene: Scene) -> Lanes:
    """The lanes that the steps ask for now, in the order of `managedRoutes`; none at the end."""
    found = (route.lane(scene.strategy.canary_service) for route in managed_routes(scene))
    return tuple(lane for lane in found if lane is not None)


def asked_lanes(scene: Scene) -> Lanes:
    """The lanes that are written into the routes."""
    split = scene.world.split
    return tuple(split.spec.lanes) if split is not None and split.spec is not None else ()


def next_lanes(scene: Scene) -> Lanes:
    """The lanes to ask for now: none while nobody answers behind the canary Service, and a new one when all do."""
    current = asked_lanes(scene)
    if not scene.stepping:
        # As with the weight: while nobody answers on the stable side, whoever is served stays served.
        return () if stable_side(scene).ready else current
    if scene.steps_done:
        # In one write with the weight, which waits for the stable Service where the old version lingers.
        return current if scene.strategy.lingers else ()
    side = canary_side(scene)
    if not side.ready:
        return ()
    wanted = lanes_of_steps(scene)
    return wanted if side.full else tuple(lane for lane in wanted if lane in current)


def left_canary(scene: Scene) -> bool:
    """Nobody is sent to the canary Service, by weight, header or copy: seen on every route."""
    return verified(scene, 0) and not asked_lanes(scene)
