"""The Deployment controller: one ReplicaSet a template, and the old one goes when the new one answers."""

from __future__ import annotations

from functools import partial

from tidegate.core.objects import Key, key_of
from tidegate.core.rollout.revision import content_hash
from tidegate.model.api import ApiServer, Change
from tidegate.model.clock import Clock
from tidegate.model.objects import Raw, merged, owners_of, uid_of

NAME = "deployment-controller"
LAG = 0.01


class Deployments:
    """Makes ReplicaSets of Deployments."""

    def __init__(self, api: ApiServer, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        api.watch(self._note)

    def _note(self, change: Change) -> None:
        if change.by == NAME and change.key.kind == "Deployment":
            return
        if change.key.kind == "Deployment":
            self._clock.after(LAG, partial(self._sync, change.key))
        elif change.key.kind == "ReplicaSet":
            for owner in owners_of(change.raw):
                if owner["kind"] == "Deployment":
                    key = Key("Deployment", change.key.namespace, owner["name"])
                    self._clock.after(LAG, partial(self._sync, key))

    def _sync(self, key: Key) -> None:
        raw = self._api.find(key)
        if raw is None:
            return
        size, new = raw["spec"].get("replicas", 1), self._new(key, raw)
        self._resize(new, size)
        if _available(new) >= size:
            for old in self._owned(raw):
                self._resize(old, size if key_of(old) == key_of(new) else 0)
        sets = self._owned(raw)
        status = {
            "observedGeneration": raw["metadata"]["generation"],
            "replicas": sum((rs.get("status") or {}).get("replicas", 0) for rs in sets),
            "availableReplicas": sum(_available(rs) for rs in sets),
        }
        if raw.get("status") != status:
            self._api.merge(key, {"status": status}, NAME, subresource="status")

    def _new(self, key: Key, raw: Raw) -> Raw:
        pod_hash = content_hash(raw["spec"]["template"])
        label = {"metadata": {"labels": {"pod-template-hash": pod_hash}}}
        found = self._api.find(Key("ReplicaSet", key.namespace, f"{key.name}-{pod_hash}"))
        return found or self._api.create(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": f"{key.name}-{pod_hash}",
                    "namespace": key.namespace,
                    "labels": {"pod-template-hash": pod_hash},
                    "ownerReferences": [
                        {
                            "apiVersion": "apps/v1",
                            "kind": "Deployment",
                            "name": key.name,
                            "uid": uid_of(raw),
                            "controller": True,
                        }
                    ],
                },
                "spec": {"replicas": 0, "template": merged(raw["spec"]["template"], label)},
            },
            NAME,
        )

    def _owned(self, raw: Raw) -> list[Raw]:
        uid = uid_of(raw)
        return [rs for rs in self._api.list("ReplicaSet") if any(ref["uid"] == uid for ref in owners_of(rs))]

    def _resize(self, replicaset: Raw, size: int) -> None:
        if replicaset["spec"].get("replicas") != size:
            self._api.merge(key_of(replicaset), {"spec": {"replicas": size}}, NAME)


def _available(replicaset: Raw) -> int:
    return int((replicaset.get("status") or {}).get("availableReplicas", 0))
