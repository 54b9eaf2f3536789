"""Kubernetes objects as plain JSON: applied, read, deleted and followed, as any user of a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kubernetes import config
from kubernetes.client import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.watch import Watch

Manifest = Mapping[str, Any]


class Kind(NamedTuple):
    """A kind as manifests name it."""

    api_version: str
    name: str


ROLLOUT = Kind("tidegate.dev/v1alpha1", "Rollout")
SPLIT = Kind("tidegate.dev/v1alpha1", "TrafficSplit")
RUN = Kind("tidegate.dev/v1alpha1", "AnalysisRun")
ROUTE = Kind("gateway.networking.k8s.io/v1", "HTTPRoute")
GATEWAY = Kind("gateway.networking.k8s.io/v1", "Gateway")
REPLICASET = Kind("apps/v1", "ReplicaSet")
DEPLOYMENT = Kind("apps/v1", "Deployment")
POD = Kind("v1", "Pod")
SERVICE = Kind("v1", "Service")
CONFIG_MAP = Kind("v1", "ConfigMap")
SECRET = Kind("v1", "Secret")
NODE = Kind("v1", "Node")
CRD = Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
NAMESPACE = Kind("v1", "Namespace")
EVENT = Kind("v1", "Event")
ENDPOINTSLICE = Kind("discovery.k8s.io/v1", "EndpointSlice")


class Kube:
    """The API server, as the user of a kubeconfig. It may be used from many threads."""

    def __init__(self, kubeconfig: Path, cache: Path) -> None:
        """`cache` is a file for what is found out about the server's kinds. Raises kubernetes' ConfigException."""
        api = config.new_client_from_config(str(kubeconfig))
        self._client: Any = DynamicClient(api, cache_file=str(cache))

    def apply(self, manifest: Manifest) -> Manifest:
        """Server-side apply; the object as it is then. Raises ApiException with the server's refusal."""
        resource = self._resource(Kind(manifest["apiVersion"], manifest["kind"]))
        done = resource.server_side_apply(body=dict(manifest), field_manager="user", force_conflicts=True)
        return _json(done)

    def create(self, manifest: Manifest) -> Manifest:
        """The object as it was created. Raises ApiException."""
        resource = self._resource(Kind(manifest["apiVersion"], manifest["kind"]))
        return _json(resource.create(body=dict(manifest), namespace=manifest["metadata"].get("namespace")))

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """None when it is not there."""
        try:
            return _json(self._resource(kind).get(namespace=namespace or None, name=name))
        except ApiException as error:
            if error.status != 404:
                raise
            return None

    def all_of(self, kind: Kind, namespace: str, selector: str = "") -> list[Manifest]:
        """All of a namespace that match the label selector; with an empty namespace, all of the cluster."""
        found = self._resource(kind).get(namespace=namespace or None, label_selector=selector)
        return list(_json(found)["items"])

    def merge(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        patch: Manifest,
        *,
        subresource: str = "",
        user: str = "",
        group: str = "",
    ) -> Manifest:
        """JSON merge patch, also as another user, in a group or none; the object as it is then. Raises ApiException."""
        resource = self._resource(kind)
        target = resource.subresources[subresource] if subresource else resource
        done = target.patch(
            body=dict(patch),
            name=name,
            namespace=namespace,
            content_type="application/merge-patch+json",
            header_params={
                name: value for name, value in (("Impersonate-User", user), ("Impersonate-Group", group)) if value
            },
        )
        return _json(done)

    def delete(self, kind: Kind, namespace: str, name: str, propagation: str = "Background") -> None:
        """Ask for its deletion; nothing happens when it is not there."""
        try:
            self._resource(kind).delete(name=name, namespace=namespace or None, propagation_policy=propagation)
        except ApiException as error:
            if error.status != 404:
                raise

    def listed(self, kind: Kind, namespace: str) -> tuple[list[Manifest], str]:
        """All of a namespace, and the version of this list: `changes` goes on from there."""
        found = _json(self._resource(kind).get(namespace=namespace))
        return list(found["items"]), str(found["metadata"]["resourceVersion"])

    def changes(self, kind: Kind, namespace: str, since: str, watch: Watch) -> Iterator[tuple[str, Manifest]]:
        """`ADDED`, `MODIFIED` or `DELETED` and the object, for each change until `watch.stop()`.

        Raises ApiException when the server ends the watch; meant for minutes, not for days.
        """
        resource = self._resource(kind)
        for event in resource.watch(namespace=namespace, resource_version=since, watcher=watch):
            yield event["type"], event["raw_object"]

    def _resource(self, kind: Kind) -> Any:
        return self._client.resources.get(api_version=kind.api_version, kind=kind.name)


def _json(found: Any) -> Manifest:
    manifest: Manifest = found.to_dict()
    return manifest
