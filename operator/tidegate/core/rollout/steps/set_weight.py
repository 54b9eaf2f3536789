"""Step `setWeight`: done when the canary has its pods and every route was seen to carry the weight."""

from __future__ import annotations

from tidegate.core.rollout.arrival import arrived
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Outcome


def advance(scene: Scene) -> Outcome:
    """Pods first, then the weight: traffic never goes where nobody answers."""
    weight = scene.steps[scene.index].set_weight
    assert weight is not None  # noqa: S101 - the table of steps picked this module by this field
    return arrived(scene, weight)
