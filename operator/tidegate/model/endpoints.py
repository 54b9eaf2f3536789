"""The EndpointSlice controller: which pods stand behind a Service, and which of them are ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.core.objects import Key
from tidegate.model.api import ApiServer, Change
from tidegate.model.clock import Clock
from tidegate.model.pods import Pod, Pods

NAME = "endpointslice-controller"
LAG = 0.02


class Endpoints:
    """One slice a Service, named like it."""

    def __init__(self, api: ApiServer, clock: Clock, pods: Pods) -> None:
        self._api = api
        self._clock = clock
        self._pods = pods
        self._dirty = False
        api.watch(self._note)
        pods.watch(self._soon)

    def _note(self, change: Change) -> None:
        if change.key.kind == "Service":
            self._soon()

    def _soon(self) -> None:
        if not self._dirty:
            self._dirty = True
            self._clock.after(LAG, self._sync)

    def _sync(self) -> None:
        self._dirty = False
        services = {raw["metadata"]["name"]: raw for raw in self._api.list("Service")}
        for raw in services.values():
            self._write(raw)
        for slice_ in self._api.list("EndpointSlice"):
            if slice_["metadata"]["name"] not in services:
                self._api.delete(
                    Key("EndpointSlice", slice_["metadata"]["namespace"], slice_["metadata"]["name"]), NAME
                )

    def _write(self, service: Mapping[str, Any]) -> None:
        name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
        selector = service["spec"].get("selector") or {}
        endpoints = [_endpoint(pod) for pod in self._pods.by_name.values() if _selected(pod, namespace, selector)]
        key = Key("EndpointSlice", namespace, name)
        old = self._api.find(key)
        if old is None:
            self._api.create(_slice(namespace, name, endpoints), NAME)
        elif old["endpoints"] != endpoints:
            self._api.merge(key, {"endpoints": endpoints}, NAME)


def _selected(pod: Pod, namespace: str, selector: Mapping[str, str]) -> bool:
    return bool(selector) and pod.owner.namespace == namespace and selector.items() <= pod.labels.items()


def _endpoint(pod: Pod) -> dict[str, Any]:
    conditions = {"ready": pod.ready, "serving": pod.answers, "terminating": pod.deleted}
    return {"addresses": [], "conditions": conditions, "targetRef": {"kind": "Pod", "name": pod.name}}


def _slice(namespace: str, name: str, endpoints: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "endpoints": endpoints,
    }
