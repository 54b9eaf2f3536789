"""Recorded objects of a release in the middle: version 2 has 20 % of the traffic."""

from __future__ import annotations

import copy
import json
from typing import Any

from tests.manifests.good import good

Raw = dict[str, Any]
PATH = "/apis/tidegate.dev/v1alpha1/namespaces/default/rollouts/shop"
LIST = "/apis/tidegate.dev/v1alpha1/namespaces/default/rollouts"
SETS = "/apis/apps/v1/namespaces/default/replicasets"
PODS = "/api/v1/namespaces/default/pods"
RUNS = "/apis/tidegate.dev/v1alpha1/namespaces/default/analysisruns"
EVENTS = "/api/v1/namespaces/default/events"

STATUS: Raw = {
    "phase": "Paused",
    "message": "step 2 of 6 is a pause",
    "step": "1/6",
    "observedGeneration": 2,
    "currentRevision": 2,
    "currentPodHash": "new",
    "stableRS": "old",
    "currentStepIndex": 1,
    "readyReplicas": 6,
    "availableReplicas": 6,
    "waitingFor": {"reason": "Paused", "message": "step 2 of 6 is a pause without an end"},
    "canary": {
        "weights": {"canary": {"weight": 20}, "stable": {"weight": 80}, "asked": 20, "verified": True},
    },
    "history": [
        {
            "revision": 2,
            "podTemplateHash": "new",
            "images": ["shop:2"],
            "startedAt": "2026-01-31T12:00:00Z",
            "cadenceSeconds": 7200,
        }
    ],
}


def rollout(**status: Any) -> Raw:
    """The Rollout, with these fields of the status in place of the recorded ones; None takes one away."""
    manifest = good()["rollout"]
    manifest["metadata"] |= {"namespace": "default", "uid": "rollout", "generation": 2, "resourceVersion": "7"}
    merged = {**copy.deepcopy(STATUS), **status}
    manifest["status"] = {name: value for name, value in merged.items() if value is not None}
    return manifest


def replicaset(pod_hash: str, revision: int, size: int) -> Raw:
    template = {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "shop", "image": f"shop:{revision}"}]},
    }
    return {
        "metadata": {
            "name": f"shop-{pod_hash}",
            "uid": f"set-{pod_hash}",
            "labels": {"tidegate.dev/pod-template-hash": pod_hash},
            "annotations": {"tidegate.dev/revision": str(revision), "tidegate.dev/template": json.dumps(template)},
            "ownerReferences": [{"uid": "rollout"}],
        },
        "spec": {"replicas": size, "template": template},
        "status": {"readyReplicas": size},
    }


def pod(name: str, pod_hash: str, *, phase: str = "Running", restarts: int = 0) -> Raw:
    return {
        "metadata": {"name": name, "ownerReferences": [{"uid": f"set-{pod_hash}"}]},
        "spec": {"containers": [{"name": "shop"}]},
        "status": {"phase": phase, "containerStatuses": [{"ready": True, "restartCount": restarts}]},
    }


def run(name: str, phase: str, message: str = "") -> Raw:
    return {
        "metadata": {
            "name": name,
            "labels": {"tidegate.dev/pod-template-hash": "new", "tidegate.dev/analysis-role": "background"},
            "ownerReferences": [{"uid": "rollout"}],
        },
        "status": {
            "phase": phase,
            "message": message,
            "metricResults": [{"name": "errors", "phase": phase, "successful": 3, "failed": 1}],
        },
    }


def release() -> dict[str, Any]:
    """All objects of the release, by path."""
    return {
        PATH: rollout(),
        LIST: [rollout()],
        SETS: [replicaset("old", 1, 5), replicaset("new", 2, 1), replicaset("older", 0, 0)],
        PODS: [pod("shop-new-1", "new", restarts=2), pod("shop-old-1", "old"), pod("other", "elsewhere")],
        RUNS: [run("shop-new-2", "Running")],
        EVENTS: [],
    }
