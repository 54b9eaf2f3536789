"""A Rollout in virtual time, on a cluster that does what it is told before the next pass; told in short words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.unit.core.rollout.making import (
    NEW_NAME,
    NOW,
    OLD_NAME,
    THIRD_NAME,
    after,
    make_spec,
    meta,
    patched,
    route,
    seconds,
)
from tidegate.api.analysis import AnalysisPhase, AnalysisRunSpec, AnalysisRunStatus
from tidegate.api.rollout import RolloutSpec
from tidegate.api.rollout_status import RolloutStatus
from tidegate.api.trafficsplit import TrafficSplitSpec, TrafficSplitStatus
from tidegate.core.actions import Action, Create, Delete, Merge, Plan, Resource
from tidegate.core.rollout import plan
from tidegate.core.world import (
    HASH_LABEL,
    REVISION,
    RUN_ROLE,
    ReplicaSetView,
    RolloutView,
    RouteView,
    RunRole,
    RunView,
    ServiceView,
    SplitView,
    TemplateView,
    World,
)

VERSIONS = {OLD_NAME: "v1", NEW_NAME: "v2", THIRD_NAME: "v3"}


def by_hash(pod_hash: str) -> str:
    return VERSIONS[f"web-{pod_hash}"]


@dataclass
class Life:
    """The cluster. A status that may wait is never written: as if the operator died after every pass."""

    spec: RolloutSpec = field(default_factory=lambda: make_spec(image="web:1"))
    now: datetime = NOW
    generation: int = 1
    status: RolloutStatus = field(default_factory=RolloutStatus)
    request: str | None = None
    sets: dict[str, ReplicaSetView] = field(default_factory=dict)
    selectors: dict[str, dict[str, str]] = field(
        default_factory=lambda: {name: {"app": "web"} for name in ("web-canary", "web")}
    )
    split: dict[str, Any] | None = None
    routes: tuple[RouteView, ...] = ()
    runs: dict[str, RunView] = field(default_factory=dict)
    templates: tuple[TemplateView, ...] = ()
    broken: frozenset[str] = frozenset()
    """Versions whose pods never become ready."""
    verdicts: Mapping[str, AnalysisPhase] = field(default_factory=dict)
    """What the runs come to, by the end of their name; the others go on measuring."""
    plan: Plan = field(default_factory=Plan)

    def change(self, *steps: Any, **fields: Any) -> None:
        """Somebody applies another manifest."""
        self.spec = make_spec(*steps, **fields)
        self.generation += 1

    def ask(self, action: str, **fields: Any) -> None:
        """Somebody asks for something, of the revision under way."""
        asked = {"id": f"{action}-{self.now}", "action": action, "revision": self.status.current_revision, **fields}
        self.request = json.dumps(asked)

    def world(self) -> World:
        rollout = RolloutView(meta("web", generation=self.generation), self.spec, self.status, request=self.request)
        split = None
        if self.split is not None:
            split = SplitView(meta("web"), TrafficSplitSpec.model_validate(self.split), TrafficSplitStatus())
        return World(
            now=self.now,
            rollout=rollout,
            replicasets=tuple(self.sets.values()),
            services={name: self._service(name) for name in self.selectors},
            split=split,
            routes=self.routes,
            runs=tuple(self.runs.values()),
            templates=self.templates,
        )

    def _service(self, name: str) -> ServiceView:
        pinned = self.selectors[name].get(HASH_LABEL)
        ready = {rs.meta.name: rs.ready for rs in self.sets.values() if rs.ready and pinned in (None, rs.pod_hash)}
        return ServiceView(meta(name), self.selectors[name], ready, pinned_by="web" if pinned else "")

    def step(self) -> list[str]:
        """One pass, and the world after it: pods are ready, routes are taken over, runs are judged."""
        self.plan = plan(self.world())
        told = [self._apply(action) for action in self.plan.actions]
        if self.plan.status is not None and self.plan.urgent:
            self.status = after(self.status, self.plan.status)
            waiting = self.status.waiting_for
            told.append(f"{self.status.phase} {self.status.step}" + (f" {waiting.reason}" if waiting else ""))
        told += [event.reason for event in self.plan.events]
        self._settle()
        return told

    def later(self, number: float) -> list[str]:
        """A pass after so many seconds."""
        self.now += seconds(number)
        return self.step()

    def run(self, most: int = 50) -> list[list[str]]:
        """Passes, until nothing is done any more but by time."""
        told = []
        for _ in range(most):
            told.append(self.step())
            if not told[-1]:
                return told[:-1]
        raise AssertionError(f"it never comes to rest: {told}")

    def _settle(self) -> None:
        for name, rs in self.sets.items():
            there = 0 if VERSIONS[name] in self.broken else rs.size
            self.sets[name] = replace(rs, replicas=rs.size, ready=there, available=there)
        if self.split is not None:
            self.routes = (route(self.split["backends"][1]["weight"]),)
        for name, view in self.runs.items():
            ends = [phase for end, phase in self.verdicts.items() if name.endswith(end)]
            phase = ends[0] if ends else AnalysisPhase.RUNNING
            if not view.status.phase.completed:
                status = AnalysisRunStatus(phase=phase, completed_at=self.now if phase.completed else None)
                self.runs[name] = replace(view, status=status)

    def _apply(self, action: Action) -> str:
        match action:
            case Create(Resource.REPLICASETS):
                return self._create_set(action)
            case Create(Resource.SPLITS) | Merge(Resource.SPLITS):
                body = action.body if isinstance(action, Create) else action.patch
                self.split = patched(self.split, body["spec"])
                return f"weight {self.split['backends'][1]['weight']}"
            case Create(Resource.RUNS):
                return self._create_run(action)
            case Merge(Resource.REPLICASETS):
                return self._merge_set(action)
            case Merge(Resource.SERVICES):
                self.selectors[action.meta.name] |= action.patch["spec"]["selector"]
                return f"{action.meta.name} to {by_hash(action.patch['spec']['selector'][HASH_LABEL])}"
            case Merge(Resource.RUNS):
                view = self.runs[action.meta.name]
                assert view.spec is not None
                self.runs[action.meta.name] = replace(view, spec=view.spec.model_copy(update={"terminate": True}))
                return f"stop {action.meta.name.split('-', 2)[2]}"
            case Delete(Resource.REPLICASETS):
                del self.sets[action.meta.name]
                return f"delete {VERSIONS[action.meta.name]}"
        raise AssertionError(f"nobody expects {action}")

    def _create_set(self, action: Create) -> str:
        metadata, size = action.body["metadata"], action.body["spec"]["replicas"]
        revision = int(metadata["annotations"][REVISION])
        self.sets[action.name] = ReplicaSetView(
            meta(action.name), metadata["labels"][HASH_LABEL], revision, size, 0, 0, 0
        )
        return f"create {VERSIONS[action.name]} of {size}"

    def _merge_set(self, action: Merge) -> str:
        name, size = action.meta.name, action.patch.get("spec", {}).get("replicas")
        number = action.patch.get("metadata", {}).get("annotations", {}).get(REVISION)
        rs = self.sets[name]
        self.sets[name] = replace(rs, size=rs.size if size is None else size, revision=int(number or rs.revision))
        told = [] if size is None else [f"{VERSIONS[name]} to {size}"]
        return ", ".join([*told, f"{VERSIONS[name]} is revision {number}"] if number else told)

    def _create_run(self, action: Create) -> str:
        labels = action.body["metadata"]["labels"]
        spec = AnalysisRunSpec.model_validate(action.body["spec"])
        self.runs[action.name] = RunView(
            meta(action.name, created_at=self.now),
            RunRole(labels[RUN_ROLE]),
            labels[HASH_LABEL],
            spec,
            AnalysisRunStatus(),
        )
        return f"run {action.name.split('-', 2)[2]}"
