"""How an example ends: every release comes to an end or says what it waits for, and then all is quiet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.property.examples import Kind, Stage, hash_of
from tests.property.promises import canary_service, weights_of
from tests.scenarios import manifests as m
from tidegate.core.world import HASH_LABEL
from tidegate.model.objects import Raw

PATIENCE = 200.0
"""Seconds within which all that ends by itself has ended: every step, delay and deadline of the examples is shorter."""
HELD = frozenset({"ApprovalTimedOut", "PausedBySpec", "PausedByRequest", "AnalysisUndecided", "WebhookFailed"})


@dataclass(frozen=True)
class End:
    """Where a Rollout stands when nothing moves any more."""

    phase: str
    reason: str
    stable: str
    weight: int
    sizes: dict[str, int]
    outcomes: list[tuple[int, str | None]]
    answered: tuple[Any, ...]


def settled(stage: Stage) -> End:
    """Wait until nothing moves any more, and hold what then stands to what it says."""
    assert stage.cluster.run(PATIENCE, lambda: _stands(stage)), f"it does not end: {_told(stage.status)}"
    # Delays of pods that are kept for a while, and statuses that were not urgent.
    stage.cluster.run(PATIENCE)
    assert _stands(stage), f"it had ended, and then: {_told(stage.status)}"
    _is_quiet(stage)
    return _end(stage)


def _stands(stage: Stage) -> bool:
    status, meta = stage.status, stage.cluster.api.get(stage.rollout)["metadata"]
    if status.get("observedGeneration") != meta["generation"] or not _answered(status, meta):
        return False
    waiting = status.get("waitingFor") or {}
    held = waiting.get("reason") in HELD or (
        waiting.get("reason") in ("Approval", "Paused") and not waiting.get("until")
    )
    return status["phase"] == "Healthy" or held or _condition(status, "Stalled")


def _answered(status: Raw, meta: Raw) -> bool:
    request = (meta.get("annotations") or {}).get("tidegate.dev/request")
    return request is None or (status.get("lastRequest") or {}).get("id") == json.loads(request)["id"]


def _condition(status: Raw, kind: str) -> bool:
    return any(c["type"] == kind and c["status"] == "True" for c in status.get("conditions", []))


def _told(status: Raw) -> str:
    return f"{status.get('phase')}: {status.get('message')} {status.get('waitingFor')}"


def _is_quiet(stage: Stage) -> None:
    """An operator with nothing to do asks the API server for nothing."""
    running = [run["metadata"]["name"] for run in stage.cluster.api.list("AnalysisRun") if _goes_on(stage, run)]
    if running:
        assert stage.status["phase"] == "Paused", f"{running} still measure after the end of the release"
        return
    before = len(stage.cluster.api.calls)
    stage.cluster.run(3600)
    calls = stage.cluster.api.calls[before:]
    assert not calls, f"an hour of nothing to do cost {len(calls)} calls: {calls[:3]}"


def _goes_on(stage: Stage, run: Raw) -> bool:
    """It measures; or it had no data and holds the release: then it is begun again now and then."""
    phase, wait = (run.get("status") or {}).get("phase"), stage.status.get("waitingFor") or {}
    held = wait.get("reason") == "AnalysisUndecided" and "until" in wait
    return phase not in ("Successful", "Failed", "Error") and (phase != "Inconclusive" or held)


def _end(stage: Stage) -> End:
    status = stage.status
    waiting = status.get("waitingFor") or {}
    last = status.get("lastRequest") or {}
    weights = weights_of(stage.cluster.api.get(stage.cluster.key("HTTPRoute", m.NAME)))
    return End(
        phase=status["phase"],
        reason=waiting.get("reason", ""),
        stable=_version(status.get("stableRS", "")),
        weight=round(100 * weights[canary_service(status)] / sum(weights.values())),
        sizes={_version(name): size for name, size in sizes(stage).items() if size},
        outcomes=[(release["revision"], release.get("outcome")) for release in status["history"]],
        answered=(last.get("action"), last.get("outcome")),
    )


def sizes(stage: Stage) -> dict[str, int]:
    """The sizes of the ReplicaSets by pod template hash."""
    found = stage.cluster.api.list("ReplicaSet")
    return {raw["metadata"]["name"].removeprefix(f"{m.NAME}-"): raw["spec"]["replicas"] for raw in found}


def _led_to(stage: Stage) -> str:
    """The version behind the Service that users reach."""
    service = stage.cluster.api.get(stage.cluster.key("Service", m.STABLE))
    return _version(service["spec"]["selector"].get(HASH_LABEL, ""))


def _version(pod_hash: str) -> str:
    return next((version for version in ("v1", "v2", "v3", "crash") if hash_of(version) == pod_hash), pod_hash)


def hold_to_its_word(stage: Stage, end: End) -> None:
    """What the status says at the end is what the cluster looks like."""
    rollout = stage.cluster.api.get(stage.rollout)
    version = _version(rollout["status"]["currentPodHash"])
    size = rollout["spec"]["replicas"]
    if end.phase == "Healthy":
        assert (end.stable, end.weight) == (version, 0)
        assert end.sizes == ({version: size} if size else {})
        assert end.outcomes[-1][1] is not None, end.outcomes
    elif rollout["status"].get("abort"):
        assert end.weight == 0
        assert _led_to(stage) == end.stable or stage.kind is Kind.COUNTED
        assert end.sizes.get(end.stable, 0) == size
        assert end.outcomes[-1][1] == "Aborted"
        keeps = stage.fields.get("abortScaleDownDelaySeconds") == 0
        assert keeps or set(end.sizes) <= {end.stable}
    else:
        # Or its pods crash now, though it was promoted: while the Rollout had a size of 0 there was nobody to see it.
        assert end.outcomes[-1][1] is None or end.stable == version
        gives_up = stage.kind is Kind.COUNTED or {"maxSurge", "dynamicStableScale"} & set(stage.fields)
        assert gives_up or end.sizes.get(end.stable, 0) == size
