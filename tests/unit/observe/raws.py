"""Raw objects as the API shows them, with just what a test says about them."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from tidegate.api.meta import API_VERSION

Raw = dict[str, Any]
NAMESPACE = "shop"
_versions = count(1000)


def obj(kind: str, name: str, *, api: str = API_VERSION, namespace: str = NAMESPACE, **parts: Any) -> Raw:
    """An object with a fresh resourceVersion; `meta` is merged into its metadata, other parts stand beside it."""
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": f"uid-{kind}-{name}",
        "resourceVersion": str(next(_versions)),
        "generation": 1,
        "creationTimestamp": "2026-01-02T03:04:05Z",
        **parts.pop("meta", {}),
    }
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **parts}


def again(raw: Raw, *, version: int | None = None, **parts: Any) -> Raw:
    """A later state of an object: `meta` is merged into its metadata, other parts replace those it had."""
    metadata = {**raw["metadata"], "resourceVersion": str(version or next(_versions)), **parts.pop("meta", {})}
    return {**raw, "metadata": metadata, **parts}


def owner(kind: str, name: str) -> Raw:
    """metadata that says who controls the object."""
    reference = {"apiVersion": API_VERSION, "kind": kind, "name": name, "uid": f"uid-{kind}-{name}", "controller": True}
    return {"ownerReferences": [reference]}


def rollout(name: str = "web", *, steps: list[Raw] | None = None, **parts: Any) -> Raw:
    """A Rollout with the Services NAME and NAME-canary and the route NAME."""
    spec = {
        "replicas": 5,
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "web", "image": "demo:v1"}]},
        },
        "strategy": {
            "canary": {
                "stableService": name,
                "canaryService": f"{name}-canary",
                "trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": name}]}},
                "steps": steps or [{"setWeight": 20}, {"pause": {}}],
            }
        },
    }
    return obj("Rollout", name, **{"spec": spec, **parts})


def replicaset(name: str, pod_hash: str, *, of: str = "web", size: int = 5, available: int = 0, **parts: Any) -> Raw:
    """A ReplicaSet of the Rollout `of`."""
    labels = {"tidegate.dev/pod-template-hash": pod_hash}
    meta = {"labels": labels, "annotations": {"tidegate.dev/revision": "1"}, **owner("Rollout", of)}
    template = {"spec": {"containers": [{"name": "web", "image": "demo:v1"}]}}
    status = {"replicas": available, "readyReplicas": available, "availableReplicas": available}
    spec = {"replicas": size, "template": template}
    return obj("ReplicaSet", name, **{"api": "apps/v1", "meta": meta, "spec": spec, "status": status, **parts})


def service(name: str, selector: Raw | None = None, **parts: Any) -> Raw:
    """A Service."""
    return obj("Service", name, **{"api": "v1", "spec": {"selector": selector or {"app": "web"}}, **parts})


def endpoint(pod: str, **conditions: bool) -> Raw:
    """An endpoint of a pod."""
    return {"addresses": ["10.0.0.1"], "conditions": conditions, "targetRef": {"kind": "Pod", "name": pod}}


def endpoints(name: str, of: str, *found: Raw, **parts: Any) -> Raw:
    """An EndpointSlice of the Service `of`."""
    meta = {"labels": {"kubernetes.io/service-name": of}}
    return obj("EndpointSlice", name, **{"api": "discovery.k8s.io/v1", "meta": meta, "endpoints": list(found), **parts})


def route(name: str = "web", *, mark: str | None = None, **parts: Any) -> Raw:
    """An HTTPRoute between NAME and NAME-canary; `mark` is the TrafficSplit that has written into it."""
    backends = [{"name": name, "port": 80, "weight": 100}, {"name": f"{name}-canary", "port": 80, "weight": 0}]
    annotations = {f"split.tidegate.dev/{NAMESPACE}.{mark}": _mark(mark, name)} if mark else {}
    return obj(
        "HTTPRoute",
        name,
        **{
            "api": "gateway.networking.k8s.io/v1",
            "meta": {"annotations": annotations},
            "spec": {"parentRefs": [{"name": "gateway"}], "rules": [{"backendRefs": backends}]},
            **parts,
        },
    )


def _mark(split: str, name: str) -> str:
    weights = {f"{name}:80": 100, f"{name}-canary:80": 0}
    asked = {name: 100, f"{name}-canary": 0}
    rule = {"rule": None, "original": weights, "asked": asked, "written": weights}
    return json.dumps({"split": f"{NAMESPACE}/{split}", "rules": [rule]})


def split(name: str = "web", *, canary: int = 20, **parts: Any) -> Raw:
    """A TrafficSplit between NAME and NAME-canary over the route NAME, owned by the Rollout NAME."""
    backends = [{"service": name, "weight": 100 - canary}, {"service": f"{name}-canary", "weight": canary}]
    spec = {"routes": [{"name": name}], "backends": backends}
    return obj("TrafficSplit", name, **{"meta": owner("Rollout", name), "spec": spec, **parts})


def template(name: str, *, takes: list[Raw] | None = None, cluster: bool = False, **parts: Any) -> Raw:
    """An AnalysisTemplate, or a ClusterAnalysisTemplate; `takes` are the templates that it takes in."""
    metric = {"name": "errors", "provider": {"prometheus": {"address": "http://prometheus", "query": "vector(1)"}}}
    spec = {"metrics": [metric], **({"templates": takes} if takes else {})}
    kind, namespace = ("ClusterAnalysisTemplate", "") if cluster else ("AnalysisTemplate", NAMESPACE)
    return obj(kind, name, **{"namespace": namespace, "spec": spec, **parts})


def run(name: str, *, of: str = "web", **parts: Any) -> Raw:
    """An AnalysisRun of a step of the Rollout `of`."""
    metric = {"name": "errors", "provider": {"prometheus": {"address": "http://prometheus", "query": "vector(1)"}}}
    labels = {"tidegate.dev/analysis-role": "step", "tidegate.dev/pod-template-hash": "abc"}
    meta = {"labels": labels, **owner("Rollout", of)}
    return obj("AnalysisRun", name, **{"meta": meta, "spec": {"metrics": [metric]}, **parts})
