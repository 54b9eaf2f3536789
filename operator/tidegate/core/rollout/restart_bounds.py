"""How many pods of a version a restart may take away at once: never those that its users need."""

from __future__ import annotations

from tidegate.core.rollout.reach import pods_in_use
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.strategy import Routing
from tidegate.core.rollout.targets import surge, unavailable, weight_of_steps
from tidegate.core.rollout.weights import asked, verified
from tidegate.core.world import ReplicaSetView


def most_missing(scene: Scene, rs: ReplicaSetView) -> int:
    """How many of its pods may be missing at once: `maxUnavailable`, at least one, and never all that there are.

    The only pod goes when nobody needs it, or when its service has one pod and there is no room for a second.
    """
    alone = rs.size == 1 and users_need_it(scene, rs)
    if _weight_moves(scene, rs) or (alone and (scene.spec.replicas > 1 or room_for_spare(scene, rs))):
        return 0
    bound = max(unavailable(scene), 1)
    if scene.strategy.routing is Routing.PODS:
        # They answer for one another.
        bound -= sum(max(each.size - each.available, 0) for each in _others(scene, rs))
    return max(min(bound, rs.size - 1 or 1), 0)


def users_need_it(scene: Scene, rs: ReplicaSetView) -> bool:
    """Without its pods, some users would get no answer."""
    if scene.strategy.routing is Routing.PODS:
        return not any(other.available for other in _others(scene, rs))
    return pods_in_use(scene, rs) > 0


def room_for_spare(scene: Scene, rs: ReplicaSetView) -> bool:
    """Whether a second pod beside its only one is within `maxSurge`, where that is set."""
    if scene.strategy.max_surge is None:
        return True
    return sum(each.size for each in _others(scene, rs)) + 2 <= scene.spec.replicas + surge(scene)


def _others(scene: Scene, rs: ReplicaSetView) -> list[ReplicaSetView]:
    return [each for each in scene.world.replicasets if each is not rs]


def _weight_moves(scene: Scene, rs: ReplicaSetView) -> bool:
    """The version is getting another weight: it was decided for the pods that were there, and is not in force yet."""
    if rs is not scene.new or not scene.releasing or scene.strategy.routing is not Routing.ROUTES:
        return False
    wanted = weight_of_steps(scene)
    # With all steps done it is stable in a moment, and its pods go then.
    return scene.steps_done or asked(scene) != wanted or not verified(scene, wanted)
