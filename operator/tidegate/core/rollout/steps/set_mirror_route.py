"""Step `setMirrorRoute`: done when every route was seen to copy these requests to the canary.

Without `match` it is done when no route does any more. The weights hold for the requests themselves.
"""

from __future__ import annotations

from tidegate.core.rollout.arrival import route_arrived
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Outcome


def advance(scene: Scene) -> Outcome:
    """Pods first, then the copies: else the new version would be judged by requests that nobody got."""
    return route_arrived(scene)
