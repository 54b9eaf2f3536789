"""The world of one Rollout with the roles told: which ReplicaSet is new, stable, old, and what the routes carry.

A Scene is frozen. A decision returns a new one with other facts in `status`; what a later decision sees is always the
result of the earlier ones, and never half of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tidegate.api.rollout import CanaryStep, RolloutSpec
from tidegate.api.rollout_status import RolloutStatus
from tidegate.core.actions import Event
from tidegate.core.config.revision import UNVERSIONED, Versioned
from tidegate.core.rollout.revision import replicaset_name
from tidegate.core.rollout.strategy import FULL, ReleaseStrategy
from tidegate.core.world import ReplicaSetView, ServiceView, SplitView, World

__all__ = ["FULL", "Scene", "ready_behind"]


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the decisions of one pass share. `status` holds the facts decided so far."""

    world: World
    spec: RolloutSpec
    strategy: ReleaseStrategy
    new_hash: str
    """The revision that the user asks for now."""
    status: RolloutStatus
    events: tuple[Event, ...] = ()
    config: Versioned = UNVERSIONED
    withheld: bool = False
    """The new version lacks what its release needs and has no pods yet: it gets none, and no traffic."""

    def facts(self, *events: Event, **facts: Any) -> Scene:
        """The scene with other facts in its status, and the Events that tell of them."""
        return replace(self, status=self.status.model_copy(update=facts), events=self.events + events)

    @property
    def now(self) -> datetime:
        return self.world.now

    @property
    def full(self) -> int:
        """The weight that is all the traffic."""
        return self.strategy.full

    @property
    def steps(self) -> tuple[CanaryStep, ...]:
        return self.strategy.steps

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
    def under_way(self) -> bool:
        """The last line of history has no end yet."""
        history = self.status.history
        return bool(history) and history[-1].finished_at is None

    @property
    def stepping(self) -> bool:
        return self.releasing and not self.status.abort

    @property
    def steps_done(self) -> bool:
        return self.index >= len(self.steps)

    @property
    def own_split(self) -> SplitView | None:
        """The TrafficSplit that this Rollout has made; one of its name may be a user's own."""
        split = self.world.split
        return split if split is not None and split.meta.owner_uid == self.world.rollout.meta.uid else None

    @property
    def canary_service(self) -> ServiceView | None:
        return self.world.services.get(self.strategy.canary_service)

    @property
    def stable_service(self) -> ServiceView | None:
        return self.world.services.get(self.strategy.stable_service)


def ready_behind(service: ServiceView | None, replicaset: str) -> int:
    """How many pods of a ReplicaSet answer behind a Service; 0 when the Service isn't there."""
    return service.ready.get(replicaset, 0) if service else 0
