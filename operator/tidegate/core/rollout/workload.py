"""The referenced Deployment: its template is the revision's, and its pods give way to those of the Rollout.

Whoever scales it down says so on it, and from how many: without that mark nobody could give it back its pods when the
Rollout is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pydantic import ValidationError

from tidegate.api.location import field_path
from tidegate.api.rollout import RolloutSpec
from tidegate.api.template import PodTemplate
from tidegate.api.workload import ScaleDown, WorkloadRef
from tidegate.core.actions import Merge, Plan, Resource
from tidegate.core.deployments import REPLICAS_BEFORE, SCALED_BY, DeploymentView
from tidegate.core.rollout import pins
from tidegate.core.rollout.pins import PinnedService
from tidegate.core.rollout.scene import Scene
from tidegate.core.world import RolloutView


def resolve(rollout: RolloutView, deployment: DeploymentView | None) -> RolloutView:
    """The Rollout with the template of its Deployment; with a `spec_error` when there is none to take."""
    spec = rollout.spec
    if spec is None or spec.workload_ref is None:
        return rollout
    try:
        template = _template(rollout.meta.name, spec, spec.workload_ref, deployment)
    except _NoTemplateError as error:
        return replace(rollout, spec=None, spec_error=f"workloadRef: {error}")
    return replace(rollout, spec=spec.model_copy(update={"template": template}))


class _NoTemplateError(ValueError):
    """Why the Deployment can't be taken over from, with a remedy."""


def _template(name: str, spec: RolloutSpec, ref: WorkloadRef, deployment: DeploymentView | None) -> PodTemplate:
    if deployment is None:
        raise _NoTemplateError(f"Deployment {ref.name} does not exist: create it, or correct the name")
    if ref.scale_down is not ScaleDown.NEVER and deployment.scaled_by not in ("", name):
        # Two that size one Deployment would each give back what the other has taken.
        said = (
            f"Deployment {ref.name} was scaled down by Rollout {deployment.scaled_by}, and is given back when that goes"
        )
        raise _NoTemplateError(f"{said}: delete that one, name another Deployment, or write scaleDown: never")
    try:
        template = PodTemplate.model_validate_json(deployment.template)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = f"template.{field_path(first['loc'], '')} of Deployment {ref.name}"
        raise _NoTemplateError(f"{where}: {first['msg']}; correct it there") from error
    lacking = dict(spec.selector.match_labels.items() - template.metadata.labels.items())
    if lacking:
        named = ", ".join(f"{label}={value}" for label, value in sorted(lacking.items()))
        raise _NoTemplateError(
            f"the template of Deployment {ref.name} lacks {named} of selector.matchLabels: add it there"
        )
    return template


def hand_over(scene: Scene) -> Iterable[Merge]:
    """Give way: take from the Deployment the pods whose place the Rollout's have taken, or give all back."""
    ref, deployment, name = scene.spec.workload_ref, scene.world.workload, scene.world.rollout.meta.name
    yield from (_write(left, left.size_before, None, None) for left in scene.world.workloads_left)
    if ref is None or deployment is None:
        return
    if ref.scale_down is ScaleDown.NEVER:
        if deployment.scaled_by == name:
            yield _write(deployment, deployment.size_before, None, None)
        return
    before = deployment.size_before if deployment.scaled_by else deployment.size
    size = _wanted(scene, ref.scale_down, before)
    if size < deployment.size:
        yield _write(deployment, size, name, before)


def _wanted(scene: Scene, mode: ScaleDown, before: int) -> int:
    """The Deployment's size now. It may be greater than the Rollout's: no pod goes whose place nobody has taken."""
    if _took_over(scene):
        return 0
    return before - _serving(scene) if mode is ScaleDown.PROGRESSIVELY else before


def _took_over(scene: Scene) -> bool:
    """The Rollout is Healthy, and every Service was seen to lead to its pods alone."""
    stable = scene.stable
    if stable is None or scene.releasing or stable.available < scene.spec.replicas:
        return False
    services = [scene.world.services.get(name) for name in scene.strategy.services]
    ours = all(s is not None and s.pod_hash and _ours(scene, s.ready) == s.ready_endpoints for s in services)
    return ours and _serving(scene) >= scene.spec.replicas


def _serving(scene: Scene) -> int:
    """Pods of the Rollout that answer, as the slowest of its Services has seen it."""
    available = sum(rs.available for rs in scene.world.replicasets)
    return min([available, *(_ours(scene, service.ready) for service in scene.world.services.values())])


def _ours(scene: Scene, ready: Mapping[str, int]) -> int:
    return sum(ready.get(rs.meta.name, 0) for rs in scene.world.replicasets)


def give_back(pinned: tuple[PinnedService, ...], deployments: tuple[DeploymentView, ...]) -> Plan:
    """What a Rollout that is gone leaves to do: first the Deployment's pods, then the Services, then the mark.

    The mark stays until the Deployment's pods answer: orphaned pods serve as long behind their pin.
    """
    plan = pins.give_back(pinned)
    back = [d for d in deployments if d.size >= d.size_before and d.available >= d.size_before]
    if deployments and len(back) == len(deployments):
        released = tuple(pins.release(entry.service) for entry in pinned)
        return Plan((*released, *(_write(d, None, None, None) for d in back)))
    grown = (_write(d, d.size_before, d.scaled_by, d.size_before) for d in deployments if d.size < d.size_before)
    return Plan((*grown, *plan.actions))


def _write(deployment: DeploymentView, size: int | None, by: str | None, before: int | None) -> Merge:
    marks = {SCALED_BY: by, REPLICAS_BEFORE: None if before is None else str(before)}
    spec = {} if size is None else {"spec": {"replicas": size}}
    return Merge(Resource.DEPLOYMENTS, deployment.meta, {"metadata": {"annotations": marks}, **spec})
