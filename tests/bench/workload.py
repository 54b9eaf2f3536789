"""The workloads of the budgets: N Rollouts of 5 pods each, by the strategy that they have.

canary            behind HTTPRoutes, steps 20-40-60-80 with pauses of a second
canary-analysis   the same, with an analysis a step
blue-green        all users at once by the active Service
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

NAMESPACE = "bench"
WEIGHTS = (20, 40, 60, 80)
Manifest = dict[str, Any]


def names(count: int) -> list[str]:
    """The names of the Rollouts."""
    return [f"app-{number:03}" for number in range(count)]


def objects(name: str, kind: str) -> Iterator[tuple[str, Manifest]]:
    """What a Rollout of this name needs, in the order to apply it: the collection's path and the object."""
    yield f"/api/v1/namespaces/{NAMESPACE}/services", _service(f"{name}-stable", name)
    yield f"/api/v1/namespaces/{NAMESPACE}/services", _service(f"{name}-canary", name)
    yield f"/apis/gateway.networking.k8s.io/v1/namespaces/{NAMESPACE}/httproutes", _route(name)
    yield f"/apis/tidegate.dev/v1alpha1/namespaces/{NAMESPACE}/rollouts", _rollout(name, STRATEGIES[kind](name))


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


def _canary(name: str, judged: Sequence[Manifest] = ()) -> Manifest:
    steps = [step for weight in WEIGHTS for step in ({"setWeight": weight}, {"pause": {"duration": 1}}, *judged)]
    routing = {"gatewayAPI": {"httpRoutes": [{"name": name}]}}
    services = {"canaryService": f"{name}-canary", "stableService": f"{name}-stable"}
    return {"canary": {**services, "trafficRouting": routing, "steps": steps}}


def _judged(name: str) -> Manifest:
    return _canary(name, [{"analysis": {"templates": [{"templateName": "content"}]}}])


def _blue_green(name: str) -> Manifest:
    return {"blueGreen": {"activeService": f"{name}-stable", "previewService": f"{name}-canary"}}


STRATEGIES: Mapping[str, Callable[[str], Manifest]] = {
    "canary": _canary,
    "canary-analysis": _judged,
    "blue-green": _blue_green,
}


def _rollout(name: str, strategy: Manifest) -> Manifest:
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 5,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, **image("1")["spec"]["template"]},
            "strategy": strategy,
        },
    }
