"""The world of one Rollout with the roles told: which ReplicaSet is new, stable, old, and what the routes carry.

A Scene is frozen. A decision returns a new one with other facts in `status`; what a later decision sees is always the
result of the earlier ones, and never half of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tidegate.api.rollout import CanaryStep, CanaryStrategy, RolloutSpec
from tidegate.api.rollout_status import RolloutStatus
from tidegate.core.actions import Event
from tidegate.core.rollout.revision import replicaset_name
from tidegate.core.world import ReplicaSetView, RouteView, ServiceView, World

FULL = 100


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the decisions of one pass share. `status` holds the facts decided so far."""

    world: World
    spec: RolloutSpec
    new_hash: str
    """The revision that the user asks for now."""
    status: RolloutStatus
    events: tuple[Event, ...] = ()

    def facts(self, *events: Event, **facts: Any) -> Scene:
        """The scene with other facts in its status, and the Events that tell of them."""
        return replace(self, status=self.status.model_copy(update=facts), events=self.events + events)

    @property
    def now(self) -> datetime:
        return self.world.now

    @property
    def canary(self) -> CanaryStrategy:
        return self.spec.strategy.canary

    @property
    def steps(self) -> list[CanaryStep]:
        return self.canary.steps

    @property
    def index(self) -> int:
        """The current step; `len(steps)` when all are done."""
        return min(self.status.current_step_index or 0, len(self.steps))

    @property
    def new_name(self) -> str:
        return replicaset_name(self.world.rollout.meta.name, self.new_hash)

    @property
    def new(self) -> ReplicaSetView | None:
        return self._by_hash(self.new_hash)

    @property
    def stable(self) -> ReplicaSetView | None:
        """The version that works; None before the first release has ended."""
        return self._by_hash(self.status.stable_rs) if self.status.stable_rs else None

    @property
    def others(self) -> tuple[ReplicaSetView, ...]:
        """Versions that are neither new nor stable."""
        roles = {self.new_hash, self.status.stable_rs}
        return tuple(rs for rs in self.world.replicasets if rs.pod_hash not in roles)

    def _by_hash(self, pod_hash: str) -> ReplicaSetView | None:
        return next((rs for rs in self.world.replicasets if rs.pod_hash == pod_hash), None)

    @property
    def first_release(self) -> bool:
        """Nothing has worked yet: there is no stable version to go back to."""
        return not self.status.stable_rs

    @property
    def releasing(self) -> bool:
        """A new version is on its way to be stable (or was aborted on it)."""
        return not self.first_release and self.new_hash != self.status.stable_rs

    @property
    def stepping(self) -> bool:
        return self.releasing and not self.status.abort

    @property
    def steps_done(self) -> bool:
        return self.index >= len(self.steps)

    @property
    def canary_service(self) -> ServiceView | None:
        return self.world.services.get(self.canary.canary_service)

    @property
    def stable_service(self) -> ServiceView | None:
        return self.world.services.get(self.canary.stable_service)

    @property
    def asked(self) -> int | None:
        """The canary's weight that the TrafficSplit asks for; None when there is no split of ours."""
        return self.world.split.weight(self.canary.canary_service) if self.world.split else None

    @property
    def seen(self) -> int | None:
        """The greatest weight that a route was seen to carry for the canary; None when no route could be read."""
        shares = [route.share(self.canary.canary_service) for route in self.world.routes]
        known = [share for share in shares if share is not None]
        return round(max(known)) if known else None

    def verified(self, weight: int) -> bool:
        """Whether `weight` was asked for, and every parent of every route has taken it over."""
        routes = self.world.routes
        return (
            self.asked == weight
            and len(routes) == len(self.canary.traffic_routing.gateway_api.http_routes)
            and all(r.accepted and not r.problem and self._carries(r, weight) for r in routes)
        )

    def _carries(self, route: RouteView, weight: int) -> bool:
        share = route.share(self.canary.canary_service)
        return share is not None and abs(share - weight) < 1e-6


def ready_behind(service: ServiceView | None, replicaset: str) -> int:
    """How many pods of a ReplicaSet answer behind a Service; 0 when the Service isn't there."""
    return service.ready.get(replicaset, 0) if service else 0
