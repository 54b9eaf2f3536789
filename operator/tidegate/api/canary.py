"""The canary strategy: a new version takes its traffic step by step."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.meta import Model, Refused, Rule, ServiceName, Shape
from tidegate.api.rollout_analysis import RolloutAnalysisBackground
from tidegate.api.routing import TrafficRouting
from tidegate.api.steps import CanaryStep


def _not_yet(name: str, remedy: str, shape: Shape = Shape.OBJECT) -> Refused:
    return Refused(f"canary.{name} is not supported yet: {remedy}", shape)


def _starts_at_a_step(canary: CanaryStrategy) -> bool:
    start = (canary.analysis.starting_step if canary.analysis else None) or 0
    return start == 0 or start < len(canary.steps)


class CanaryStrategy(Model):
    """A canary: the new version takes its traffic step by step."""

    canary_service: Annotated[ServiceName, Field(description="Service of the new version; its selector is managed.")]
    stable_service: Annotated[ServiceName, Field(description="Service of the stable version; its selector is managed.")]
    traffic_routing: Annotated[
        TrafficRouting,
        Field(description="Where the weights are written; needed, since a canary by pod counts is not supported yet."),
    ]
    steps: Annotated[list[CanaryStep], Field(max_length=100, description="What a release goes through, in order.")] = []
    analysis: Annotated[
        RolloutAnalysisBackground | None,
        Field(description="Measured in the background, from startingStep to the end of the steps."),
    ] = None
    scale_down_delay_seconds: Annotated[
        int, Field(ge=0, description="How long the old version's pods stay after the traffic has left them.")
    ] = 30
    abort_scale_down_delay_seconds: Annotated[
        int, Field(ge=0, description="How long an aborted version's pods stay; 0 keeps them.")
    ] = 30
    anti_affinity: Annotated[None, _not_yet("antiAffinity", "write the affinity in the template")] = None
    canary_metadata: Annotated[None, _not_yet("canaryMetadata", "remove it")] = None
    stable_metadata: Annotated[None, _not_yet("stableMetadata", "remove it")] = None
    dynamic_stable_scale: Annotated[
        None,
        _not_yet("dynamicStableScale", "remove it; the stable version keeps its full size", Shape.BOOLEAN),
    ] = None
    max_surge: Annotated[
        None,
        _not_yet("maxSurge", "remove it; setCanaryScale bounds the canary's pods", Shape.NUMBER_OR_TEXT),
    ] = None
    max_unavailable: Annotated[
        None,
        _not_yet("maxUnavailable", "remove it; no pod goes before its traffic has left", Shape.NUMBER_OR_TEXT),
    ] = None
    min_pods_per_replica_set: Annotated[
        None, _not_yet("minPodsPerReplicaSet", "use a setCanaryScale step", Shape.NUMBER_OR_TEXT)
    ] = None
    ping_pong: Annotated[None, _not_yet("pingPong", "name canaryService and stableService")] = None
    replica_progress_threshold: Annotated[
        None, _not_yet("replicaProgressThreshold", "remove it; a step waits for all its pods")
    ] = None
    scale_down_delay_revision_limit: Annotated[
        None, _not_yet("scaleDownDelayRevisionLimit", "use scaleDownDelaySeconds", Shape.NUMBER_OR_TEXT)
    ] = None
    audience: Annotated[None, _not_yet("audience", "remove it; weights go by chance", Shape.TEXT)] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.canaryService != self.stableService",
            "canaryService and stableService are the same Service: each version needs one of its own",
            lambda c: c.canary_service != c.stable_service,
            field="canaryService",
            value="self.canaryService",
        ),
        Rule(
            "!has(self.analysis) || !has(self.analysis.startingStep) || self.analysis.startingStep == 0 || "
            "(has(self.steps) && self.analysis.startingStep < self.steps.size())",
            "analysis.startingStep lies behind the last step: the first step is 0",
            _starts_at_a_step,
            field="analysis.startingStep",
        ),
    )
