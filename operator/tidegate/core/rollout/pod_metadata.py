"""Labels and annotations that pods bear by the role of their version: put on in place, swapped at a promotion.

A change goes two ways: the ReplicaSet's template first, so that new pods have it from the start; then, when the
ReplicaSet's controller has taken that over, the pods that are there. The ReplicaSet's annotations tell what was put
where and whether the pods were done: no pod is looked at a second time, and nothing is forgotten in a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from tidegate.api.pods import PodMetadata
from tidegate.core.actions import Action, MarkPods, Merge, Resource, merged
from tidegate.core.marks import NO_LABELS, Labels, Marks
from tidegate.core.rollout.revision import canonical_json, content_hash
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.strategy import ReleaseStrategy
from tidegate.core.world import POD_METADATA, POD_METADATA_DONE, ReplicaSetView

FIELDS = ("labels", "annotations")
Patch = Mapping[str, Mapping[str, str | None]]


class Role(StrEnum):
    """What a version is just now."""

    NEW = "New"
    """On its way to be stable, or taken back on it: the canary, the preview."""
    STABLE = "Stable"
    OTHER = "Other"


def metadata_of(strategy: ReleaseStrategy, role: Role) -> Labels:
    """What the strategy wants on the pods of a version of this role."""
    return _labels({Role.NEW: strategy.new_metadata, Role.STABLE: strategy.stable_metadata}.get(role))


def role_of(scene: Scene, pod_hash: str) -> Role:
    """A first version is stable from the start, as in Argo Rollouts: there is nobody to tell it from."""
    if pod_hash == scene.status.stable_rs or (scene.first_release and pod_hash == scene.new_hash):
        return Role.STABLE
    return Role.NEW if pod_hash == scene.new_hash else Role.OTHER


def born_with(scene: Scene) -> Marks | None:
    """What a new ReplicaSet is created with; None where no role puts anything on pods."""
    if not any(_anything(metadata_of(scene.strategy, role)) for role in Role):
        return None
    put = metadata_of(scene.strategy, role_of(scene, scene.new_hash))
    return Marks(put, _covered(put, _template(scene)), put, done=True)


def notes(marks: Marks | None) -> dict[str, str]:
    """The annotations that tell of it."""
    if marks is None:
        return {}
    text = _text(marks)
    return {POD_METADATA: text} | ({POD_METADATA_DONE: content_hash(text)} if marks.done else {})


def with_marks(template: Mapping[str, Any], marks: Marks | None) -> dict[str, Any]:
    """The template with what its role puts on it."""
    if marks is None:
        return dict(template)
    metadata = dict(template.get("metadata") or {})
    for field in FIELDS:
        if marks.put[field]:
            metadata[field] = {**(metadata.get(field) or {}), **marks.put[field]}
    return {**template, "metadata": metadata}


def change(scene: Scene, rs: ReplicaSetView) -> dict[str, Any]:
    """The patch of a ReplicaSet whose template does not have what its role wants; empty when it has."""
    wanted = metadata_of(scene.strategy, role_of(scene, rs.pod_hash))
    before = rs.marks or Marks()
    if wanted == before.put:
        return {}
    marks = _swapped(before, wanted, _template(scene) if rs.pod_hash == scene.new_hash else NO_LABELS)
    metadata = {field: dict(values) for field, values in marks.pods.items() if values}
    return {"metadata": {"annotations": notes(marks)}, "spec": {"template": {"metadata": metadata}}}


def swap(scene: Scene, planned: Iterable[Action]) -> Iterable[Action]:
    """Bring templates and pods up to their roles. A ReplicaSet that this pass writes already has its turn in the next:
    two writes that were decided on one state would be a conflict."""
    written = merged(planned, Resource.REPLICASETS)
    for rs in scene.world.replicasets:
        if rs.meta.name in written or not (rs.size or rs.replicas):
            continue
        patch = change(scene, rs)
        if patch:
            yield Merge(Resource.REPLICASETS, rs.meta, patch)
        elif rs.marks is not None and rs.marks.observed and not rs.marks.done:
            yield MarkPods(rs.meta, rs.pod_hash, rs.marks.pods)
            done = {"metadata": {"annotations": {POD_METADATA_DONE: rs.marks.text_hash}}}
            # It names what was done. The pods' new labels alone make the controller write the ReplicaSet's status.
            yield Merge(Resource.REPLICASETS, rs.meta, done, unconditional=True)


def _swapped(before: Marks, wanted: Labels, template: Labels) -> Marks:
    """What was put and is no longer wanted goes, or gives way to what the template itself has there."""
    covered = {field: {**_covered(wanted, template)[field], **before.covered[field]} for field in FIELDS}
    pods: dict[str, dict[str, str | None]] = {}
    for field in FIELDS:
        # What the pods were to lose before is not known to be gone while that was not done.
        left = {*before.put[field], *(() if before.done else before.pods[field])} - wanted[field].keys()
        pods[field] = {**{name: covered[field].get(name) for name in sorted(left)}, **wanted[field]}
    return Marks(wanted, covered, pods)


def _covered(put: Labels, template: Labels) -> dict[str, dict[str, str]]:
    return {field: {name: template[field][name] for name in put[field] if name in template[field]} for field in FIELDS}


def _template(scene: Scene) -> Labels:
    metadata = scene.spec.pods.metadata
    return {"labels": metadata.labels, "annotations": metadata.annotations}


def _labels(asked: PodMetadata | None) -> Labels:
    return NO_LABELS if asked is None else {"labels": asked.labels, "annotations": asked.annotations}


def _anything(labels: Labels) -> bool:
    return any(labels[field] for field in FIELDS)


def _text(marks: Marks) -> str:
    plain = {"put": marks.put, "covered": marks.covered, "pods": marks.pods}
    return canonical_json({part: {f: dict(values[f]) for f in FIELDS} for part, values in plain.items()})
