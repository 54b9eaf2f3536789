"""Rollout: a Deployment that moves in steps. Field names, defaults and meaning are Argo Rollouts' where it has them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from tidegate.api.analysis import RolloutAnalysis, RolloutAnalysisBackground
from tidegate.api.meta import API_VERSION, Duration, Model, Name, Refused, Rule, ServiceName, Weight
from tidegate.api.rollout_status import RolloutStatus
from tidegate.api.template import PodTemplate

_NO_ROUTER = "use trafficRouting.gatewayAPI with the HTTPRoute that your gateway serves"


class LabelSelector(Model):
    """Which pods belong to the Rollout."""

    match_labels: Annotated[
        dict[str, str],
        Field(min_length=1, description="The template's labels must contain all of these."),
    ]
    match_expressions: Annotated[
        None, Refused("selector.matchExpressions is not supported: name the labels in selector.matchLabels")
    ] = None


class RouteReference(Model):
    """A route of the user's that is edited in place."""

    name: Annotated[Name, Field(description="Name of the HTTPRoute.")]
    namespace: Annotated[
        None,
        Refused("httpRoutes[].namespace is not supported yet: keep the HTTPRoute in the Rollout's own namespace"),
    ] = None
    rule: Annotated[
        str | None,
        Field(
            description="Name of the rule to edit. Without it, the one rule whose backendRefs name both Services; "
            "more than one such rule is refused."
        ),
    ] = None


class GatewayAPIRouting(Model):
    """Routes of the Gateway API."""

    http_routes: Annotated[
        list[RouteReference],
        Field(
            min_length=1,
            max_length=16,
            alias="httpRoutes",
            description="HTTPRoutes in the Rollout's namespace whose weights are moved. Each is restored as it was written.",
        ),
    ]
    grpc_routes: Annotated[
        None, Refused("gatewayAPI.grpcRoutes is not supported yet: list HTTPRoutes in gatewayAPI.httpRoutes")
    ] = Field(None, alias="grpcRoutes")


class TrafficRouting(Model):
    """How traffic is divided. One router kind at a time."""

    gateway_api: Annotated[
        GatewayAPIRouting, Field(alias="gatewayAPI", description="Gateway API routes, edited in place.")
    ]
    alb: Annotated[None, Refused(f"trafficRouting.alb is not supported: {_NO_ROUTER}")] = None
    ambassador: Annotated[None, Refused(f"trafficRouting.ambassador is not supported: {_NO_ROUTER}")] = None
    app_mesh: Annotated[None, Refused(f"trafficRouting.appMesh is not supported: {_NO_ROUTER}")] = None
    apisix: Annotated[None, Refused(f"trafficRouting.apisix is not supported: {_NO_ROUTER}")] = None
    istio: Annotated[None, Refused(f"trafficRouting.istio is not supported yet: {_NO_ROUTER}")] = None
    nginx: Annotated[None, Refused(f"trafficRouting.nginx is not supported yet: {_NO_ROUTER}")] = None
    plugins: Annotated[None, Refused(f"trafficRouting.plugins is not supported: {_NO_ROUTER}")] = None
    smi: Annotated[None, Refused(f"trafficRouting.smi is not supported yet: {_NO_ROUTER}")] = None
    traefik: Annotated[None, Refused(f"trafficRouting.traefik is not supported yet: {_NO_ROUTER}")] = None
    managed_routes: Annotated[
        None, Refused("trafficRouting.managedRoutes is not supported yet: remove it with the steps that need it")
    ] = None
    max_traffic_weight: Annotated[
        None, Refused("trafficRouting.maxTrafficWeight is not supported yet: weights are percentages, 0 to 100")
    ] = None


class Pause(Model):
    """A stop in the release."""

    duration: Annotated[
        Duration | None,
        Field(description="How long: seconds, or a text such as 10s, 5m, 1h. Without it: until somebody promotes."),
    ] = None


