"""What a user of the stories wrote: a Rollout `web` of version N behind a route, and what it needs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

NAME = "web"
STABLE, CANARY = "web-stable", "web-canary"
TEMPLATE = "errors"
CONFIG = "web-config"
READY_AT_ONCE = {"local-cluster.tidegate.dev/ready-after": "0s"}
"""How the local cluster plays these pods: a story waits for decisions, not for containers."""
Manifest = dict[str, Any]


def weight(percent: int) -> Manifest:
    """A step that moves the weight."""
    return {"setWeight": percent}


def pause(duration: str | None = None) -> Manifest:
    """A step that waits for a time, or for a person."""
    return {"pause": {"duration": duration} if duration else {}}


def scale(**how: Any) -> Manifest:
    """A step that sets the canary's size."""
    return {"setCanaryScale": how}


def header_route(name: str = "testers", **headers: str) -> Manifest:
    """A step that sends requests with these headers to the canary; without any it takes the route away."""
    match = [{"headerName": f"x-{key}", "headerValue": {"exact": value}} for key, value in headers.items()]
    return {"setHeaderRoute": {"name": name, **({"match": match} if match else {})}}


def mirror_route(name: str = "copies", path: str | None = "/", **more: Any) -> Manifest:
    """A step that copies requests below a path to the canary; without a path it takes the route away."""
    return {"setMirrorRoute": {"name": name, **({"match": [{"path": {"prefix": path}}]} if path else {}), **more}}


def routing(*managed: str) -> Manifest:
    """The routing of a canary whose steps may write these rules."""
    routes: Manifest = {"gatewayAPI": {"httpRoutes": [{"name": NAME}]}, "managedRoutes": [{"name": n} for n in managed]}
    return {"trafficRouting": routes}


def analysis(template: str = TEMPLATE) -> Manifest:
    """A step that measures."""
    return {"analysis": {"templates": [{"templateName": template}], "args": ARGS}}


def approval(users: Sequence[str] = (), groups: Sequence[str] = (), **more: Any) -> Manifest:
    """A step that waits for one of these."""
    approvers = {name: list(names) for name, names in (("users", users), ("groups", groups)) if names}
    return {"approval": {"approvers": approvers, **more}}


def webhook(url: str, **more: Any) -> Manifest:
    """A step that calls another system."""
    return {"webhook": {"url": url, **more}}


def background(starting_step: int = 0) -> Manifest:
    """An analysis beside the steps."""
    return {"templates": [{"templateName": TEMPLATE}], "args": ARGS, "startingStep": starting_step}


ARGS = [{"name": "version", "value": "{{canary.hash}}"}]


def image(version: str) -> str:
    """The image of a version; the pods of version `crash` never answer."""
    return f"demo:{version}"


def services() -> list[Manifest]:
    """The two Services, as they are before the first release."""
    return [_service(STABLE), _service(CANARY)]


def _service(name: str) -> Manifest:
    spec = {"selector": {"app": NAME}, "ports": [{"port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def route() -> Manifest:
    """The route, as its author wrote it."""
    backends = [{"name": STABLE, "port": 80, "weight": 100}, {"name": CANARY, "port": 80, "weight": 0}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": NAME},
        "spec": {"parentRefs": [{"name": "gateway"}], "rules": [{"backendRefs": backends}]},
    }


def template(interval: str = "1s", count: int = 2, address: str = "http://prometheus:9090") -> Manifest:
    """An AnalysisTemplate: fewer than 5 % errors."""
    metric = {
        "name": "errors",
        "interval": interval,
        "count": count,
        "successCondition": "result[0] < 0.05",
        "failureCondition": "result[0] >= 0.1",
        "provider": {"prometheus": {"address": address, "query": 'errors{version="{{args.version}}"}'}},
    }
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": TEMPLATE},
        "spec": {"args": [{"name": "version"}], "metrics": [metric]},
    }


def config(setting: str) -> Manifest:
    """A ConfigMap with one setting in it."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CONFIG}, "data": {"SETTING": setting}}


def secret(value: str, *, readable: bool = True) -> Manifest:
    """A Secret; one that is not readable lacks the label."""
    labels = {"tidegate.dev/readable": "true"} if readable else {}
    data = {"TOKEN": b64encode(value.encode()).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": CONFIG, "labels": labels}, "data": data}


def disruption_budget(**bound: Any) -> Manifest:
    """How many of the Rollout's pods may be missing, whatever is the reason."""
    spec = {"selector": {"matchLabels": {"app": NAME}}, **bound}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": NAME}, "spec": spec}


def reading(*kinds: str, optional: bool = False) -> Manifest:
    """A container that takes all of the ConfigMap, of the Secret, into its environment."""
    fields = {"ConfigMap": "configMapRef", "Secret": "secretRef"}
    more = {"optional": True} if optional else {}
    return {"envFrom": [{fields[kind]: {"name": CONFIG, **more}} for kind in kinds]}


def rollout(
    version: str,
    steps: list[Manifest],
    replicas: int = 5,
    canary: Manifest | None = None,
    container: Manifest | None = None,
    **spec: Any,
) -> Manifest:
    """The Rollout. `canary`, `container` and `spec` are more fields of the strategy, the container and the spec.

    One that is None is not there.
    """
    labels = {"app": NAME}
    more = {name: value for name, value in (canary or {}).items() if value is not None}
    strategy = {
        **({} if "pingPong" in more else {"canaryService": CANARY, "stableService": STABLE}),
        "trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": NAME}]}},
        "steps": steps,
        **more,
    }
    meta = {"labels": labels, "annotations": READY_AT_ONCE}
    pods = {"metadata": meta, "spec": {"containers": [{"name": "app", "image": image(version), **(container or {})}]}}
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": NAME},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": pods,
            "strategy": {"canary": strategy},
            **spec,
        },
    }


def in_turn() -> Manifest:
    """More fields of a canary: the two Services take turns."""
    return {"pingPong": {"pingService": STABLE, "pongService": CANARY}}


def blue_green(**fields: Any) -> Manifest:
    """The strategy blue/green between the two Services; nobody waits for the default half minute."""
    delays = {"scaleDownDelaySeconds": 1, "abortScaleDownDelaySeconds": 1}
    return {"blueGreen": {"activeService": STABLE, "previewService": CANARY, **delays, **fields}}


def counted(*steps: Manifest, **fields: Any) -> Manifest:
    """The strategy canary without a router."""
    return {"canary": {"steps": list(steps), **fields}}


def placed(manifest: Manifest, namespace: str) -> Manifest:
    """The manifest in a namespace."""
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def other(version: str, steps: list[Manifest], name: str = "db", **spec: Any) -> Manifest:
    """A Rollout of two pods beside the one of the story, without a router."""
    labels = {"app": name}
    meta = {"labels": labels, "annotations": READY_AT_ONCE}
    pods = {"metadata": meta, "spec": {"containers": [{"name": "app", "image": image(version)}]}}
    return {
        "apiVersion": "tidegate.dev/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": pods,
            "strategy": {"canary": {"steps": steps}},
            **spec,
        },
    }
