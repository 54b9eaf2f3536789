"""The content of a ConfigMap or Secret: its hash, which is all that is kept of it, and the copy for one revision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.api.config import ConfigKind
from tidegate.core.actions import CopyConfig
from tidegate.core.rollout.revision import content_hash
from tidegate.core.world import HASH_LABEL, MANAGED

COPY_OF = "tidegate.dev/copy-of"
_CONTENT = ("data", "binaryData")


def hash_of(kind: ConfigKind, raw: Mapping[str, Any]) -> str:
    """The hash of what pods get to see of it: labels and annotations make no revision.

    That of a Secret is taken with its uid, which nobody knows who may not read the Secret: the hash goes into names,
    and a password that is short could be guessed by it.
    """
    content = {name: raw[name] for name in _CONTENT if raw.get(name)}
    if kind is ConfigKind.SECRET:
        content["uid"] = raw["metadata"].get("uid")
    return content_hash(content)


def copy_of(action: CopyConfig, raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """The copy to create; None when `raw` is no longer what the revision was made of.

    Labels and annotations are not taken over: by them GitOps tools would take the copy for theirs and prune it.
    """
    kind = action.config.kind
    if hash_of(kind, raw) != action.content_hash:
        return None
    return {
        "apiVersion": "v1",
        "kind": kind.value,
        "metadata": {
            "name": action.name,
            "namespace": action.namespace,
            "labels": {**MANAGED, HASH_LABEL: action.pod_hash},
            "annotations": {COPY_OF: action.config.name},
            "ownerReferences": [dict(action.owner)],
        },
        # Nobody changes the config of a version behind its back, and kubelets need not watch it.
        "immutable": True,
        **({"type": raw["type"]} if raw.get("type") else {}),
        **{name: raw[name] for name in _CONTENT if raw.get(name)},
    }
