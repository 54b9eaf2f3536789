"""The status of a Rollout: what was seen and what was decided, written once a stop point."""

from __future__ import annotations

from typing import Any

from tidegate.api.rollout_status import Phase, RolloutStatus, WaitingFor
from tidegate.api.strategy_status import BlueGreenStatus, CanaryStatus, PingPongRole, WeightDestination, Weights
from tidegate.core.actions import Event, Merge, Plan, Resource, merge_patch
from tidegate.core.conditions import stamp
from tidegate.core.rollout import analysis
from tidegate.core.rollout.conditions import Standing, conditions
from tidegate.core.rollout.group import GROUP_NOT_READY
from tidegate.core.rollout.initial import INITIAL_ANALYSIS_FAILED
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import TURN, Wait
from tidegate.core.rollout.urgency import urgent
from tidegate.core.rollout.watch import stuck
from tidegate.core.rollout.weights import asked, seen, verified
from tidegate.core.world import HASH_LABEL, RolloutView, RunRole, World

_PAUSES = {
    "AnalysisFailed",
    "AnalysisUndecided",
    "Approval",
    "ApprovalTimedOut",
    "DependencyNotReady",
    "Frozen",
    GROUP_NOT_READY,
    "MinInterval",
    "OutsideWindow",
    "Paused",
    "PausedByRequest",
    "PausedBySpec",
    "Queued",
    "WebhookFailed",
}
_INVALID = {
    "DependencyCycle",
    "DependencyMissing",
    "AnalysisInvalid",
    "ConfigMissing",
    INITIAL_ANALYSIS_FAILED,
    "ServiceNotFound",
    "WebhookInvalid",
}


def report(scene: Scene, wait: Wait | None) -> tuple[Merge | None, bool]:
    """The write that brings the status up to date, if one is needed, and whether it holds a decision."""
    standing, workload = _standing(scene, wait), scene.world.workload
    status = _with_counts(scene).model_copy(
        update={
            "phase": standing.phase,
            "message": standing.message,
            "step": f"{scene.index}/{len(scene.steps)}",
            "waiting_for": standing.waiting,
            "observed_generation": scene.world.rollout.meta.generation,
            "conditions": conditions(scene, standing),
            "workload_observed_generation": workload.meta.generation if workload else None,
            "canary": _canary(scene),
            "blue_green": _blue_green(scene),
        }
    )
    now = wait is TURN or urgent(scene.world.rollout.status, status)
    return _write(scene.world.rollout, status), now


def invalid(world: World) -> Plan:
    """A spec that can't be read: nothing is touched, and the status says which field, which value and what to do."""
    rollout = world.rollout
    message = rollout.spec_error
    told = [
        ("Ready", False, "InvalidSpec", message),
        ("Reconciling", False, "InvalidSpec", message),
        ("Stalled", True, "InvalidSpec", message),
        ("InvalidSpec", True, "InvalidSpec", message),
    ]
    kept = [c for c in rollout.status.conditions if c.type not in {entry[0] for entry in told}]
    status = rollout.status.model_copy(
        update={
            "phase": Phase.DEGRADED,
            "message": message,
            "waiting_for": None,
            "observed_generation": rollout.meta.generation,
            "conditions": [
                *stamp(rollout.status.conditions, told, world.now, rollout.meta.generation),
                *kept,
            ],
        }
    )
    write = _write(rollout, status)
    known = rollout.status.message == message and rollout.status.observed_generation == rollout.meta.generation
    events = () if known else (Event("InvalidSpec", message, warning=True),)
    return Plan((), write, urgent=True, events=events)


def _standing(scene: Scene, wait: Wait | None) -> Standing:
    """The first that fits: refused, taken back, stuck, paused, on its way, well."""
    waiting = _waiting(scene, wait)
    message = wait.message if wait else ""
    releasing = wait is not None and (scene.releasing or scene.first_release)
    refusal = scene.world.apply_error
    if refusal:
        return Standing(Phase.DEGRADED, "Refused", refusal, waiting, stalled=True, releasing=releasing)
    if scene.status.abort:
        return _aborted(scene, waiting, stalled=wait is None or wait.reason in _INVALID)
    if stuck(scene, wait):
        said = f"no progress for {scene.spec.progress_deadline_seconds} s: {message}"
        return Standing(Phase.DEGRADED, "ProgressDeadlineExceeded", said, waiting, stalled=True, releasing=True)
    if wait is None:
        return Standing(Phase.HEALTHY, "Healthy", f"revision {scene.status.current_revision} has all the traffic")
    if wait.reason in _PAUSES:
        return Standing(Phase.PAUSED, wait.reason, message, waiting, releasing=True)
    stalled = wait.reason in _INVALID
    return Standing(
        Phase.DEGRADED if stalled else Phase.PROGRESSING,
        wait.reason,
        message,
        waiting,
        stalled=stalled,
        releasing=releasing,
    )


