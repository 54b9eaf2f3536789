"""The pods of a new ReplicaSet: what the user wrote, the revision's label, its copies of config, role and nodes."""

from __future__ import annotations

from typing import Any

from tidegate.core.config import copies
from tidegate.core.rollout import affinity, pod_metadata
from tidegate.core.rollout.revision import canonical_json, labelled
from tidegate.core.rollout.scene import Scene
from tidegate.core.world import HASH_LABEL, REVISION, TEMPLATE


def pod_template(scene: Scene) -> dict[str, Any]:
    """The template of the new version's ReplicaSet."""
    template = copies.with_copies(scene.spec.pods.as_written(), scene.config, scene.new_hash)
    template = pod_metadata.with_marks(template, pod_metadata.born_with(scene))
    return labelled(affinity.kept_apart(scene, template), HASH_LABEL, scene.new_hash)


def notes(scene: Scene) -> dict[str, str]:
    """The annotations of the new version's ReplicaSet."""
    return {
        REVISION: str(scene.status.current_revision),
        # As it was written, without the API server's defaults: undo brings back the same revision.
        TEMPLATE: canonical_json(scene.spec.pods.as_written()),
        **copies.notes(scene.config, scene.new_hash),
        **pod_metadata.notes(pod_metadata.born_with(scene)),
        **affinity.notes(scene),
    }
