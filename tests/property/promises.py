"""What must hold after everything that happens, whoever fails and whenever: the design's promises as checks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from math import ceil
from typing import Any

from tests.scenarios.manifests import CANARY, NAME, STABLE
from tidegate.core.world import HASH_LABEL, PINNED_BY
from tidegate.model import Cluster
from tidegate.model.api import Change
from tidegate.model.objects import Raw

SLACK = 1e-6
LATELY = 5
"""Seconds within which the operator may not have seen what was changed."""
OPERATORS = ("operator", "second")


class Promises:
    """Looks at every change and at every moment. `forgiven` tells why losses are nobody's fault just now."""

    def __init__(self, cluster: Cluster, forgiven: Callable[[], bool] = lambda: False) -> None:
        self.cluster = cluster
        self.losses: list[str] = []
        self._forgiven = forgiven
        self._served = False
        self._carried: list[tuple[float, dict[str, int]]] = []
        self._sizes: list[tuple[float, int]] = []
        self._runs: set[str] = set()
        self._other_strategy = -LATELY
        """When another strategy was applied."""
        self._route = cluster.key("HTTPRoute", NAME)
        self._rollout = cluster.key("Rollout", NAME)
        cluster.api.watch(self._note)
        cluster.watch_steps(self._look)

    # At every moment

    def _look(self) -> None:
        traffic = self.cluster.gateway.traffic(self._route)
        if traffic is None:
            return
        # Before the first version answers there is nobody to send traffic to.
        self._served = self._served or (bool(self.status.get("stableRS")) and not traffic.lost)
        for one in (traffic, *self.cluster.gateway.added(self._route)):
            if one.lost and self._served and not self._forgiven():
                raise AssertionError(f"{self.moment}: requests are lost: {dict(one.lost)}")

    @property
    def status(self) -> Raw:
        """The Rollout's status as it stands."""
        rollout = self.cluster.api.find(self._rollout)
        return (rollout or {}).get("status") or {}

    @property
    def moment(self) -> str:
        """When this is, for messages."""
        return f"at {self.cluster.clock.seconds:.3f} s"

    # At every change

    def _note(self, change: Change) -> None:
        if change.key == self._route and change.type != "DELETED":
            self._weights_add_up(change)
        if change.key.kind == "Rollout" and change.type == "MODIFIED":
            self._sizes.append((self.cluster.clock.seconds, change.raw["spec"]["replicas"]))
            if _kinds(change.raw) != _kinds(change.before):
                self._other_strategy = self.cluster.clock.seconds
        if change.by in OPERATORS:
            self._only_what_is_ours(change)
            for check in self._checks(change):
                check(change)

    def _checks(self, change: Change) -> Iterator[Callable[[Change], None]]:
        if change.key.kind == "HTTPRoute":
            yield self._weight_has_pods
        # What the strategy before decided is not judged by the other; that nothing is lost is looked at all along.
        seen = self.cluster.clock.seconds > self._other_strategy + LATELY
        if change.key.kind == "ReplicaSet" and change.type == "MODIFIED" and seen:
            yield self._enough_pods_stay if self._counted() else self._share_keeps_its_pods
        if change.key.kind == "Rollout" and self._routed():
            yield self._status_is_true
        if change.key.kind == "AnalysisRun" and change.type == "ADDED":
            yield self._measured_once

    def _weights_add_up(self, change: Change) -> None:
        """They are shares of their sum: never nothing for everybody."""
        weights = weights_of(change.raw)
        total = sum(weights.values())
        assert total, f"{self.moment}: {change.by} leaves the weights at {weights}"
        shares = {service: round(100 * weight / total) for service, weight in weights.items()}
        self._carried.append((self.cluster.clock.seconds, shares))

    def _weight_has_pods(self, change: Change) -> None:
        """No weight is raised on a Service that nobody answers behind."""
        before, after = weights_of(change.before), weights_of(change.raw)
        for service in (STABLE, CANARY):
            if after[service] > before[service] and self._served and not self._forgiven():
                ready = self._ready(service)
                assert ready, f"{self.moment}: {service} gets {after[service]} % and nobody answers behind it"
        new = canary_service(self.status)
        if after[new] > before[new] and not (self._has_own_scale() or self._forgiven() or self._leads_to_one()):
            ready, share = self._ready(new), 100 * after[new] / sum(after.values())
            needed = ceil(self._smallest_size() * share / 100 - SLACK)
            assert ready >= needed, f"{self.moment}: {share:.0f} % for {ready} pods of {self._smallest_size()}"

    def _leads_to_one(self) -> bool:
        """Between two Services of one version a weight moves nobody."""
        services = [self.cluster.api.get(self.cluster.key("Service", name)) for name in (STABLE, CANARY)]
        hashes = {
            service["spec"]["selector"].get(HASH_LABEL, name) for service, name in zip(services, "sc", strict=True)
        }
        return len(hashes) == 1

    def _ready(self, service: str) -> int:
        found = self.cluster.api.find(self.cluster.key("EndpointSlice", service))
        return sum(e["conditions"]["ready"] for e in found["endpoints"]) if found else 0

    def _share_keeps_its_pods(self, change: Change) -> None:
        """Who loses pods keeps what its share of the traffic needs: weights in force, endpoints as they are."""
        before, after = change.before["spec"]["replicas"], change.raw["spec"]["replicas"]
        if after >= before or self._forgiven():
            return
        share = share_of(self.cluster, change.key.name)
        if share > SLACK:
            rounded = self._rounded_away() if change.key.name.endswith(self.status.get("stableRS", "?")) else 0
            needed = ceil(self._smallest_size() * (share - rounded) / 100 - SLACK)
            scaled = change.key.name.endswith(self.status.get("currentPodHash", "?")) and self._has_own_scale()
            said = f"{change.key.name} goes from {before} to {after} pods under {share:.0f} % of the traffic"
            assert after >= (1 if scaled else needed), f"{self.moment}: {said}"

    def _rounded_away(self) -> float:
        """A stable version that gives up pods carries what the whole percents of the new one's weight leave: less
        than one percent more than its even share."""
        return 1 - 2 * SLACK if {"maxSurge", "dynamicStableScale"} & set(self._canary()) else 0

    def _enough_pods_stay(self, change: Change) -> None:
        """Without a router never more pods are missing than may be, as the operator saw them lately."""
        before, after = change.before["spec"]["replicas"], change.raw["spec"]["replicas"]
        if min(_available(change.raw), before) <= after or self._forgiven():
            # Only pods go that do not answer anyway.
            return
        available = sum(min(_available(raw), _size(raw)) for raw in self.cluster.api.list("ReplicaSet"))
        missing = self._canary().get("maxUnavailable", "25%")
        size = self._smallest_size()
        may_be = size * int(missing[:-1]) // 100 if isinstance(missing, str) else missing
        said = f"{change.key.name} goes from {before} to {after} pods, and {available} of {size} are available"
        assert available >= size - max(may_be, 1), f"{self.moment}: {said}"

    def _canary(self) -> Raw:
        rollout = self.cluster.api.find(self._rollout)
        return (rollout or {"spec": {"strategy": {}}})["spec"]["strategy"].get("canary") or {}

    def _routed(self) -> bool:
        return "trafficRouting" in self._canary()

    def _counted(self) -> bool:
        return bool(self._canary()) and not self._routed()

    def _has_own_scale(self) -> bool:
        return any("setCanaryScale" in step for step in self._canary().get("steps", ()))

    def _smallest_size(self) -> int:
        """spec.replicas, also what it was a moment ago: the operator may not have seen the last change."""
        now = self.cluster.clock.seconds
        rollout = self.cluster.api.find(self._rollout)
        size = rollout["spec"]["replicas"] if rollout else 0
        late = [size for time, size in self._sizes if time > now - LATELY]
        return min([size, *late])

    def _only_what_is_ours(self, change: Change) -> None:
        """The user's fields are the user's, in every object that is not our own child."""
        if change.type == "MODIFIED" and change.key.kind in MINE:
            before, after = (MINE[change.key.kind](raw) for raw in (change.before, change.raw))
            assert before == after, f"{self.moment}: {change.by} changes the user's fields of {change.key}"

    def _status_is_true(self, change: Change) -> None:
        """The weights in status are some that the route has carried, lately."""
        status = change.raw.get("status") or {}
        weights = (status.get("canary") or {}).get("weights")
        if weights is None or weights == ((change.before.get("status") or {}).get("canary") or {}).get("weights"):
            return
        since = self.cluster.clock.seconds - 10
        past = [carried for time, carried in self._carried if time <= since][-1:]
        seen = past + [carried for time, carried in self._carried if time > since]
        new, old = weights["canary"]["weight"], weights["stable"]["weight"]
        said, lately = round(100 * new / (new + old)), [shares[weights["canary"]["serviceName"]] for shares in seen]
        assert said in lately, f"{self.moment}: status says {said} %, and the routes carried {lately}"

    def _measured_once(self, change: Change) -> None:
        assert change.key.name not in self._runs, f"{self.moment}: {change.key.name} is measured a second time"
        self._runs.add(change.key.name)


