"""The conditions of a Rollout: Argo Rollouts' names, and kstatus' `Ready`, `Reconciling` and `Stalled`.

`kubectl wait --for=condition=Ready`, Flux and Argo CD read the latter without plugins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.api.meta import Condition
from tidegate.api.rollout_status import Phase, WaitingFor
from tidegate.core.conditions import Told, stamp
from tidegate.core.rollout.dependencies import wrong_order
from tidegate.core.rollout.prerequisites import invalid_step
from tidegate.core.rollout.scene import Scene


@dataclass(frozen=True, slots=True)
class Standing:
    """How a Rollout stands: what phase, message and conditions are made of."""

    phase: Phase
    reason: str
    message: str
    waiting: WaitingFor | None = None
    stalled: bool = False
    """Nothing will change until a person does something."""
    releasing: bool = False


def conditions(scene: Scene, standing: Standing) -> list[Condition]:
    """All conditions, each with the time of its last change kept."""
    return stamp(
        scene.status.conditions,
        _conditions(scene, standing),
        scene.now,
        scene.world.rollout.meta.generation,
    )


def _conditions(scene: Scene, standing: Standing) -> Iterable[Told]:
    reason, message = standing.reason, standing.message
    ready = standing.phase is Phase.HEALTHY
    yield "Ready", ready, reason, message
    yield "Reconciling", not ready and not standing.stalled, reason, message
    yield "Stalled", standing.stalled, reason, message
    yield "Available", *_available(scene)
    yield "Progressing", _progressing(standing), reason, message
    yield (
        "Paused",
        standing.phase is Phase.PAUSED,
        reason if standing.phase is Phase.PAUSED else "NotPaused",
        "",
    )
    yield (
        "Completed",
        not standing.releasing,
        "ReleaseOver" if not standing.releasing else "ReleaseOnItsWay",
        "",
    )
    yield "Healthy", ready, reason, ""
    problem = wrong_order(scene) or (invalid_step(scene) if scene.index == 0 or not scene.stepping else None)
    yield "InvalidSpec", problem is not None, problem.reason if problem else "Valid", problem.message if problem else ""


def _progressing(standing: Standing) -> bool:
    """As in a Deployment: false when it is stuck or was taken back."""
    return standing.phase is not Phase.DEGRADED


def _available(scene: Scene) -> tuple[bool, str, str]:
    serving = scene.stable or scene.new
    available = serving.available if serving else 0
    if available >= scene.spec.replicas:
        return True, "PodsAvailable", f"the version that serves has its {scene.spec.replicas} pods"
    return False, "PodsMissing", f"the version that serves has {available} of {scene.spec.replicas} pods"
