"""The blue/green strategy: a new version stands beside the old one, and takes all users at once."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.meta import Model, Rule, ServiceName
from tidegate.api.pods import AntiAffinity, PodMetadata
from tidegate.api.rollout_analysis import RolloutAnalysis
from tidegate.api.routing import TrafficRouting
from tidegate.api.sizing import PodsOrPercent


class BlueGreenStrategy(Model):
    """Blue/green: the new version is made ready beside the old one, judged, and takes all users at once."""

    active_service: Annotated[ServiceName, Field(description="Service that users reach; its selector is managed.")]
    preview_service: Annotated[
        ServiceName | None,
        Field(description="Service of the new version before its promotion; its selector is managed."),
    ] = None
    preview_replica_count: Annotated[
        int | None,
        Field(ge=1, description="Pods of the new version until it is to be promoted. Default: spec.replicas."),
    ] = None
    auto_promotion_enabled: Annotated[bool, Field(description="false: the switch waits for `tidegate promote`.")] = True
    auto_promotion_seconds: Annotated[
        int,
        Field(
            ge=0,
            description="How long the new version stands ready, judged by prePromotionAnalysis, before the switch.",
        ),
    ] = 0
    pre_promotion_analysis: Annotated[
        RolloutAnalysis | None, Field(description="Measured before the switch; only Successful goes on.")
    ] = None
    post_promotion_analysis: Annotated[
        RolloutAnalysis | None,
        Field(description="Measured after the switch; when it fails, the active Service goes back first of all."),
    ] = None
    scale_down_delay_seconds: Annotated[
        int,
        Field(ge=0, description="How long the old version stands after the promotion: so long going back is instant."),
    ] = 30
    scale_down_delay_revision_limit: Annotated[
        int | None, Field(ge=0, description="How many old versions may stand in their delay. Default: all.")
    ] = None
    abort_scale_down_delay_seconds: Annotated[
        int, Field(ge=0, description="How long an aborted version's pods stay; 0 keeps them.")
    ] = 30
    max_unavailable: Annotated[PodsOrPercent, Field(description="How many pods a restart may take away at once.")] = (
        "25%"
    )
    traffic_routing: Annotated[
        TrafficRouting | None,
        Field(description="The switch is a change of weights in these routes; needs previewService."),
    ] = None
    active_metadata: Annotated[
        PodMetadata | None, Field(description="On the pods of the stable version, put on in place.")
    ] = None
    preview_metadata: Annotated[
        PodMetadata | None, Field(description="On the pods of the new version until its release is over.")
    ] = None
    anti_affinity: Annotated[
        AntiAffinity | None, Field(description="Keeps new pods off the nodes of the stable version's.")
    ] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.previewService) || self.previewService != self.activeService",
            "previewService and activeService are the same Service: each version needs one of its own",
            lambda b: b.preview_service != b.active_service,
            field="previewService",
            value="self.previewService",
        ),
        Rule(
            "!has(self.trafficRouting) || has(self.previewService)",
            "blueGreen.trafficRouting needs previewService: the routes divide the traffic between the two Services",
            lambda b: b.traffic_routing is None or b.preview_service is not None,
            field="trafficRouting",
        ),
        Rule(
            "!has(self.trafficRouting) || !has(self.trafficRouting.managedRoutes)",
            "blueGreen has no steps that could write trafficRouting.managedRoutes: leave it out",
            lambda b: b.traffic_routing is None or b.traffic_routing.managed_routes is None,
            field="trafficRouting.managedRoutes",
        ),
        Rule(
            "self.autoPromotionEnabled || self.autoPromotionSeconds == 0",
            "autoPromotionSeconds is never reached when autoPromotionEnabled is false: leave one of them out",
            lambda b: b.auto_promotion_enabled or b.auto_promotion_seconds == 0,
            field="autoPromotionSeconds",
        ),
    )
