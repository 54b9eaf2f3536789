"""The config of an earlier revision: what `tidegate undo` puts back beside the template, out of its copies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tidegate.cli.cluster import Cluster, Raw
from tidegate.core.world import CONFIG

_PLURALS = {"ConfigMap": "configmaps", "Secret": "secrets"}
_CONTENT = ("data", "binaryData")


@dataclass(frozen=True, slots=True)
class Copied:
    """A ConfigMap or a Secret, and the name of the copy that the pods of a revision read."""

    kind: str
    name: str
    copy: str

    def path(self, namespace: str, name: str = "") -> str:
        """Where one of its kind lives, or all."""
        return f"/api/v1/namespaces/{namespace}/{_PLURALS[self.kind]}" + (f"/{name}" if name else "")


def copied(replicaset: Raw) -> tuple[Copied, ...]:
    """What the ReplicaSet of a revision has copies of; nothing when its config is no part of the release."""
    try:
        told = json.loads((replicaset.get("annotations") or {}).get(CONFIG) or "{}")
        found = ((config.partition(" "), copy) for config, copy in told.items())
        return tuple(Copied(kind, name, copy) for (kind, _, name), copy in found if kind in _PLURALS and name)
    except (ValueError, AttributeError):
        # Changed by hand: nothing that can be gone back to.
        return ()


def put_back(api: Cluster, configs: Iterable[Copied]) -> Iterator[str]:
    """Write what differs from the copy, in the user's own name; what was written, one after the other."""
    for config in configs:
        copy = api.get(config.path(api.namespace, config.copy))
        listed = api.items(config.path(api.namespace), fieldSelector=f"metadata.name={config.name}")
        if not listed:
            api.create(config.path(api.namespace), manifest(config, copy))
        elif operations := list(_operations(listed[0], copy)):
            api.patch(config.path(api.namespace, config.name), operations)
        else:
            continue
        yield f"{config.kind} {config.name}"


def manifest(config: Copied, copy: Raw) -> Raw:
    """The object under its own name with the content of the copy."""
    content = {field: copy[field] for field in ("type", *_CONTENT) if copy.get(field)}
    return {"apiVersion": "v1", "kind": config.kind, "metadata": {"name": config.name}, **content}


def _operations(now: Raw, copy: Raw) -> Iterator[Raw]:
    """A merge patch would leave those keys that the copy lacks."""
    for field in _CONTENT:
        if (now.get(field) or {}) != (copy.get(field) or {}):
            yield {"op": "add", "path": f"/{field}", "value": copy.get(field) or {}}
