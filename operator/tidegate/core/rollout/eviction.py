"""Which pods of a ReplicaSet go now, when somebody looks at them."""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.core.actions import RestartPods
from tidegate.core.pods import PodView


def choose(pods: Iterable[PodView], action: RestartPods) -> tuple[list[PodView], int]:
    """The pods that may go now, the oldest first, and how many of the ReplicaSet's are still to be replaced."""
    own = [pod for pod in pods if pod.owner_uid == action.meta.uid and not pod.leaving]
    older = sorted((pod for pod in own if pod.created_at < action.older_than), key=lambda pod: pod.created_at)
    ready = sum(pod.ready for pod in own)
    room = action.most - (action.size - min(ready, action.available))
    # Those that don't answer are missing already: to replace them costs nothing.
    broken = [pod for pod in older if not pod.ready]
    chosen = [*broken, *[pod for pod in older if pod.ready][: max(room, 0)]]
    renewed = sum(pod.ready and pod.created_at >= action.older_than for pod in own)
    return chosen, max(action.size - renewed, 0)
