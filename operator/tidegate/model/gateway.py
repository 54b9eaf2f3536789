"""A Gateway API implementation: takes routes and endpoints over after a while, and tells who would get traffic now.

As Envoy does: a Service whose endpoints are not ready answers 503 for its share, and a Service that is not there is
left out, which the route's status tells as ResolvedRefs False.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.core.objects import Key
from tidegate.model.api import ApiServer, Change
from tidegate.model.clock import Clock
from tidegate.model.matching import PLAIN, Request, rule_for
from tidegate.model.objects import Raw
from tidegate.model.parents import accepted
from tidegate.model.pods import Pods

NAME = "gateway"
ROUTE_LAG = 0.15
ENDPOINT_LAG = 0.01
"""Less than ROUTE_LAG: a gateway takes over what it sees in the order in which it was changed."""
EVERYTHING = 100.0
Weights = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Where the traffic of one rule would go now, all in percent. What is lost is told by its cause."""

    to_pods: Mapping[str, float]
    lost: Mapping[str, float]

    def to_replicaset(self, name: str) -> float:
        """The share that the pods of a ReplicaSet answer."""
        return sum(share for pod, share in self.to_pods.items() if pod.rpartition("-")[0] == name)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule that was taken over."""

    raw: Raw
    weights: Weights
    mirror: Weights


class Gateway:
    """The data plane with its controller."""

    def __init__(self, api: ApiServer, clock: Clock, pods: Pods, lag: float = ROUTE_LAG) -> None:
        self._api = api
        self._clock = clock
        self._pods = pods
        self._lag = lag
        self._rules: dict[Key, tuple[_Rule, ...]] = {}
        self._endpoints: dict[tuple[str, str], tuple[str, ...]] = {}
        self._down = False
        api.watch(self._note)

    def stop(self) -> None:
        """No route is taken over any more; endpoints are, as in every gateway where they come another way."""
        self._down = True

    def start(self) -> None:
        """Routes are taken over again, those that were changed meanwhile at once."""
        self._down = False
        self._take_routes()

    def traffic(self, route: Key, request: Request = PLAIN) -> Traffic | None:
        """Who gets such requests now; None when the route takes none of them."""
        rule = self._rule(route, request)
        return self._spread(route.namespace, rule.weights) if rule else None

    def copies(self, route: Key, request: Request = PLAIN) -> Traffic | None:
        """Who gets copies of such requests, in percent of them; None when nobody does."""
        rule = self._rule(route, request)
        return self._spread(route.namespace, rule.mirror) if rule and rule.mirror else None

    def added(self, route: Key) -> tuple[Traffic, ...]:
        """Who gets the requests and the copies of each rule with a name: those of header and mirror routes."""
        rules = [rule for rule in self._rules.get(route, ()) if rule.raw.get("name")]
        return tuple(self._spread(route.namespace, w) for rule in rules for w in (rule.weights, rule.mirror) if w)

    def _rule(self, route: Key, request: Request) -> _Rule | None:
        rules = self._rules.get(route, ())
        index = rule_for([rule.raw for rule in rules], request)
        return None if index is None else rules[index]

    def weights(self, route: Key, request: Request = PLAIN) -> Mapping[str, float]:
        """The weights that are in force for such requests, in percent, by Service."""
        rule = self._rule(route, request)
        weights = rule.weights if rule else ()
        total = sum(weight for _, weight in weights)
        return {service: EVERYTHING * weight / total for service, weight in weights if total}

    def _spread(self, namespace: str, weights: Weights) -> Traffic:
        total = sum(weight for _, weight in weights)
        to_pods: dict[str, float] = defaultdict(float)
        lost: dict[str, float] = defaultdict(float)
        if not total:
            lost["all weights are zero"] = EVERYTHING
        for service, weight in weights:
            if weight:
                self._share_out(namespace, service, EVERYTHING * weight / total, to_pods, lost)
        return Traffic(to_pods, lost)

    def _share_out(
        self, namespace: str, service: str, share: float, to_pods: dict[str, float], lost: dict[str, float]
    ) -> None:
        endpoints = self._endpoints.get((namespace, service), ())
        if not endpoints:
            lost[f"Service {service} has no ready endpoints"] += share
        for name in endpoints:
            pod = self._pods.by_name.get(name)
            if pod is not None and pod.answers:
                to_pods[name] += share / len(endpoints)
            else:
                lost[f"pod {name} does not answer"] += share / len(endpoints)

    def _note(self, change: Change) -> None:
        if change.key.kind == "EndpointSlice":
            self._clock.after(ENDPOINT_LAG, lambda: self._take(change.key))
        elif change.key.kind == "HTTPRoute" and change.by != NAME:
            self._clock.after(self._lag, lambda: self._take(change.key))
        elif change.key.kind == "Service" and change.type != "MODIFIED":
            # References are resolved anew.
            self._clock.after(self._lag, self._take_routes)

    def _take_routes(self) -> None:
        for raw in self._api.list("HTTPRoute"):
            self._take(Key("HTTPRoute", raw["metadata"]["namespace"], raw["metadata"]["name"]))

    def _take(self, key: Key) -> None:
        raw = self._api.find(key)
        if key.kind == "EndpointSlice":
            self._endpoints[key.namespace, key.name] = _ready(raw)
        elif self._down:
            return
        elif raw is None:
            self._rules.pop(key, None)
        else:
            self._rules[key] = tuple(self._taken(key.namespace, rule) for rule in raw["spec"].get("rules") or ())
            self._accept(key, raw)

    def _taken(self, namespace: str, rule: Raw) -> _Rule:
        mirrors = [each["requestMirror"] for each in rule.get("filters") or () if each["type"] == "RequestMirror"]
        return _Rule(rule, self._weights(namespace, rule), tuple((m["backendRef"]["name"], 1) for m in mirrors[:1]))

    def _weights(self, namespace: str, rule: Mapping[str, Any]) -> Weights:
        refs = rule.get("backendRefs") or ()
        there = (ref for ref in refs if self._api.find(Key("Service", namespace, ref["name"])) is not None)
        return tuple((ref["name"], ref.get("weight", 1)) for ref in there)

    def _accept(self, key: Key, raw: Raw) -> None:
        services = {ref["name"] for rule in raw["spec"].get("rules") or () for ref in rule.get("backendRefs") or ()}
        missing = sorted(name for name in services if self._api.find(Key("Service", key.namespace, name)) is None)
        self._api.merge(key, {"status": accepted(raw, missing)}, NAME, subresource="status")


def _ready(raw: Raw | None) -> tuple[str, ...]:
    endpoints = raw["endpoints"] if raw is not None else ()
    return tuple(e["targetRef"]["name"] for e in endpoints if e["conditions"]["ready"])