class SetCanaryScale(Model):
    """The canary's size, told apart from its weight."""

    weight: Annotated[Weight | None, Field(description="Size as a percentage of spec.replicas.")] = None
    replicas: Annotated[int | None, Field(ge=0, description="Size as a number of pods.")] = None
    match_traffic_weight: Annotated[
        bool | None, Field(description="true: from here on the size follows the weight again.")
    ] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "(has(self.weight) ? 1 : 0) + (has(self.replicas) ? 1 : 0) + (has(self.matchTrafficWeight) ? 1 : 0) == 1",
            "setCanaryScale takes exactly one of weight, replicas and matchTrafficWeight",
            lambda s: [s.weight, s.replicas, s.match_traffic_weight].count(None) == 2,
        ),
    )


_STEP_KINDS = ("setWeight", "pause", "setCanaryScale", "analysis")
_LATER = "is not supported yet: steps can be setWeight, setCanaryScale, pause and analysis"


class CanaryStep(Model):
    """One step of a release: exactly one of its fields."""

    set_weight: Annotated[Weight | None, Field(description="Percentage of the traffic for the new version.")] = None
    pause: Annotated[Pause | None, Field(description="Wait for a time, or for a person.")] = None
    set_canary_scale: Annotated[SetCanaryScale | None, Field(description="Size of the new version.")] = None
    analysis: Annotated[
        RolloutAnalysis | None, Field(description="Measure, and go on only when the verdict is Successful.")
    ] = None
    approval: Annotated[None, Refused(f"step approval {_LATER}; a pause without duration waits for promote")] = None
    experiment: Annotated[None, Refused(f"step experiment {_LATER}")] = None
    plugin: Annotated[None, Refused("step plugin is not supported: use an analysis step")] = None
    set_groups: Annotated[None, Refused(f"step setGroups {_LATER}")] = None
    set_header_route: Annotated[None, Refused(f"step setHeaderRoute {_LATER}")] = None
    set_mirror_route: Annotated[None, Refused(f"step setMirrorRoute {_LATER}")] = None
    webhook: Annotated[None, Refused(f"step webhook {_LATER}")] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            " + ".join(f"(has(self.{kind}) ? 1 : 0)" for kind in _STEP_KINDS) + " == 1",
            "a step is exactly one of setWeight, pause, setCanaryScale and analysis; write the others as steps of their own",
            lambda s: [s.set_weight, s.pause, s.set_canary_scale, s.analysis].count(None) == 3,
        ),
    )


class CanaryStrategy(Model):
    """A canary: the new version takes its traffic step by step."""

    canary_service: Annotated[ServiceName, Field(description="Service of the new version; its selector is managed.")]
    stable_service: Annotated[ServiceName, Field(description="Service of the stable version; its selector is managed.")]
    traffic_routing: Annotated[TrafficRouting, Field(description="Where the weights are written.")]
    steps: Annotated[
        list[CanaryStep], Field(max_length=100, description="What a release goes through, in order.")
    ] = []
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
    anti_affinity: Annotated[
        None, Refused("canary.antiAffinity is not supported yet: write the affinity in the template")
    ] = None
    canary_metadata: Annotated[None, Refused("canary.canaryMetadata is not supported yet: remove it")] = None
    stable_metadata: Annotated[None, Refused("canary.stableMetadata is not supported yet: remove it")] = None
    dynamic_stable_scale: Annotated[
        None,
        Refused("canary.dynamicStableScale is not supported yet: remove it; the stable version keeps its full size"),
    ] = None
    max_surge: Annotated[
        None, Refused("canary.maxSurge is not supported yet: remove it; setCanaryScale bounds the canary's pods")
    ] = None
    max_unavailable: Annotated[
        None, Refused("canary.maxUnavailable is not supported yet: remove it; no pod is taken away before its traffic")
    ] = None
    min_pods_per_replica_set: Annotated[
        None, Refused("canary.minPodsPerReplicaSet is not supported yet: use a setCanaryScale step")
    ] = None
    ping_pong: Annotated[
        None, Refused("canary.pingPong is not supported yet: name canaryService and stableService")
    ] = None
    replica_progress_threshold: Annotated[
        None, Refused("canary.replicaProgressThreshold is not supported yet: remove it; a step waits for all its pods")
    ] = None
    scale_down_delay_revision_limit: Annotated[
        None, Refused("canary.scaleDownDelayRevisionLimit is not supported yet: use scaleDownDelaySeconds")
    ] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.canaryService != self.stableService",
            "canaryService and stableService are the same Service: each version needs one of its own",
            lambda c: c.canary_service != c.stable_service,
        ),
        Rule(
            "!has(self.analysis) || !has(self.analysis.startingStep) || !has(self.steps) ? true : "
            "self.analysis.startingStep < self.steps.size() || self.analysis.startingStep == 0",
            "analysis.startingStep lies behind the last step: the first step is 0",
            lambda c: c.analysis is None
            or c.analysis.starting_step == 0
            or c.analysis.starting_step < len(c.steps),
        ),
    )


