"""TrafficSplit: who goes where. Weights over Services, written into the user's own routes."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from tidegate.api.meta import API_VERSION, Condition, Model, Name, Refused, Rule, ServiceName, StatusModel


class SplitRoute(Model):
    """A route to edit in place."""

    api_group: Annotated[
        Literal["gateway.networking.k8s.io"], Field(description="API group of the route.")
    ] = "gateway.networking.k8s.io"
    kind: Annotated[Literal["HTTPRoute"], Field(description="Kind of the route.")] = "HTTPRoute"
    name: Annotated[Name, Field(description="Name of the route.")]
    namespace: Annotated[
        None, Refused("routes[].namespace is not supported yet: keep the route in the TrafficSplit's own namespace")
    ] = None
    rule: Annotated[
        str | None,
        Field(description="Name of the rule. Without it, the one rule whose backendRefs name all backends."),
    ] = None


class Backend(Model):
    """One side of the split."""

    service: Annotated[ServiceName, Field(description="A Service in the same namespace.")]
    weight: Annotated[int, Field(ge=0, le=1_000_000, description="Relative weight: the share is weight / sum.")]
    port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="Port of the backendRef, where a rule names the Service with several."),
    ] = None


class TrafficSplitSpec(Model):
    """What is asked for."""

    routes: Annotated[list[SplitRoute], Field(min_length=1, max_length=16, description="The routes to edit.")]
    backends: Annotated[list[Backend], Field(min_length=2, max_length=16, description="Who gets how much.")]
    service: Annotated[
        None, Refused("spec.service is not supported yet: name existing routes in spec.routes")
    ] = None
    lanes: Annotated[None, Refused("spec.lanes is not supported yet: remove it")] = None
    matches: Annotated[None, Refused("spec.matches is not supported yet: write the match in the route's rule")] = None
    mirror: Annotated[None, Refused("spec.mirror is not supported yet: remove it")] = None
    stickiness: Annotated[None, Refused("spec.stickiness is not supported yet: remove it")] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.backends.exists(b, b.weight > 0)",
            "the weights of backends add up to 0: at least one must be greater",
            lambda s: any(b.weight > 0 for b in s.backends),
        ),
        Rule(
            "self.backends.all(b, self.backends.exists_one(o, o.service == b.service))",
            "a Service is named twice in backends: name each once",
            lambda s: len({b.service for b in s.backends}) == len(s.backends),
        ),
    )


class ObservedWeight(StatusModel):
    """What a route was seen to carry for one backend."""

    service: str
    weight: int


class RouteStatus(StatusModel):
    """One route as it was seen."""

    kind: str
    name: str
    accepted: Annotated[bool, Field(description="Whether every parent has taken over what the route now says.")] = False
    observed_generation: int | None = None
    weights: list[ObservedWeight] = []
    message: str = ""


class TrafficSplitStatus(StatusModel):
    """The status subresource of a TrafficSplit."""

    observed_generation: int | None = None
    routes: list[RouteStatus] = []
    corrections: Annotated[int, Field(description="How often somebody else's weights were put right again.")] = 0
    conditions: list[Condition] = []


class TrafficSplit(Model):
    """Who goes where: weights over Services, written into the user's own routes."""

    api_version: Literal[API_VERSION] = API_VERSION  # type: ignore[valid-type]
    kind: Literal["TrafficSplit"] = "TrafficSplit"
    metadata: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
    spec: TrafficSplitSpec
    status: TrafficSplitStatus | None = None
