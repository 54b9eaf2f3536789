"""The copies of a revision: made when its ReplicaSet is there to own them, and before it gets pods to need them.

The ReplicaSet is created at size 0; then the copies, which it owns; then one write gives it its size and tells that the
copies are there. Whatever moment the operator ends at: without that mark they are made again, and one that is there
already is success.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tidegate.core.actions import CopyConfig
from tidegate.core.config.references import renamed
from tidegate.core.config.revision import Versioned
from tidegate.core.rollout.revision import canonical_json, replicaset_name
from tidegate.core.world import CONFIG, COPIED, ReplicaSetView


def with_copies(template: Mapping[str, Any], config: Versioned, pod_hash: str) -> dict[str, Any]:
    """The template whose pods use the copies of this revision."""
    copied = {view.config for view in config.found}
    return renamed(template, lambda each: replicaset_name(each.name, pod_hash) if each in copied else each.name)


def notes(config: Versioned, pod_hash: str) -> dict[str, str]:
    """The annotations of a ReplicaSet that is to have copies: what each is a copy of, for `undo`."""
    if not config.found:
        return {}
    names = {str(view.config): replicaset_name(view.config.name, pod_hash) for view in config.found}
    return {CONFIG: canonical_json(names)}


def copies(rs: ReplicaSetView, config: Versioned) -> Iterable[CopyConfig]:
    """One for each ConfigMap and Secret, owned by the ReplicaSet: they go with it."""
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": rs.meta.name,
        "uid": rs.meta.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
    for view in config.found:
        name = replicaset_name(view.config.name, rs.pod_hash)
        yield CopyConfig(rs.meta.namespace, view.config, view.content_hash, name, rs.pod_hash, owner)


MARK: Mapping[str, Any] = {"metadata": {"annotations": {COPIED: "true"}}}
"""The patch of a ReplicaSet whose copies are all there."""
