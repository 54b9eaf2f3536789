"""Two Deployments behind one route, the scene of every test of the traffic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kubernetes import client

from dev.cluster import RunningCluster
from tests.bed import kube

_GROUP = ("gateway.networking.k8s.io", "v1")


@dataclass(frozen=True)
class TwoVersions:
    """`old` and `new` serve versions `v1` and `v2`; the route named `web` shares the requests out."""

    cluster: RunningCluster
    namespace: str

    @property
    def host(self) -> str:
        """The host name of the route."""
        return f"{self.namespace}.example.com"

    @property
    def admin(self) -> client.ApiClient:
        """A client with all rights."""
        return kube.api(self.cluster.kubeconfig)

    def weigh(self, old: int, new: int) -> None:
        """Give the two these weights, and wait until the gateway says that it has them."""
        routes = client.CustomObjectsApi(self.admin)
        body = {"spec": {"rules": [_rule(old, new)]}}
        routes.patch_namespaced_custom_object(*_GROUP, self.namespace, "httproutes", "web", body)
        kube.eventually(self._is_accepted, "the gateway accepted the weights")

    def scale(self, name: str, replicas: int) -> None:
        """Set the size of a Deployment, without waiting for anything."""
        body = {"spec": {"replicas": replicas}}
        client.AppsV1Api(self.admin).patch_namespaced_deployment_scale(name, self.namespace, body)

    def pods(self, name: str) -> list[Any]:
        """The pods of a Deployment."""
        core = client.CoreV1Api(self.admin)
        return list(core.list_namespaced_pod(self.namespace, label_selector=f"app={name}").items)

    def _is_accepted(self) -> bool:
        routes = client.CustomObjectsApi(self.admin)
        route = routes.get_namespaced_custom_object(*_GROUP, self.namespace, "httproutes", "web")
        generation = route["metadata"]["generation"]
        conditions = [
            condition for parent in route.get("status", {}).get("parents", ()) for condition in parent["conditions"]
        ]
        return bool(conditions) and all(
            condition["observedGeneration"] == generation and condition["status"] == "True" for condition in conditions
        )


@contextmanager
def two_versions(
    cluster: RunningCluster, old: int, new: int, new_env: dict[str, str] | None = None
) -> Iterator[TwoVersions]:
    """Both Deployments available with 2 pods each, and the first answer of the route seen, at these weights."""
    with kube.namespace(cluster) as namespace:
        scene = TwoVersions(cluster, namespace)
        apps, core = client.AppsV1Api(scene.admin), client.CoreV1Api(scene.admin)
        for name, image, env in (("old", "demo:v1", None), ("new", "demo:v2", new_env)):
            apps.create_namespaced_deployment(namespace, kube.deployment(name, image, 2, env))
            core.create_namespaced_service(namespace, service(name))
        kube.eventually(lambda: kube.available(cluster, namespace, "old"), "the old version is available")
        kube.eventually(lambda: kube.available(cluster, namespace, "new"), "the new version is available")
        body = _route(scene.host, _rule(old, new))
        client.CustomObjectsApi(scene.admin).create_namespaced_custom_object(*_GROUP, namespace, "httproutes", body)
        kube.eventually(lambda: kube.answers(cluster, scene.host), "the route answers")
        yield scene


def service(name: str) -> dict[str, Any]:
    """A Service for the pods with the label `app: NAME`."""
    return {
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def _rule(old: int, new: int) -> dict[str, Any]:
    weights = {"old": old, "new": new}
    return {"backendRefs": [{"name": name, "port": 80, "weight": weight} for name, weight in weights.items()]}


def _route(host: str, rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "/".join(_GROUP),
        "kind": "HTTPRoute",
        "metadata": {"name": "web"},
        "spec": {
            "parentRefs": [{"name": "gateway", "namespace": "tidegate-demo"}],
            "hostnames": [host],
            "rules": [rule],
        },
    }
