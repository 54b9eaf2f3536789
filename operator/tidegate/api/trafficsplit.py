"""TrafficSplit: who goes where. Weights over Services, written into the user's own routes."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from tidegate.api.lanes import Lane
from tidegate.api.meta import (
    API_VERSION,
    MOST_WEIGHT,
    Condition,
    Model,
    Name,
    Refused,
    Rule,
    ServiceName,
    Shape,
    StatusModel,
    Time,
)


class SplitRoute(Model):
    """A route to edit in place."""

    api_group: Annotated[
        Literal["gateway.networking.k8s.io"], Field(description="API group of the route; this is the default.")
    ] = "gateway.networking.k8s.io"
    kind: Annotated[Literal["HTTPRoute"], Field(description="Kind of the route; this is the default.")] = "HTTPRoute"
    name: Annotated[Name, Field(description="Name of the route.")]
    namespace: Annotated[
        None,
        Refused(
            "routes[].namespace is not supported yet: keep the route in the TrafficSplit's own namespace",
            Shape.TEXT,
        ),
    ] = None
    rule: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=253,
            description="Name of the rule. Without it, the one rule whose backendRefs name all backends.",
        ),
    ] = None


class Backend(Model):
    """One side of the split."""

    service: Annotated[ServiceName, Field(description="A Service in the same namespace.")]
    weight: Annotated[int, Field(ge=0, le=MOST_WEIGHT, description="Relative weight: the share is weight / sum.")]
    port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="Port of the backendRef, where a rule names the Service with several."),
    ] = None


class TrafficSplitSpec(Model):
    """What is asked for."""

    routes: Annotated[list[SplitRoute], Field(min_length=1, max_length=16, description="The routes to edit.")]
    backends: Annotated[list[Backend], Field(min_length=2, max_length=16, description="Who gets how much.")]
    service: Annotated[
        None, Refused("spec.service is not supported yet: name existing routes in spec.routes", Shape.TEXT)
    ] = None
    lanes: Annotated[
        list[Lane],
        Field(max_length=15, description="Requests by what they carry, in order; the weights hold for all others."),
    ] = []
    matches: Annotated[
        None, Refused("spec.matches is not supported yet: write the match in the route's rule", Shape.LIST)
    ] = None
    mirror: Annotated[None, Refused("spec.mirror is not supported: write a lane with mirror")] = None
    stickiness: Annotated[None, Refused("spec.stickiness is not supported yet: remove it")] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.backends.exists(b, b.weight > 0)",
            "the weights of backends add up to 0: at least one must be greater",
            lambda s: any(b.weight > 0 for b in s.backends),
            field="backends",
        ),
        Rule(
            "self.backends.all(b, self.backends.exists_one(o, o.service == b.service))",
            "a Service is named twice in backends: name each once",
            lambda s: len({b.service for b in s.backends}) == len(s.backends),
            field="backends",
        ),
        Rule(
            "!has(self.lanes) || self.lanes.all(l, self.lanes.exists_one(o, o.name == l.name))",
            "a lane is named twice: name each once",
            lambda s: len({lane.name for lane in s.lanes}) == len(s.lanes),
            field="lanes",
        ),
        Rule(
            "!has(self.lanes) || self.lanes.all(l, "
            "(!has(l.backend) || self.backends.exists(b, b.service == l.backend)) && "
            "(!has(l.mirror) || self.backends.exists(b, b.service == l.mirror.backend)))",
            "a lane leads to a Service that is not in backends: add it there, with weight 0",
            lambda s: {name for lane in s.lanes for name in lane.needs} <= {b.service for b in s.backends},
            field="lanes",
        ),
    )


class ObservedWeight(StatusModel):
    """What a route was seen to carry for one backend."""

    service: Annotated[str, Field(description="The Service.")]
    weight: Annotated[int, Field(description="Its weight in the route.")]


class RouteStatus(StatusModel):
    """One route as it was seen."""

    kind: Annotated[str, Field(description="Kind of the route.")]
    name: Annotated[str, Field(description="Name of the route.")]
    accepted: Annotated[bool, Field(description="Whether every parent has taken over what the route now says.")] = False
    observed_generation: Annotated[
        int | None, Field(description="Generation of the route that every parent has observed.")
    ] = None
    weights: Annotated[list[ObservedWeight], Field(description="The weights that it carries.")] = []
    lanes: Annotated[list[str] | None, Field(description="The lanes that it carries, by name.")] = None
    message: Annotated[str, Field(description="Why it can't carry the split, when it can't.")] = ""


class TrafficSplitStatus(StatusModel):
    """The status subresource of a TrafficSplit."""

    observed_generation: Annotated[
        int | None, Field(description="Generation of the spec that this status was said of.")
    ] = None
    routes: Annotated[list[RouteStatus], Field(description="Each route as it was seen.")] = []
    corrections: Annotated[int, Field(description="How often somebody else's weights were put right again.")] = 0
    corrected_at: Annotated[list[Time], Field(description="When that was, the last five times.")] = []
    conditions: Annotated[
        list[Condition], Field(description="Programmed, and Ready, Reconciling, Stalled as kstatus reads them.")
    ] = []


class TrafficSplit(Model):
    """Who goes where: weights over Services, written into the user's own routes."""

    api_version: Literal["tidegate.dev/v1alpha1"] = API_VERSION
    kind: Literal["TrafficSplit"] = "TrafficSplit"
    metadata: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
    spec: Annotated[TrafficSplitSpec, Field(description="What is asked for.")]
    status: Annotated[TrafficSplitStatus | None, Field(description="What was seen; written by the operator.")] = None
