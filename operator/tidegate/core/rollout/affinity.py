"""Keeps the pods of a new version off the nodes of the stable one, as Argo Rollouts does: only for an update.

It is added to the ReplicaSet's template and is no part of the revision: the same version against another stable one is
the same version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.api.pods import AntiAffinity
from tidegate.core.rollout.scene import Scene
from tidegate.core.world import APART_FROM, HASH_LABEL, ReplicaSetView

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
NODE = "kubernetes.io/hostname"


def apart_from(scene: Scene) -> str:
    """The stable version that the new one is to keep off; empty when there is none, or none is asked for."""
    return scene.status.stable_rs if scene.releasing and _asked(scene) is not None else ""


def notes(scene: Scene) -> dict[str, str]:
    """The annotation of a new ReplicaSet that tells what it keeps off."""
    return {APART_FROM: stable} if (stable := apart_from(scene)) else {}


def kept_apart(scene: Scene, template: Mapping[str, Any]) -> dict[str, Any]:
    """The template of the new version with what it is to keep off."""
    if not apart_from(scene):
        return dict(template)
    pod = template["spec"]
    affinity = pod.get("affinity") or {}
    terms = {name: found for name, found in _terms(scene, affinity).items() if found}
    return {**template, "spec": {**pod, "affinity": {**affinity, "podAntiAffinity": terms}}}


def change(scene: Scene, rs: ReplicaSetView) -> dict[str, Any]:
    """The patch of a version that comes again while another one is stable; empty when it keeps off the right one."""
    stable = apart_from(scene)
    if rs.pod_hash != scene.new_hash or not scene.releasing or rs.apart_from == stable:
        return {}
    written = scene.spec.pods.as_written()["spec"].get("affinity") or {}
    terms = {name: found or None for name, found in _terms(scene, written).items()}
    return {
        "metadata": {"annotations": {APART_FROM: stable or None}},
        "spec": {"template": {"spec": {"affinity": {"podAntiAffinity": terms}}}},
    }


def _asked(scene: Scene) -> AntiAffinity | None:
    return scene.strategy.anti_affinity


def _terms(scene: Scene, affinity: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Both lists of podAntiAffinity: what the user wrote, and ours at the end of the one that was asked for."""
    written = affinity.get("podAntiAffinity") or {}
    terms = {name: list(written.get(name) or ()) for name in (REQUIRED, PREFERRED)}
    asked, stable = _asked(scene), apart_from(scene)
    if asked is None or not stable:
        return terms
    off = {
        "labelSelector": {"matchExpressions": [{"key": HASH_LABEL, "operator": "In", "values": [stable]}]},
        "topologyKey": NODE,
    }
    preferred = asked.preferred_during_scheduling_ignored_during_execution
    if preferred is None:
        terms[REQUIRED].append(off)
    else:
        terms[PREFERRED].append({"weight": preferred.weight, "podAffinityTerm": off})
    return terms
