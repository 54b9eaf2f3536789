"""Labels and annotations on pods that are there. Pods are not watched: they are listed at the moment of need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.core.actions import MarkPods
from tidegate.core.world import HASH_LABEL
from tidegate.observe.fields import meta_view
from tidegate.observe.kinds import POD
from tidegate.shell.client import Client
from tidegate.shell.errors import ForbiddenError, NotFoundError


class PodMarker:
    """Puts metadata on the pods of a ReplicaSet."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def mark(self, action: MarkPods) -> None:
        """Patch those that differ, each by one write. Done again, it writes nothing."""
        namespace = action.meta.namespace
        for pod in await self._pods(namespace, action.pod_hash):
            meta = meta_view(pod)
            if meta.owner_uid == action.meta.uid and not meta.deleting and differs(pod, action):
                await self._patch(namespace, meta.name, action)

    async def _pods(self, namespace: str, pod_hash: str) -> tuple[Mapping[str, Any], ...]:
        try:
            found = await self._client.list_metadata(POD, namespace, selector=f"{HASH_LABEL}={pod_hash}")
        except ForbiddenError as error:
            raise ForbiddenError(f"the chart's value podMetadata=true gives the right: {error}") from error
        return found.items

    async def _patch(self, namespace: str, name: str, action: MarkPods) -> None:
        patch = {field: dict(values) for field, values in action.metadata.items() if values}
        try:
            await self._client.merge(POD, namespace, name, {"metadata": patch})
        except NotFoundError:
            # It has gone meanwhile, and the one in its place has the metadata from the template.
            return


def differs(pod: Mapping[str, Any], action: MarkPods) -> bool:
    """Whether the pod lacks something of it, or still has what is to go."""
    metadata = pod["metadata"]
    return any(
        (metadata.get(field) or {}).get(name) != value
        for field, values in action.metadata.items()
        for name, value in values.items()
    )