def _aborted(scene: Scene, waiting: WaitingFor | None, *, stalled: bool) -> Standing:
    name = scene.world.rollout.meta.name
    taken_back = f"revision {scene.status.current_revision} was taken back: {scene.status.abort_cause}"
    message = (
        f"{taken_back}. The manifest still names it: change the template "
        f"(`tidegate undo {name} --print` gives the stable one), or `tidegate retry {name}`"
    )
    if scene.config.problem:
        # What was written to mend it can't be taken up.
        message = f"{scene.config.problem}. {message}"
    return Standing(Phase.DEGRADED, "Aborted", message, waiting, stalled=stalled)


def _waiting(scene: Scene, wait: Wait | None) -> WaitingFor | None:
    if wait is None:
        return None
    before = scene.status.waiting_for
    since = before.since if before is not None and before.reason == wait.reason else None
    return WaitingFor(reason=wait.reason, message=wait.message, since=since or scene.now, until=wait.until)


def _with_counts(scene: Scene) -> RolloutStatus:
    sets = scene.world.replicasets
    replicas = sum(rs.replicas for rs in sets)
    updated = scene.new.replicas if scene.new else 0
    available = sum(rs.available for rs in sets)
    before = scene.status
    # An autoscaler looks at the pods that have the users, not at a preview that idles beside them.
    active = scene.stable if scene.strategy.instant else None
    labels = scene.spec.selector.match_labels | ({HASH_LABEL: active.pod_hash} if active else {})
    progressed = available > before.available_replicas or updated > before.updated_replicas
    return before.model_copy(
        update={
            "replicas": replicas,
            "hpa_replicas": active.replicas if active else replicas,
            "updated_replicas": updated,
            "ready_replicas": sum(rs.ready for rs in sets),
            "available_replicas": available,
            "selector": ",".join(f"{k}={v}" for k, v in sorted(labels.items())),
            "progressed_at": scene.now if progressed else before.progressed_at,
        }
    )


def _canary(scene: Scene) -> CanaryStatus:
    releasing = (scene.stepping and not scene.steps_done) or scene.first_release
    return CanaryStatus(
        weights=_weights(scene),
        current_step_analysis_run_status=analysis.brief(analysis.find(scene, RunRole.STEP)) if releasing else None,
        current_background_analysis_run_status=(
            analysis.brief(analysis.find(scene, RunRole.BACKGROUND)) if releasing else None
        ),
        stable_ping_pong=_turn(scene),
    )


def _turn(scene: Scene) -> PingPongRole | None:
    """As decided in this pass; nothing for Services that take no turns."""
    now = scene.strategy.stable_ping_pong
    return None if now is None else scene.status.canary.stable_ping_pong or now


def _blue_green(scene: Scene) -> BlueGreenStatus | None:
    if not scene.strategy.instant:
        return None
    active, preview = scene.stable_service, scene.canary_service
    return BlueGreenStatus(
        active_selector=active.pod_hash if active else "", preview_selector=preview.pod_hash if preview else ""
    )


def _weights(scene: Scene) -> Weights | None:
    carried = seen(scene)
    if carried is None:
        return None
    wanted = asked(scene) or 0
    canary, stable = scene.canary_service, scene.stable_service
    return Weights(
        canary=WeightDestination(
            weight=carried,
            pod_template_hash=canary.pod_hash if canary else "",
            service_name=scene.strategy.canary_service,
        ),
        stable=WeightDestination(
            weight=scene.full - carried,
            pod_template_hash=stable.pod_hash if stable else "",
            service_name=scene.strategy.stable_service,
        ),
        asked=wanted,
        verified=verified(scene, wanted),
    )


def _dump(status: RolloutStatus) -> dict[str, Any]:
    return status.model_dump(mode="json", exclude_none=True)


def _write(rollout: RolloutView, status: RolloutStatus) -> Merge | None:
    patch = merge_patch(_dump(rollout.status), _dump(status))
    return Merge(Resource.ROLLOUTS, rollout.meta, {"status": patch}, status=True) if patch else None
