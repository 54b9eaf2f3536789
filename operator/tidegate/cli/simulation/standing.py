"""The cluster as it stands, in the model: what was read from an API server goes on there in virtual time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidegate.cli.simulation.run import LEAD, follow, measured_by
from tidegate.cli.simulation.scenario import Scenario
from tidegate.cli.simulation.timeline import Course
from tidegate.model import Cluster
from tidegate.model.api import Change
from tidegate.model.pods import Life

Raw = dict[str, Any]
SETTLED = 0.5
"""Seconds until the operator of the model has seen everything."""
WRITTEN = frozenset({"name", "namespace", "labels", "annotations"})
"""What a person writes of an object's metadata."""


@dataclass(frozen=True, slots=True)
class RouteChange:
    """A route as it becomes, so many seconds after the manifest was applied."""

    namespace: str
    name: str
    seconds: float
    before: Raw
    after: Raw


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would happen."""

    courses: list[Course]
    routes: list[RouteChange] = field(default_factory=list)


def look_ahead(
    there: Iterable[Raw], rollouts: list[Raw], others: list[Raw], scenario: Scenario, now: datetime, *, promote: bool
) -> Outlook:
    """Apply objects to a cluster in which these are, and see what becomes of it. Raises CommandError."""
    cluster = _stand(list(there), scenario, now)
    outlook = Outlook([])
    began = cluster.clock.now

    def note(change: Change) -> None:
        if change.key.kind == "HTTPRoute" and change.before and change.raw["spec"] != change.before["spec"]:
            seconds = round((cluster.clock.now - began).total_seconds(), 3)
            specs = change.before["spec"], change.raw["spec"]
            outlook.routes.append(RouteChange(change.key.namespace, change.key.name, seconds, *specs))

    cluster.api.apply(map(_written, others))
    cluster.api.watch(note)
    outlook.courses.extend(follow(cluster, list(map(_written, rollouts)), promote=promote))
    return outlook


def _stand(there: list[Raw], scenario: Scenario, now: datetime) -> Cluster:
    """The pods that answer are as many as answer now; those that do not, never will."""
    ready = Counter[str]()
    for raw in there:
        if raw["kind"] == "ReplicaSet":
            ready[_image(raw)] += (raw.get("status") or {}).get("readyReplicas", 0)

    def life(image: str, _ordinal: int) -> Life:
        if cluster.clock.now > now - LEAD / 2:
            return Life(scenario.ready_after)
        ready[image] -= 1
        return Life(0.0 if ready[image] >= 0 else None)

    cluster = measured_by(scenario, now - LEAD, life)
    cluster.api.load(there)
    cluster.run(LEAD.total_seconds())
    cluster.start_operator()
    cluster.run(SETTLED)
    return cluster


def _image(replicaset: Raw) -> str:
    return str(replicaset["spec"]["template"]["spec"]["containers"][0]["image"])


def _written(raw: Raw) -> Raw:
    """What a person writes of an object: what the API server adds to it is the model's to add."""
    metadata = {name: value for name, value in raw["metadata"].items() if name in WRITTEN}
    return {**{name: value for name, value in raw.items() if name != "status"}, "metadata": metadata}
