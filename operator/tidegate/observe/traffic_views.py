"""From a raw Service, EndpointSlice or route to a frozen view of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tidegate.core.objects import Key, Meta
from tidegate.core.world import PINNED_BY, ServiceView
from tidegate.observe.fields import Raw, annotations_of, labels_of, meta_view
from tidegate.observe.kinds import HTTPROUTE
from tidegate.routes import TABLE

SERVICE_NAME = "kubernetes.io/service-name"


@dataclass(frozen=True, slots=True)
class SliceView:
    """An EndpointSlice: the pods of a Service that take traffic. A pod is in one slice per address family."""

    meta: Meta
    service: str
    ready_pods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteBody:
    """A route as it stands in the API, without managedFields.

    Kept as bytes: they are a tenth of the memory of a dict, and nobody can change them by accident. They hold
    no resourceVersion, so that two of them are the same when nothing else has changed.
    """

    meta: Meta
    body: bytes
    splits: tuple[Key, ...] = ()
    """The TrafficSplits that left their mark on it."""

    def raw(self) -> dict[str, Any]:
        """The route as a fresh dict."""
        loaded: dict[str, Any] = json.loads(self.body)
        loaded["metadata"]["resourceVersion"] = self.meta.resource_version
        return loaded


def service_view(raw: Raw, _old: ServiceView | None = None) -> ServiceView:
    """A Service, without its endpoints: the store adds them."""
    selector = dict((raw.get("spec") or {}).get("selector") or {})
    return ServiceView(meta_view(raw), selector, pinned_by=annotations_of(raw).get(PINNED_BY, ""))


def slice_view(raw: Raw, _old: SliceView | None = None) -> SliceView:
    """An EndpointSlice."""
    endpoints = raw.get("endpoints") or []
    pods = tuple(sorted(_pod(endpoint) for endpoint in endpoints if _takes_traffic(endpoint)))
    return SliceView(meta_view(raw), labels_of(raw).get(SERVICE_NAME, ""), pods)


def _takes_traffic(endpoint: Raw) -> bool:
    conditions = endpoint.get("conditions") or {}
    # The API says: a `ready` that is left out means ready, a `terminating` that is left out means not.
    return conditions.get("ready") is not False and not conditions.get("terminating")


def _pod(endpoint: Raw) -> str:
    target = endpoint.get("targetRef") or {}
    # An endpoint that somebody wrote by hand has no pod: its address tells it from the others.
    return target.get("name") or "".join((endpoint.get("addresses") or [""])[:1])


def replicaset_of(pod: str) -> str:
    """The ReplicaSet that made a pod: its name without the last `-xxxxx`."""
    return pod.rpartition("-")[0]


def route_body(raw: Raw, _old: RouteBody | None = None) -> RouteBody:
    """A route, kept as it is but for managedFields."""
    left_out = ("managedFields", "resourceVersion")
    meta = {key: value for key, value in (raw.get("metadata") or {}).items() if key not in left_out}
    body = json.dumps({**raw, "metadata": meta}, separators=(",", ":")).encode()
    return RouteBody(meta_view(raw), body, TABLE[HTTPROUTE.name].owners(raw))
