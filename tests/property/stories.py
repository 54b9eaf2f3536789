"""Whole releases in which people wait for what they see before they do something: their end does not depend on luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.property.examples import Example, Stage
from tests.scenarios import manifests as m

Story = Callable[[Stage], None]
WALK = (m.weight(20), m.pause("1s"), m.weight(50), m.analysis(), m.weight(80), m.pause())
HALF = (m.weight(50), m.pause(), m.weight(80), m.analysis())
LIMIT = 200.0


def seen(stage: Stage, phase: str, **status: Any) -> None:
    """Wait until the Rollout stands like this, by what was observed of its latest manifest and request."""

    def so() -> bool:
        found = stage.status
        generation = stage.cluster.api.get(stage.rollout)["metadata"]["generation"]
        fresh = found.get("observedGeneration") == generation
        return fresh and found["phase"] == phase and all(found.get(name) == value for name, value in status.items())

    assert stage.cluster.run(LIMIT, so), f"never {phase} {status}: {stage.status}"


def ask(stage: Stage, action: str, step: int | None = 0) -> None:
    """Ask for something, and wait for the answer."""
    stage.request((action, 0, step))
    assert stage.cluster.run(LIMIT, lambda: (stage.status.get("lastRequest") or {}).get("id") == stage.last_request)


def _walks(stage: Stage) -> None:
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=5)
    ask(stage, "promote")
    seen(stage, "Healthy")


def _fails(stage: Stage) -> None:
    stage.errors(("v2", 0.5))
    stage.version("v2")
    seen(stage, "Degraded", abort=True)


def _is_tried_again(stage: Stage) -> None:
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    ask(stage, "abort")
    seen(stage, "Degraded", abort=True)
    ask(stage, "retry", step=None)
    seen(stage, "Paused", currentStepIndex=1)
    ask(stage, "promote")
    seen(stage, "Healthy")


def _is_superseded(stage: Stage) -> None:
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    stage.version("v3")
    seen(stage, "Paused", currentStepIndex=1, currentRevision=3)
    ask(stage, "promote")
    seen(stage, "Healthy")


def _is_taken_back(stage: Stage) -> None:
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    stage.version("v1")
    seen(stage, "Healthy")


def _is_approved(stage: Stage) -> None:
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    ask(stage, "promote")
    ask(stage, "pause", step=None)
    ask(stage, "approve")
    ask(stage, "resume", step=None)
    seen(stage, "Healthy")


def _is_asked_for(stage: Stage) -> None:
    stage.gate((503, 0.05))
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    stage.gate((200, 2.0))
    ask(stage, "resume")
    seen(stage, "Healthy")


def _is_scaled(stage: Stage) -> None:
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    stage.replicas(6)
    stage.cluster.run(5)
    stage.replicas(2)
    stage.cluster.run(5)
    ask(stage, "promote")
    seen(stage, "Healthy")


def _is_promoted_fully(stage: Stage) -> None:
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    ask(stage, "promoteFull", step=None)
    seen(stage, "Healthy")


def _is_undecided(stage: Stage) -> None:
    stage.errors(("v2", 0.07))
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    ask(stage, "promote")
    seen(stage, "Paused", currentStepIndex=3)
    stage.cluster.run(5)
    stage.errors(("v2", 0.01))
    ask(stage, "resume")
    seen(stage, "Healthy")


def _crashes(stage: Stage) -> None:
    stage.version("crash")
    seen(stage, "Degraded", abort=True)


def _takes_another_config(stage: Stage) -> None:
    stage.config("new")
    seen(stage, "Paused", currentStepIndex=1, currentRevision=2)
    ask(stage, "promote")
    seen(stage, "Healthy")


def _changes_its_roles(stage: Stage) -> None:
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    stage.role("steady")
    ask(stage, "promote")
    seen(stage, "Healthy")


def _restarts(stage: Stage) -> None:
    """Both versions in mid-release: every pod that is there goes once, and none that came in its place."""
    stage.version("v2")
    seen(stage, "Paused", currentStepIndex=1)
    # Pods are dated in whole seconds.
    stage.cluster.run(1.1)
    old = {name for name, pod in stage.cluster.pods.by_name.items() if not pod.deleted}
    ask(stage, "restart", step=None)
    assert stage.cluster.run(LIMIT, lambda: "restartedAt" in stage.status), stage.status
    evicted = {call.name for call in stage.cluster.api.calls if call.subresource == "eviction"}
    assert evicted == old, f"evicted {evicted}, and {old} were there"
    seen(stage, "Paused", currentStepIndex=1)
    ask(stage, "promote")
    seen(stage, "Healthy")


READS = {"versionedConfig": True, "container": m.reading("ConfigMap")}
ROLES = {f"{role}Metadata": {"labels": {"role": role}} for role in ("canary", "stable")}
STORIES: Mapping[str, tuple[Example, Story]] = {
    "walks": (Example(WALK), _walks),
    "fails its analysis": (Example(WALK), _fails),
    "fails in the background": (Example(HALF, canary={"analysis": m.background()}), _fails),
    "is tried again": (Example(HALF), _is_tried_again),
    "is superseded": (Example(HALF), _is_superseded),
    "is taken back": (Example(HALF), _is_taken_back),
    "takes another config": (Example(HALF, spec=READS), _takes_another_config),
    "changes its roles": (Example(HALF, canary=ROLES), _changes_its_roles),
    "restarts": (Example(HALF, replicas=4), _restarts),
    "restarts a single pod": (Example(HALF, replicas=1), _restarts),
    "is approved": (Example((m.weight(50), m.approval(users=["ann"]), m.weight(80), m.analysis())), _is_approved),
    "is asked for": (
        Example((m.weight(50), m.webhook("http://gate", onFailure="Pause", retries=1), m.weight(80), m.analysis())),
        _is_asked_for,
    ),
    "is scaled": (Example(HALF, replicas=4), _is_scaled),
    "is promoted fully": (Example(HALF), _is_promoted_fully),
    "is undecided": (Example(HALF), _is_undecided),
    "has a size of its own": (
        Example((m.scale(replicas=2), m.weight(20), m.weight(40), m.scale(matchTrafficWeight=True), *WALK[4:])),
        lambda stage: _walks(stage),
    ),
    "crashes": (Example(HALF, spec={"progressDeadlineSeconds": 5, "progressDeadlineAbort": True}), _crashes),
}
