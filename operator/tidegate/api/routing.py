"""How a Rollout's traffic is divided: the user's own Gateway API routes, edited in place."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.managed_routes import ManagedRoute
from tidegate.api.meta import MOST_WEIGHT, Model, Name, Refused, Rule, Shape

_USE = "use trafficRouting.gatewayAPI with the HTTPRoute that your gateway serves"


def _router(name: str, shape: Shape = Shape.OBJECT) -> Refused:
    return Refused(f"trafficRouting.{name} is not supported: {_USE}", shape)


class RouteReference(Model):
    """A route of the user's that is edited in place."""

    name: Annotated[Name, Field(description="Name of the HTTPRoute.")]
    namespace: Annotated[
        None,
        Refused(
            "httpRoutes[].namespace is not supported yet: keep the HTTPRoute in the Rollout's own namespace",
            Shape.TEXT,
        ),
    ] = None
    rule: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=253,
            description="Name of the rule to edit. Without it, the one rule whose backendRefs name both "
            "Services; more than one such rule is refused.",
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
            description="HTTPRoutes in the Rollout's namespace whose weights are moved; "
            "each is restored as it was written.",
        ),
    ]
    grpc_routes: Annotated[
        None,
        Refused("gatewayAPI.grpcRoutes is not supported yet: list HTTPRoutes in gatewayAPI.httpRoutes", Shape.LIST),
    ] = Field(None, alias="grpcRoutes")


class TrafficRouting(Model):
    """How traffic is divided. One router kind at a time."""

    gateway_api: Annotated[
        GatewayAPIRouting,
        Field(alias="gatewayAPI", description="Gateway API routes, edited in place: list them in httpRoutes."),
    ]
    alb: Annotated[None, _router("alb")] = None
    ambassador: Annotated[None, _router("ambassador")] = None
    app_mesh: Annotated[None, _router("appMesh")] = None
    apisix: Annotated[None, _router("apisix")] = None
    istio: Annotated[None, _router("istio")] = None
    nginx: Annotated[None, _router("nginx")] = None
    plugins: Annotated[None, _router("plugins")] = None
    smi: Annotated[None, _router("smi")] = None
    traefik: Annotated[None, _router("traefik")] = None
    managed_routes: Annotated[
        list[ManagedRoute] | None,
        Field(
            max_length=15,
            description="Rules that setHeaderRoute and setMirrorRoute write, ahead of the rule with the weights and "
            "in this order.",
        ),
    ] = None
    max_traffic_weight: Annotated[
        int | None,
        Field(
            ge=1,
            le=MOST_WEIGHT,
            description="The weight that is all the traffic, for steps finer than 1 %: with 1000, setWeight 5 is "
            "0.5 %. Default 100.",
        ),
    ] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.managedRoutes) || self.managedRoutes.all(r, self.managedRoutes.exists_one(o, o.name == r.name))",
            "a name is in managedRoutes twice: write each once",
            lambda t: len({r.name for r in t.managed_routes or ()}) == len(t.managed_routes or ()),
            field="managedRoutes",
        ),
    )


def all_traffic(routing: TrafficRouting | None) -> int:
    """The weight that is all the traffic."""
    return (routing.max_traffic_weight if routing else None) or 100
