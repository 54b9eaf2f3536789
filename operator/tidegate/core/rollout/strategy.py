"""A strategy as the decisions see it, with its defaults filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tidegate.api.location import Location
from tidegate.api.pods import AntiAffinity, PodMetadata
from tidegate.api.rollout_analysis import RolloutAnalysis, RolloutAnalysisBackground
from tidegate.api.routing import RouteReference
from tidegate.api.sizing import ReplicaProgressThreshold
from tidegate.api.steps import CanaryStep
from tidegate.api.strategy_status import PingPongRole

LINGER = timedelta(seconds=10)
FULL = 100


class Routing(StrEnum):
    """What divides the traffic between two versions."""

    ROUTES = "Routes"
    """A TrafficSplit writes weights into the user's routes."""
    SERVICE = "Service"
    """The active Service leads to one version, wholly."""
    PODS = "Pods"
    """The user's own Service leads to all pods: the share of the pods is the share of the traffic."""


@dataclass(frozen=True, slots=True)
class ReleaseStrategy:
    """A strategy with its defaults filled in. A Service that isn't named is the empty text."""

    routing: Routing
    path: Location
    """Where it stands in the spec."""
    stable_service: str
    """Leads to the version that works: stableService, or activeService."""
    canary_service: str
    """Leads to the new version in a release: canaryService, or previewService."""
    service_fields: tuple[str, str]
    """Where these two stand in the strategy."""
    steps: tuple[CanaryStep, ...]
    step_paths: tuple[Location, ...]
    """Where each step stands in the spec."""
    routes: tuple[RouteReference, ...]
    background: RolloutAnalysisBackground | None
    scale_down_delay: timedelta
    abort_scale_down_delay: timedelta
    """Zero keeps an aborted version's pods."""
    scale_down_delay_revision_limit: int | None
    max_surge: int | str | None
    """None: no bound."""
    max_unavailable: int | str
    instant: bool = False
    """A version that was promoted before and still stands takes all users back at once, without steps."""
    dynamic_stable_scale: bool = False
    new_metadata: PodMetadata | None = None
    """On the pods of the new version during a release."""
    stable_metadata: PodMetadata | None = None
    """On those of the stable one."""
    anti_affinity: AntiAffinity | None = None
    min_pods: int = 0
    threshold: ReplicaProgressThreshold | None = None
    managed_routes: tuple[str, ...] = ()
    """The names of the rules that steps may write, in their order."""
    full: int = FULL
    """The weight that is all the traffic. Weights of routes are parts of it."""
    stable_ping_pong: PingPongRole | None = None
    """Which of two Services that take turns leads to the stable version; None: they have their roles for good."""

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the Services that it needs."""
        return tuple(name for name in (self.canary_service, self.stable_service) if name)

    @property
    def backends(self) -> tuple[str, str]:
        """The two Services in an order that stays when they change their roles: it must cost no write."""
        pair = (self.stable_service, self.canary_service)
        return pair[::-1] if self.stable_ping_pong is PingPongRole.PONG else pair

    @property
    def lingers(self) -> bool:
        """The old version stands long enough after the promotion that no gateway can still send to it when it goes.

        So the stable Service may be switched under its traffic, as in a blue/green release: two writes of each route
        fewer than to have all traffic go to the canary Service first.
        """
        switched = self.routing is Routing.ROUTES and self.stable_ping_pong is None
        return switched and not self.shrinks_stable and self.scale_down_delay >= LINGER

    @property
    def shrinks_stable(self) -> bool:
        """The stable version gives up the pods that the new one has taken over.

        With a bound on the total it has to: else there would never be room for the new version.
        """
        return self.dynamic_stable_scale or (self.routing is Routing.ROUTES and self.max_surge is not None)

    def analyses(self) -> Iterable[tuple[Location, RolloutAnalysis]]:
        """All analyses of the release, each with its place in the spec."""
        if self.background is not None:
            yield (*self.path, "analysis"), self.background
        for path, step in zip(self.step_paths, self.steps, strict=True):
            if step.analysis is not None:
                yield path, step.analysis
