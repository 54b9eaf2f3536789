"""What an application of these tests consists of, as its author writes it."""

from __future__ import annotations

from typing import Any

from dev.cluster.inside import GATEWAY_NAME, GATEWAY_NAMESPACE

Manifest = dict[str, Any]
SUCCESS_RATE = (
    'sum(rate(http_requests_total{namespace="{{namespace}}", pod_template_hash="{{canary.hash}}", code!~"5.."}[3s]))'
    ' / sum(rate(http_requests_total{namespace="{{namespace}}", pod_template_hash="{{canary.hash}}"}[3s]))'
)
JUDGE: Manifest = {"analysis": {"templates": [{"templateName": "success-rate"}]}}


def walk(*weights: int) -> list[Manifest]:
    """To each weight, two seconds there, and an analysis of them."""
    return [step for weight in weights for step in ({"setWeight": weight}, {"pause": {"duration": "2s"}}, JUDGE)]


def hold(weight: int) -> list[Manifest]:
    """To a weight, and no further until somebody promotes."""
    return [{"setWeight": weight}, {"pause": {}}]


def services(name: str) -> list[Manifest]:
    """The two Services of an application."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": service},
            "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
        }
        for service in (name, f"{name}-canary")
    ]


def route(name: str, host: str) -> Manifest:
    """A route with more in it than the operator has to know, which must all be there again in the end."""
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "annotations": {"team": "shop"}},
        "spec": {
            "parentRefs": [{"name": GATEWAY_NAME, "namespace": GATEWAY_NAMESPACE}],
            "hostnames": [host],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [{"name": name, "port": 80}, {"name": f"{name}-canary", "port": 80, "weight": 0}],
                    "filters": [
                        {
                            "type": "ResponseHeaderModifier",
                            "responseHeaderModifier": {"set": [{"name": "x-route", "value": name}]},
                        }
                    ],
                },
            ],
        },
    }


def success_rate(address: str, **metric: Any) -> Manifest:
    """The share of the new version's answers that are no 5xx: good twice in a row, or bad once.

    It waits for data: on a busy machine a scrape may come late. `metric` is put over it; None takes a field out.
    """
    measured = {
        "name": "success-rate",
        "interval": "1s",
        "consecutiveSuccessLimit": 2,
        "inconclusiveLimit": -1,
        "successCondition": "result[0] >= 0.95",
        "provider": {"prometheus": {"address": address, "query": SUCCESS_RATE}},
    }
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": "success-rate"},
        "spec": {"metrics": [{key: value for key, value in {**measured, **metric}.items() if value is not None}]},
    }


def rollout(name: str, version: str, error_rate: float, spec: Manifest, canary: Manifest) -> Manifest:
    """The Rollout; `spec` is added to its spec, `canary` to its strategy."""
    env = {"VERSION": version, "ERROR_RATE": str(error_rate)}
    container = {
        "name": "app",
        "image": f"{name}:{version}",
        "ports": [{"containerPort": 8080}],
        "env": [{"name": key, "value": value} for key, value in env.items()],
    }
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
            "strategy": {
                "canary": {
                    "stableService": name,
                    "canaryService": f"{name}-canary",
                    "trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": name}]}},
                    "scaleDownDelaySeconds": 1,
                    "abortScaleDownDelaySeconds": 1,
                    **canary,
                }
            },
            **spec,
        },
    }


def blue_green(name: str, **fields: Any) -> Manifest:
    """The strategy blue/green over the two Services of `name`, for `App.spec`."""
    delays = {"scaleDownDelaySeconds": 1, "abortScaleDownDelaySeconds": 1}
    return {"strategy": {"blueGreen": {"activeService": name, "previewService": f"{name}-canary", **delays, **fields}}}


def counted(*steps: Manifest, **fields: Any) -> Manifest:
    """The strategy canary without a router, for `App.spec`."""
    return {"strategy": {"canary": {"steps": list(steps), **fields}}}