def canary_service(status: Raw) -> str:
    """The Service of the new version, also where the two take turns."""
    return STABLE if (status.get("canary") or {}).get("stablePingPong") == "pong" else CANARY


def _kinds(rollout: Raw) -> tuple[list[str], bool]:
    """Which strategy it is, and whether a canary has a router."""
    strategy = rollout["spec"]["strategy"]
    return sorted(strategy), "trafficRouting" in strategy.get("canary", {})


def _size(raw: Raw) -> int:
    return int(raw["spec"]["replicas"])


def _available(raw: Raw) -> int:
    return int((raw.get("status") or {}).get("availableReplicas", 0))


def weights_of(raw: Raw) -> dict[str, int]:
    """The weights of the author's one rule: those that are added stand ahead of it."""
    return {ref["name"]: ref["weight"] for ref in raw["spec"]["rules"][-1]["backendRefs"]}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _of_rollout(raw: Raw) -> str:
    meta = raw["metadata"]
    return _text([raw["spec"], meta.get("annotations"), meta.get("labels"), meta.get("finalizers")])


def _of_service(raw: Raw) -> str:
    selector = {name: value for name, value in raw["spec"]["selector"].items() if name != HASH_LABEL}
    notes = {name: note for name, note in (raw["metadata"].get("annotations") or {}).items() if name != PINNED_BY}
    return _text([{**raw["spec"], "selector": selector}, notes])


