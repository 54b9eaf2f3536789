"""From a raw object of the API to a frozen view of it.

Pure, and total: whatever stands in the object, a view comes out. A spec that can't be read becomes
`spec=None` with a `spec_error` in words, so that one bad object never stops the others. A spec is parsed once
per generation: `old` is the view that was there before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tidegate.api.analysis import AnalysisRunSpec, AnalysisRunStatus, AnalysisTemplateSpec
from tidegate.api.rollout import RolloutSpec
from tidegate.api.rollout_status import RolloutStatus
from tidegate.api.trafficsplit import TrafficSplitSpec, TrafficSplitStatus
from tidegate.core.world import (
    APART_FROM,
    HASH_LABEL,
    PINNED_BY,
    REQUEST,
    REQUESTED_BY,
    REQUESTED_GROUPS,
    REVISION,
    RUN_ROLE,
    TEMPLATE,
    Key,
    Meta,
    ReplicaSetView,
    RolloutView,
    RunRole,
    RunView,
    ServiceView,
    SplitView,
    TemplateView,
)
from tidegate.observe.kinds import HTTPROUTE
from tidegate.observe.marks import awaits_copies, marks_view
from tidegate.observe.problems import describe
from tidegate.routes import TABLE

Raw = Mapping[str, Any]
M = TypeVar("M", bound=BaseModel)

SERVICE_NAME = "kubernetes.io/service-name"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


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


def meta_view(raw: Raw) -> Meta:
    """The metadata that every view has."""
    meta = raw.get("metadata") or {}
    return Meta(
        namespace=meta.get("namespace") or "",
        name=meta.get("name") or "",
        uid=meta.get("uid") or "",
        resource_version=str(meta.get("resourceVersion") or ""),
        generation=_count(meta.get("generation")),
        created_at=_time(meta.get("creationTimestamp")),
        owner_uid=_owner_uid(meta),
        deleting=bool(meta.get("deletionTimestamp")),
    )


def _owner_uid(meta: Raw) -> str | None:
    owners = meta.get("ownerReferences") or []
    return next((owner.get("uid") for owner in owners if owner.get("controller")), None)


def _time(value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return LONG_AGO


def _count(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0


def _annotations(raw: Raw) -> Raw:
    return (raw.get("metadata") or {}).get("annotations") or {}


def _labels(raw: Raw) -> Raw:
    return (raw.get("metadata") or {}).get("labels") or {}


def _parsed(model: type[M], value: object) -> tuple[M | None, str]:
    try:
        return model.model_validate(value), ""
    except ValidationError as error:
        return None, describe(error, model)


def _spec(model: type[M], raw: Raw, meta: Meta, old: Any) -> tuple[M | None, str]:
    if old is not None and (old.meta.uid, old.meta.generation) == (meta.uid, meta.generation):
        return old.spec, old.spec_error
    return _parsed(model, raw.get("spec") or {})


def _status(model: type[M], raw: Raw) -> M:
    status = dict(raw.get("status") or {})
    try:
        return model.model_validate(status)
    except ValidationError as error:
        # A newer operator wrote words that this one doesn't know. Only the fields that hold them are left
        # out: without `stableRS` a running release would look like the very first one.
        unknown = {detail["loc"][0] for detail in error.errors()}
        return model.model_validate({name: value for name, value in status.items() if name not in unknown})


def rollout_view(raw: Raw, old: RolloutView | None = None) -> RolloutView:
    """A Rollout."""
    meta = meta_view(raw)
    spec, problem = _spec(RolloutSpec, raw, meta, old)
    # kubectl's copy of the manifest is as large as the object, and nobody takes an argument from it.
    notes = {name: text for name, text in _annotations(raw).items() if name != LAST_APPLIED}
    return RolloutView(
        meta=meta,
        spec=spec,
        status=_status(RolloutStatus, raw),
        spec_error=problem,
        request=notes.get(REQUEST),
        requested_by=notes.get(REQUESTED_BY),
        # One a line: a name of LDAP has commas in it.
        requested_groups=tuple(filter(None, str(notes.get(REQUESTED_GROUPS) or "").split("\n"))),
        labels=dict(_labels(raw)),
        annotations=notes,
    )


def split_view(raw: Raw, old: SplitView | None = None) -> SplitView:
    """A TrafficSplit."""
    meta = meta_view(raw)
    spec, problem = _spec(TrafficSplitSpec, raw, meta, old)
    return SplitView(meta, spec, _status(TrafficSplitStatus, raw), problem)


def run_view(raw: Raw, old: RunView | None = None) -> RunView:
    """An AnalysisRun."""
    meta = meta_view(raw)
    spec, problem = _spec(AnalysisRunSpec, raw, meta, old)
    labels = _labels(raw)
    return RunView(meta, _role(labels), labels.get(HASH_LABEL, ""), spec, _status(AnalysisRunStatus, raw), problem)


def _role(labels: Raw) -> RunRole | None:
    try:
        return RunRole(labels.get(RUN_ROLE, ""))
    except ValueError:
        return None


def template_view(raw: Raw, old: TemplateView | None = None) -> TemplateView:
    """An AnalysisTemplate or a ClusterAnalysisTemplate."""
    meta = meta_view(raw)
    spec, problem = _spec(AnalysisTemplateSpec, raw, meta, old)
    return TemplateView(meta, spec, problem)


def replicaset_view(raw: Raw, _old: ReplicaSetView | None = None) -> ReplicaSetView:
    """A ReplicaSet of a Rollout. Pods beyond its size are about to go: they are not counted as ready any more."""
    spec, status = raw.get("spec") or {}, raw.get("status") or {}
    size, meta, notes = _count(spec.get("replicas", 1)), meta_view(raw), _annotations(raw)
    observed = _count(status.get("observedGeneration")) >= meta.generation
    return ReplicaSetView(
        meta=meta,
        pod_hash=_labels(raw).get(HASH_LABEL, ""),
        revision=_count(notes.get(REVISION)),
        size=size,
        replicas=_count(status.get("replicas")),
        ready=min(size, _count(status.get("readyReplicas"))),
        available=min(size, _count(status.get("availableReplicas"))),
        images=_images(spec),
        # Old versions are many, and nobody asks for theirs: it would be most of the memory.
        template=_annotations(raw).get(TEMPLATE, "") if size else "",
        failure=_failure(status),
        awaits_copies=awaits_copies(notes),
        copies_due=awaits_copies(notes) and observed,
        apart_from=notes.get(APART_FROM, ""),
        marks=marks_view(notes, observed=observed),
    )


def _images(spec: Raw) -> tuple[str, ...]:
    pod = (spec.get("template") or {}).get("spec") or {}
    return tuple(container.get("image") or "" for container in pod.get("containers") or [])


def _failure(status: Raw) -> str:
    conditions = status.get("conditions") or []
    failed = (c for c in conditions if c.get("type") == "ReplicaFailure" and c.get("status") == "True")
    return next((c.get("message") or c.get("reason") or "pods can't be made" for c in failed), "")


def service_view(raw: Raw, _old: ServiceView | None = None) -> ServiceView:
    """A Service, without its endpoints: the store adds them."""
    selector = dict((raw.get("spec") or {}).get("selector") or {})
    return ServiceView(meta_view(raw), selector, pinned_by=_annotations(raw).get(PINNED_BY, ""))


def slice_view(raw: Raw, _old: SliceView | None = None) -> SliceView:
    """An EndpointSlice."""
    endpoints = raw.get("endpoints") or []
    pods = tuple(sorted(_pod(endpoint) for endpoint in endpoints if _takes_traffic(endpoint)))
    return SliceView(meta_view(raw), _labels(raw).get(SERVICE_NAME, ""), pods)


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
