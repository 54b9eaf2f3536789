"""The canary strategy: a new version takes its traffic step by step."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.location import Location
from tidegate.api.meta import Model, Refused, Rule, ServiceName, Shape
from tidegate.api.ping_pong import PingPong
from tidegate.api.pods import AntiAffinity, PodMetadata
from tidegate.api.rollout_analysis import RolloutAnalysis, RolloutAnalysisBackground
from tidegate.api.routing import TrafficRouting, all_traffic
from tidegate.api.sizing import PodsOrPercent, ReplicaProgressThreshold
from tidegate.api.steps import CanaryStep


def _not_yet(name: str, remedy: str, shape: Shape = Shape.OBJECT) -> Refused:
    return Refused(f"canary.{name} is not supported yet: {remedy}", shape)


_ROUTED_ONLY = {
    "scaleDownDelaySeconds": "scale_down_delay_seconds",
    "abortScaleDownDelaySeconds": "abort_scale_down_delay_seconds",
    "scaleDownDelayRevisionLimit": "scale_down_delay_revision_limit",
    "minPodsPerReplicaSet": "min_pods_per_replica_set",
    "postPromotionAnalysis": "post_promotion_analysis",
}


def _routed_only(name: str, attribute: str) -> Rule:
    """Fields that would do nothing without a router."""
    return Rule(
        f"has(self.trafficRouting) || !has(self.{name})",
        f"{name} needs trafficRouting: without it pods are replaced one for the other, as in a Deployment",
        lambda c: c.traffic_routing is not None or getattr(c, attribute) is None,
        field=name,
    )


def _starts_at_a_step(canary: CanaryStrategy) -> bool:
    start = (canary.analysis.starting_step if canary.analysis else None) or 0
    return start == 0 or start < len(canary.steps)


def _listed(step: str) -> str:
    """CEL: the step names a managed route."""
    routing = "self.trafficRouting"
    listed = f"{routing}.managedRoutes.exists(r, r.name == s.{step}.name)"
    return f"(!has(s.{step}) || (has({routing}) && has({routing}.managedRoutes) && {listed}))"


def _routes_are_listed(canary: CanaryStrategy) -> bool:
    listed = {r.name for r in (canary.traffic_routing.managed_routes or ())} if canary.traffic_routing else set()
    return all(step.managed_route is None or step.managed_route.name in listed for step in canary.steps)


_ALL_TRAFFIC = (
    "has(self.trafficRouting) && has(self.trafficRouting.maxTrafficWeight) ? self.trafficRouting.maxTrafficWeight : 100"
)


def _too_great(canary: CanaryStrategy) -> Location:
    """Where the first weight stands that is more than all there is; nothing when there is none."""
    most = all_traffic(canary.traffic_routing)
    found = (index for index, step in enumerate(canary.steps) if (step.set_weight or 0) > most)
    return next(((index, "setWeight") for index in found), ())


class CanaryStrategy(Model):
    """A canary: the new version takes its traffic step by step."""

    canary_service: Annotated[
        ServiceName | None, Field(description="Service of the new version; its selector is managed.")
    ] = None
    stable_service: Annotated[
        ServiceName | None, Field(description="Service of the stable version; its selector is managed.")
    ] = None
    traffic_routing: Annotated[
        TrafficRouting | None,
        Field(
            description="Where the weights are written. Without it, the share of the pods is the share of the traffic."
        ),
    ] = None
    steps: Annotated[list[CanaryStep], Field(max_length=100, description="What a release goes through, in order.")] = []
    analysis: Annotated[
        RolloutAnalysisBackground | None,
        Field(description="Measured in the background, from startingStep to the end of the steps."),
    ] = None
    post_promotion_analysis: Annotated[
        RolloutAnalysis | None,
        Field(
            description="Measured once the new version has all the traffic. The old pods stay until the verdict: when "
            "it fails, the traffic goes back at once."
        ),
    ] = None
    scale_down_delay_seconds: Annotated[
        int | None,
        Field(
            ge=0,
            description="How long the old version's pods stay after the traffic has left them. Default 30; "
            "only with trafficRouting.",
        ),
    ] = None
    abort_scale_down_delay_seconds: Annotated[
        int | None,
        Field(
            ge=0,
            description="How long an aborted version's pods stay; 0 keeps them. Default 30; only with trafficRouting.",
        ),
    ] = None
    scale_down_delay_revision_limit: Annotated[
        int | None, Field(ge=0, description="How many old versions may stand in their delay. Default: all.")
    ] = None
    dynamic_stable_scale: Annotated[
        bool,
        Field(description="true: the stable version gives up the pods that the new one has taken over."),
    ] = False
    max_surge: Annotated[
        PodsOrPercent | None,
        Field(
            description="How many pods there may be beyond spec.replicas, rounded up. Default 25%; with "
            "trafficRouting no bound when left out."
        ),
    ] = None
    max_unavailable: Annotated[
        PodsOrPercent,
        Field(
            description="Without trafficRouting: how many pods may be missing, rounded down. Also how many a restart "
            "may take away at once."
        ),
    ] = "25%"
    min_pods_per_replica_set: Annotated[
        int | None,
        Field(ge=1, description="With trafficRouting: no version that has pods has fewer than this."),
    ] = None
    replica_progress_threshold: Annotated[
        ReplicaProgressThreshold | None,
        Field(description="How many of its pods a setWeight step needs to go on. Default: all."),
    ] = None
    anti_affinity: Annotated[
        AntiAffinity | None, Field(description="Keeps new pods off the nodes of the stable version's.")
    ] = None
    canary_metadata: Annotated[
        PodMetadata | None, Field(description="On the pods of the new version during a release, put on in place.")
    ] = None
    stable_metadata: Annotated[
        PodMetadata | None, Field(description="On the pods of the stable version, put on in place.")
    ] = None
    ping_pong: Annotated[
        PingPong | None,
        Field(
            description="Two Services that take turns, in place of canaryService and stableService: the one that a "
            "release has led all traffic to stays, and leads to the stable version from then on."
        ),
    ] = None
    audience: Annotated[None, _not_yet("audience", "remove it; weights go by chance", Shape.TEXT)] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.canaryService) || !has(self.stableService) || self.canaryService != self.stableService",
            "canaryService and stableService are the same Service: each version needs one of its own",
            lambda c: c.canary_service is None or c.canary_service != c.stable_service,
            field="canaryService",
            value="self.canaryService",
        ),
        Rule(
            "!has(self.trafficRouting) || has(self.pingPong) || (has(self.canaryService) && has(self.stableService))",
            "canary.trafficRouting needs canaryService and stableService: the routes divide the traffic between them",
            lambda c: c.traffic_routing is None or bool(c.ping_pong or (c.canary_service and c.stable_service)),
            field="trafficRouting",
        ),
        Rule(
            "!has(self.pingPong) || !(has(self.canaryService) || has(self.stableService))",
            "pingPong takes the place of canaryService and stableService: leave these two out",
            lambda c: c.ping_pong is None or not (c.canary_service or c.stable_service),
            field="pingPong",
        ),
        Rule(
            "!has(self.pingPong) || has(self.trafficRouting)",
            "pingPong needs trafficRouting: it is the routes that lead to the one Service or the other",
            lambda c: c.ping_pong is None or c.traffic_routing is not None,
            field="pingPong",
        ),
        Rule(
            f"!has(self.steps) || self.steps.all(s, {_listed('setHeaderRoute')} && {_listed('setMirrorRoute')})",
            "setHeaderRoute and setMirrorRoute need trafficRouting, and their names in trafficRouting.managedRoutes: "
            "its order is the order of the rules",
            _routes_are_listed,
            field="steps",
        ),
        Rule(
            f"!has(self.steps) || self.steps.all(s, !has(s.setWeight) || type(s.setWeight) != int || "
            f"s.setWeight <= ({_ALL_TRAFFIC}))",
            "a setWeight is more than all the traffic: write 0 to 100, or up to trafficRouting.maxTrafficWeight",
            lambda c: not _too_great(c),
            field="steps",
            place=_too_great,
        ),
        *(_routed_only(name, attribute) for name, attribute in _ROUTED_ONLY.items()),
        Rule(
            "!has(self.trafficRouting) || !has(self.maxSurge) || !(string(self.maxSurge) in ['0', '0%'])",
            "maxSurge of 0 leaves no pod for the new version while the old one has the traffic: write 1 or more",
            lambda c: c.traffic_routing is None or str(c.max_surge) not in ("0", "0%"),
            field="maxSurge",
        ),
        Rule(
            "!has(self.dynamicStableScale) || !self.dynamicStableScale || !has(self.scaleDownDelaySeconds)",
            "dynamicStableScale takes the old pods away as the traffic leaves them: leave scaleDownDelaySeconds out",
            lambda c: not c.dynamic_stable_scale or c.scale_down_delay_seconds is None,
            field="scaleDownDelaySeconds",
        ),
        Rule(
            "!has(self.postPromotionAnalysis) || (!has(self.maxSurge) && "
            "!(has(self.dynamicStableScale) && self.dynamicStableScale))",
            "postPromotionAnalysis needs the old version with all its pods: leave dynamicStableScale and maxSurge out",
            lambda c: c.post_promotion_analysis is None or (c.max_surge is None and not c.dynamic_stable_scale),
            field="postPromotionAnalysis",
        ),
        Rule(
            "!has(self.maxSurge) || !(string(self.maxSurge) in ['0', '0%']) || "
            "!(string(self.maxUnavailable) in ['0', '0%'])",
            "maxSurge and maxUnavailable are both 0: no pod could ever be replaced",
            lambda c: str(c.max_surge) not in ("0", "0%") or str(c.max_unavailable) not in ("0", "0%"),
            field="maxUnavailable",
        ),
        Rule(
            "!has(self.analysis) || !has(self.analysis.startingStep) || self.analysis.startingStep == 0 || "
            "(has(self.steps) && self.analysis.startingStep < self.steps.size())",
            "analysis.startingStep lies behind the last step: the first step is 0",
            _starts_at_a_step,
            field="analysis.startingStep",
        ),
    )
