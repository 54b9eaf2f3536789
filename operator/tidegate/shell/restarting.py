"""Replacing pods that are older than a moment, through the Eviction API: a PodDisruptionBudget may refuse one."""

from __future__ import annotations

from tidegate.core.actions import RestartPods
from tidegate.core.pods import PodView, RestartProgress
from tidegate.core.rollout.eviction import choose
from tidegate.core.world import HASH_LABEL
from tidegate.observe.pods import pod_view
from tidegate.shell.client import Client
from tidegate.shell.errors import ConflictError, EvictionRefusedError, ForbiddenError, NotFoundError


class PodRestarter:
    """Looks at the pods of a ReplicaSet and evicts those whose turn it is."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def restart(self, action: RestartPods) -> RestartProgress:
        """Evict what may go now. A refusal is an answer: it holds up nothing but the restart itself."""
        left, refused = action.size, ""
        try:
            pods = await self._client.list_pods(action.meta.namespace, f"{HASH_LABEL}={action.pod_hash}")
            chosen, left = choose(map(pod_view, pods), action)
            for pod in chosen:
                await self._evict(action.meta.namespace, pod)
        except EvictionRefusedError as error:
            refused = str(error)
        except ForbiddenError as error:
            refused = f"the chart's value podRestarts=true gives the right: {error}"
        return RestartProgress(action.older_than, left, action.at, refused)

    async def _evict(self, namespace: str, pod: PodView) -> None:
        try:
            await self._client.evict(namespace, pod.name, pod.uid)
        except (NotFoundError, ConflictError):
            # It has gone meanwhile: the next look finds the one in its place.
            return
