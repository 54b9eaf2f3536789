"""From a raw object of the API to a frozen view of it.

Pure, and total: whatever stands in the object, a view comes out. A spec that can't be read becomes
`spec=None` with a `spec_error` in words, so that one bad object never stops the others. A spec is parsed once
per generation: `old` is the view that was there before.
"""

from __future__ import annotations

from tidegate.api.analysis import AnalysisRunSpec, AnalysisRunStatus, AnalysisTemplateSpec
from tidegate.api.rollout import RolloutSpec
from tidegate.api.rollout_status import RolloutStatus
from tidegate.api.trafficsplit import TrafficSplitSpec, TrafficSplitStatus
from tidegate.core.world import (
    APART_FROM,
    HASH_LABEL,
    REQUEST,
    REQUESTED_BY,
    REQUESTED_GROUPS,
    REVISION,
    RUN_ROLE,
    TEMPLATE,
    ReplicaSetView,
    RolloutView,
    RunRole,
    RunView,
    SplitView,
    TemplateView,
)
from tidegate.observe.fields import Raw, annotations_of, count_of, labels_of, meta_view, spec_of, status_of
from tidegate.observe.marks import awaits_copies, marks_view

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def rollout_view(raw: Raw, old: RolloutView | None = None) -> RolloutView:
    """A Rollout."""
    meta = meta_view(raw)
    spec, problem = spec_of(RolloutSpec, raw, meta, old)
    # kubectl's copy of the manifest is as large as the object, and nobody takes an argument from it.
    notes = {name: text for name, text in annotations_of(raw).items() if name != LAST_APPLIED}
    return RolloutView(
        meta=meta,
        spec=spec,
        status=status_of(RolloutStatus, raw),
        spec_error=problem,
        request=notes.get(REQUEST),
        requested_by=notes.get(REQUESTED_BY),
        # One a line: a name of LDAP has commas in it.
        requested_groups=tuple(filter(None, str(notes.get(REQUESTED_GROUPS) or "").split("\n"))),
        labels=dict(labels_of(raw)),
        annotations=notes,
    )


def split_view(raw: Raw, old: SplitView | None = None) -> SplitView:
    """A TrafficSplit."""
    meta = meta_view(raw)
    spec, problem = spec_of(TrafficSplitSpec, raw, meta, old)
    return SplitView(meta, spec, status_of(TrafficSplitStatus, raw), problem)


def run_view(raw: Raw, old: RunView | None = None) -> RunView:
    """An AnalysisRun."""
    meta = meta_view(raw)
    spec, problem = spec_of(AnalysisRunSpec, raw, meta, old)
    labels = labels_of(raw)
    return RunView(meta, _role(labels), labels.get(HASH_LABEL, ""), spec, status_of(AnalysisRunStatus, raw), problem)


def _role(labels: Raw) -> RunRole | None:
    try:
        return RunRole(labels.get(RUN_ROLE, ""))
    except ValueError:
        return None


def template_view(raw: Raw, old: TemplateView | None = None) -> TemplateView:
    """An AnalysisTemplate or a ClusterAnalysisTemplate."""
    meta = meta_view(raw)
    spec, problem = spec_of(AnalysisTemplateSpec, raw, meta, old)
    return TemplateView(meta, spec, problem)


def replicaset_view(raw: Raw, _old: ReplicaSetView | None = None) -> ReplicaSetView:
    """A ReplicaSet of a Rollout. Pods beyond its size are about to go: they are not counted as ready any more."""
    spec, status = raw.get("spec") or {}, raw.get("status") or {}
    size, meta, notes = count_of(spec.get("replicas", 1)), meta_view(raw), annotations_of(raw)
    observed = count_of(status.get("observedGeneration")) >= meta.generation
    return ReplicaSetView(
        meta=meta,
        pod_hash=labels_of(raw).get(HASH_LABEL, ""),
        revision=count_of(notes.get(REVISION)),
        size=size,
        replicas=count_of(status.get("replicas")),
        ready=min(size, count_of(status.get("readyReplicas"))),
        available=min(size, count_of(status.get("availableReplicas"))),
        images=_images(spec),
        # Old versions are many, and nobody asks for theirs: it would be most of the memory.
        template=annotations_of(raw).get(TEMPLATE, "") if size else "",
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
