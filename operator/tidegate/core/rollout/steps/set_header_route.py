"""Step `setHeaderRoute`: done when every route was seen to send the requests with these headers to the canary.

Without `match` it is done when no route does any more.
"""

from __future__ import annotations

from tidegate.core.rollout.arrival import route_arrived
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Outcome


def advance(scene: Scene) -> Outcome:
    """Pods first, then the rule: whoever carries the header must meet somebody."""
    return route_arrived(scene)
