"""The workload of the budgets: N Rollouts of 5 pods behind HTTPRoutes, steps 20-40-60-80 with pauses of a second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

NAMESPACE = "bench"
WEIGHTS = (20, 40, 60, 80)
Manifest = dict[str, Any]


def names(count: int) -> list[str]:
    """The names of the Rollouts."""
    return [f"app-{number:03}" for number in range(count)]


def objects(name: str, *, analysis: bool) -> Iterator[tuple[str, Manifest]]:
    """What a Rollout of this name needs, in the order to apply it: the collection's path and the object."""
    yield f"/api/v1/namespaces/{NAMESPACE}/services", _service(f"{name}-stable", name)
    yield f"/api/v1/namespaces/{NAMESPACE}/services", _service(f"{name}-canary", name)
    yield f"/apis/gateway.networking.k8s.io/v1/namespaces/{NAMESPACE}/httproutes", _route(name)
    yield f"/apis/tidegate.dev/v1alpha1/namespaces/{NAMESPACE}/rollouts", _rollout(name, analysis=analysis)


def template(prometheus: str) -> tuple[str, Manifest]:
    """An analysis that is always content: what is measured is the operator, not the query."""
    return f"/apis/tidegate.dev/v1alpha1/namespaces/{NAMESPACE}/analysistemplates", {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": "content", "namespace": NAMESPACE},
        "spec": {
            "metrics": [
                {
                    "name": "content",
                    "successCondition": "result[0] == 1",
                    "provider": {"prometheus": {"address": prometheus, "query": "vector(1)"}},
                }
            ],
        },
    }


def image(version: str) -> Manifest:
    """The change that starts a release."""
    return {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": f"app:{version}"}]}}}}


def _service(name: str, app: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def _route(name: str) -> Manifest:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "parentRefs": [{"name": "gateway", "namespace": "tidegate-demo"}],
            "hostnames": [f"{name}.example.com"],
            "rules": [
                {
                    "backendRefs": [
                        {"name": f"{name}-stable", "port": 80, "weight": 100},
                        {"name": f"{name}-canary", "port": 80, "weight": 0},
                    ]
                }
            ],
        },
    }


def _steps(*, analysis: bool) -> list[Manifest]:
    measure = {"analysis": {"templates": [{"templateName": "content"}]}}
    judged = [measure] if analysis else []
    return [step for weight in WEIGHTS for step in ({"setWeight": weight}, {"pause": {"duration": 1}}, *judged)]


def _rollout(name: str, *, analysis: bool) -> Manifest:
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 5,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, **image("1")["spec"]["template"]},
            "strategy": {
                "canary": {
                    "canaryService": f"{name}-canary",
                    "stableService": f"{name}-stable",
                    "trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": name}]}},
                    "steps": _steps(analysis=analysis),
                }
            },
        },
    }