class Strategy(Model):
    """How a release goes."""

    canary: Annotated[CanaryStrategy, Field(description="Step by step, with the traffic divided by weights.")]
    blue_green: Annotated[
        None, Refused("strategy.blueGreen is not supported yet: use strategy.canary; with no steps it switches at once")
    ] = None


class RunHistory(Model):
    """How many ended AnalysisRuns are kept."""

    successful_run_history_limit: Annotated[int, Field(ge=0, description="Successful ones.")] = 5
    unsuccessful_run_history_limit: Annotated[
        int, Field(ge=0, description="Failed, inconclusive and errored ones.")
    ] = 5


class RolloutSpec(Model):
    """What the user wants."""

    replicas: Annotated[int, Field(ge=0, description="Number of pods of the whole service.")] = 1
    selector: Annotated[LabelSelector, Field(description="Which pods are the Rollout's. Never changes.")]
    template: Annotated[PodTemplate, Field(description="The pods. A change here starts a release.")]
    strategy: Annotated[Strategy, Field(description="How a release goes.")]
    min_ready_seconds: Annotated[
        int, Field(ge=0, description="How long a pod must be ready before it counts as available.")
    ] = 0
    revision_history_limit: Annotated[
        int, Field(ge=0, description="How many old ReplicaSets are kept, at size 0, for undo.")
    ] = 10
    paused: Annotated[bool, Field(description="true: no step is taken. Scaling and taking back go on.")] = False
    progress_deadline_seconds: Annotated[
        int, Field(ge=1, description="How long pods may take before the release counts as stuck.")
    ] = 600
    progress_deadline_abort: Annotated[bool, Field(description="true: a stuck release is aborted.")] = False
    analysis: Annotated[RunHistory, Field(description="How many AnalysisRuns are kept.")] = RunHistory()
    restart_at: Annotated[None, Refused("spec.restartAt is not supported yet: change an annotation of the template")] = None
    rollback_window: Annotated[None, Refused("spec.rollbackWindow is not supported yet: remove it")] = None
    workload_ref: Annotated[
        None, Refused("spec.workloadRef is not supported yet: write the pods in spec.template")
    ] = None
    schedule: Annotated[None, Refused("spec.schedule is not supported yet: remove it")] = None
    depends_on: Annotated[None, Refused("spec.dependsOn is not supported yet: remove it")] = None
    on_supersede: Annotated[
        None, Refused("spec.onSupersede is not supported yet: a new template starts again at the first step")
    ] = None
    versioned_config: Annotated[
        None, Refused("spec.versionedConfig is not supported yet: give ConfigMaps a name for each version")
    ] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.selector == oldSelf.selector",
            "spec.selector never changes: delete the Rollout with --cascade=orphan and create it anew",
            lambda _: True,
        ),
        Rule(
            "has(self.template.metadata) && has(self.template.metadata.labels) && "
            "self.selector.matchLabels.all(k, k in self.template.metadata.labels && "
            "self.template.metadata.labels[k] == self.selector.matchLabels[k])",
            "template.metadata.labels must contain every label of selector.matchLabels, else the pods are never found",
            lambda s: s.selector.match_labels.items() <= s.template.metadata.labels.items(),
        ),
        Rule(
            "self.progressDeadlineSeconds > self.minReadySeconds",
            "progressDeadlineSeconds must be greater than minReadySeconds, else every release is stuck",
            lambda s: s.progress_deadline_seconds > s.min_ready_seconds,
        ),
    )


class Rollout(Model):
    """A Deployment that moves in steps, each gated by analysis, people or time."""

    api_version: Literal[API_VERSION] = API_VERSION  # type: ignore[valid-type]
    kind: Literal["Rollout"] = "Rollout"
    metadata: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
    spec: RolloutSpec
    status: RolloutStatus | None = None
