"""What pods are beside their template: the config that they read, and what they bear by their role."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.property.examples import STABLE_FIELDS
from tests.property.promises import OPERATORS
from tests.scenarios.manifests import CONFIG, NAME
from tidegate.model import Cluster
from tidegate.model.api import Change
from tidegate.model.objects import Raw


class ConfigWitness:
    """No pod is asked for before all that it reads is there, and what a version reads never changes."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._read: dict[str, Raw] = {}
        cluster.api.watch(self._note)

    def _note(self, change: Change) -> None:
        if change.key.kind == "ReplicaSet" and change.type != "DELETED" and change.raw["spec"]["replicas"]:
            self._finds_its_config(change)
        if change.key.kind == "ConfigMap" and change.key.name != CONFIG and change.type == "MODIFIED":
            raise AssertionError(f"{change.by} changes the copy {change.key.name}")
        if change.key.name == CONFIG:
            assert change.by not in OPERATORS, "what the user wrote was written by the operator"

    def _finds_its_config(self, change: Change) -> None:
        for name in _names(change.raw):
            if name == CONFIG:
                continue
            found = self._cluster.api.find(self._cluster.key("ConfigMap", name))
            assert found is not None, f"{change.key.name} is to have pods, and {name} is not there"
            before = self._read.setdefault(change.key.name, found["data"])
            assert found["data"] == before


def _names(replicaset: Raw) -> Iterable[str]:
    sources = replicaset["spec"]["template"]["spec"]["containers"][0].get("envFrom") or ()
    return [source["configMapRef"]["name"] for source in sources if "configMapRef" in source]


def hold_roles(cluster: Cluster) -> None:
    """At the end every pod has what its template says, and the stable ones what their role has."""
    rollout = cluster.api.get(cluster.key("Rollout", NAME))
    stable = rollout["status"].get("stableRS", "")
    for raw in cluster.api.list("ReplicaSet"):
        metadata = raw["spec"]["template"]["metadata"]
        for pod in cluster.pods.of(raw["metadata"]["name"]):
            assert dict(pod.labels) == metadata["labels"], f"{pod.name} is not what its template says"
            assert pod.metadata["annotations"] == (metadata.get("annotations") or {})
            if raw["metadata"]["name"].endswith(f"-{stable}"):
                assert pod.labels.get("role") == _role_of_stable(rollout)


def _role_of_stable(rollout: Raw) -> Any:
    (strategy,) = rollout["spec"]["strategy"].values()
    asked = next((strategy[field] for field in STABLE_FIELDS if field in strategy), {})
    return (asked.get("labels") or {}).get("role")