def _of_route(raw: Raw) -> str:
    rules = [
        {**rule, "backendRefs": [_without_weight(ref) for ref in rule["backendRefs"]]}
        for rule in raw["spec"]["rules"]
        if not rule.get("name", "").startswith("tidegate-")
    ]
    annotations = raw["metadata"].get("annotations") or {}
    others = {name: value for name, value in annotations.items() if not name.startswith("split.tidegate.dev/")}
    return _text([{**raw["spec"], "rules": rules}, others])


def _without_weight(ref: Raw) -> Raw:
    return {name: value for name, value in ref.items() if name != "weight"}


MINE: dict[str, Callable[[Raw], str]] = {"Rollout": _of_rollout, "Service": _of_service, "HTTPRoute": _of_route}


def share_of(cluster: Cluster, replicaset: str) -> float:
    """The percentage of the traffic that goes to a ReplicaSet: the weights in force, the endpoints as they are."""
    weights = cluster.gateway.weights(cluster.key("HTTPRoute", NAME))
    return sum(weight * part_of(cluster, service, replicaset) for service, weight in weights.items())


def part_of(cluster: Cluster, service: str, replicaset: str) -> float:
    """The part of a Service's endpoints that are pods of a ReplicaSet, 0 to 1."""
    found = cluster.api.find(cluster.key("EndpointSlice", service))
    ready = [e["targetRef"]["name"] for e in found["endpoints"] if e["conditions"]["ready"]] if found else []
    return sum(name.rpartition("-")[0] == replicaset for name in ready) / max(1, len(ready))
