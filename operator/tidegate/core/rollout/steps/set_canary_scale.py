"""Step `setCanaryScale`: done when the canary has the size that it names."""

from __future__ import annotations

from tidegate.core.rollout.arrival import endpoints_arrived, pods_arrived
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Done, Outcome


def advance(scene: Scene) -> Outcome:
    """The weight stays as it is."""
    return pods_arrived(scene) or endpoints_arrived(scene) or Done(fleeting=True)
