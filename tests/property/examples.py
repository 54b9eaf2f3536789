"""Random worlds: what the user wrote, how the versions fare, and what people do in the meantime."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from tests.property.faults import Faults, Storm
from tests.scenarios import manifests as m
from tidegate.api.meta import time_text
from tidegate.core.config.revision import Versioned, pod_hash_of
from tidegate.core.rollout.revision import content_hash
from tidegate.model import Cluster
from tidegate.model.objects import Raw
from tidegate.model.pods import Life
from tidegate.observe.configs import config_map_view

STABLE_FIELDS = ("stableMetadata", "activeMetadata")
VERSIONS = ("v1", "v2", "v3", "crash")


@dataclass(frozen=True)
class Deed:
    """Something that somebody does, or that befalls the cluster, `after` seconds from the deed before."""

    name: str
    argument: Any = None
    after: float = 0.0


class Kind(StrEnum):
    """What divides the traffic."""

    ROUTED = "routed"
    SWITCHED = "switched"
    COUNTED = "counted"


@dataclass(frozen=True)
class Example:
    """A whole example. It begins with version v1 serving; the deeds follow."""

    steps: tuple[Raw, ...] = ()
    replicas: int = 3
    kind: Kind = Kind.ROUTED
    canary: Mapping[str, Any] = field(default_factory=dict)
    """More fields of the strategy."""
    spec: Mapping[str, Any] = field(default_factory=dict)
    ready_after: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, float | None] = field(default_factory=dict)
    deeds: tuple[Deed, ...] = ()
    faults: Faults = field(default_factory=Faults)
    route_lag: float = 0.15


def hash_of(version: str) -> str:
    """The pod template hash of a version."""
    return content_hash(m.rollout(version, [])["spec"]["template"])


SETTINGS = ("old", "new")


def hash_with(version: str, setting: str) -> str:
    """The same of a version that reads the ConfigMap with this setting."""
    template = m.rollout(version, [], container=m.reading("ConfigMap"))["spec"]["template"]
    config = config_map_view(m.placed(m.config(setting), "default"))
    return pod_hash_of(template, Versioned((config,)))


class Stage:
    """An example on a cluster: does the deeds, and knows for what nobody can be blamed meanwhile."""

    def __init__(self, example: Example, weather: type[Storm] | None = None) -> None:
        self.example = example
        self.storm = (weather or Storm)(example.faults)
        self.cluster = Cluster(lives=self._life, weather=self.storm, route_lag=example.route_lag)
        self.rollout = self.cluster.key("Rollout", m.NAME)
        self.kind = example.kind
        self._steps = list(example.steps)
        self._fields = dict(example.canary)
        self._version, self._replicas = "v1", example.replicas
        self._spec = {"progressDeadlineSeconds": 60, **example.spec}
        self._forgiven_until = 0.0
        self._emptied, self._failed, self._weighted = False, False, False
        self._requests = 0
        for version in VERSIONS:
            self._errors(version, example.errors.get(version, 0.01))

    def _life(self, image: str, ordinal: int) -> Life:
        version = image.partition(":")[2]
        if version == "crash":
            return Life(None)
        return Life(self.example.ready_after.get(version, 1.0) * (1 + ordinal % 3 / 10))

    @property
    def fields(self) -> Mapping[str, Any]:
        """The optional fields of the strategy as it is now."""
        return self._fields

    @property
    def last_request(self) -> str:
        """The id of the last request."""
        return f"r{self._requests}"

    @property
    def status(self) -> Raw:
        """The Rollout's status."""
        return (self.cluster.api.find(self.rollout) or {}).get("status") or {}

    def forgiven(self) -> bool:
        """Whether losses are nobody's fault: pods just died or all have, somebody set weights, or size 0 was asked for.

        At size 0 a new version is taken at once, as in a Deployment, whether it works or not.
        """
        if self._all_dead() or (self._emptied and not self._well()):
            self.forgive(5)
        elif self._emptied:
            self._emptied = False
        return self.cluster.clock.seconds < self._forgiven_until

    def _well(self) -> bool:
        rollout = self.cluster.api.find(self.rollout)
        if rollout is None:
            return False
        seen = self.status.get("observedGeneration") == rollout["metadata"]["generation"]
        return bool(self._replicas) and seen and self.status.get("phase") == "Healthy"

    def _all_dead(self) -> bool:
        """Of the stable version, when it has any pods: that those of another answer by now mends nothing."""
        stable = list(self.cluster.pods.of(f"{m.NAME}-{self.status.get('stableRS', '')}"))
        pods = stable or self.cluster.pods.by_name.values()
        return self._failed and not any(pod.ready for pod in pods)

    def begin(self) -> None:
        """Version v1 serves."""
        self.first("v1")
        assert self.cluster.run(60, lambda: self.status.get("phase") == "Healthy"), self.status

    def first(self, version: str) -> None:
        """Everything is applied for the first time."""
        self._version = version
        objects = [*m.services(), m.route(), m.template(), m.config("old"), self._manifest()]
        self.cluster.api.apply(m.placed(each, "default") for each in objects)
        self.cluster.start_operator()

    def _manifest(self) -> Raw:
        fields = self._fields
        if self.kind is Kind.ROUTED:
            routed = m.routing("testers", "copies") | fields
            return m.rollout(self._version, self._steps, self._replicas, routed, **self._spec)
        counted = self.kind is Kind.COUNTED
        unrouted = [step for step in self._steps if not step.keys() & {"setHeaderRoute", "setMirrorRoute"}]
        strategy = m.counted(*unrouted, **fields) if counted else m.blue_green(**fields)
        return m.rollout(self._version, [], self._replicas, strategy=strategy, **self._spec)

    def play(self) -> None:
        """Do all deeds in their time; then everything that was broken is mended."""
        for deed in self.example.deeds:
            self.cluster.run(deed.after)
            DEEDS[deed.name](self, deed.argument)
        self.storm.clear()
        self._mend()

    def _mend(self) -> None:
        if self._spec.keys() & {"schedule", "dependsOn"}:
            self._spec = {name: value for name, value in self._spec.items() if name not in ("schedule", "dependsOn")}
            self._apply()
        if self.cluster.api.find(self.cluster.key("ConfigMap", m.CONFIG)) is None:
            self.config("old")
        self.cluster.gateway.start()
        self.cluster.prometheus.start()
        if self._failed:
            self.forgive(5)
        for pod in list(self.cluster.pods.by_name.values()):
            if not pod.image.endswith("crash") and pod.ready_since is None and not pod.deleted:
                self.cluster.pods.answer(pod)

    def forgive(self, seconds: float) -> None:
        """What happens in the next seconds is nobody's fault."""
        self._forgiven_until = max(self._forgiven_until, self.cluster.clock.seconds + seconds)

    def _apply(self) -> None:
        self.cluster.api.apply([m.placed(self._manifest(), "default")])

    def version(self, version: str) -> None:
        self._version = version
        self._apply()

    def replicas(self, size: int) -> None:
        self._emptied = self._emptied or not size
        self._replicas = size
        self._apply()

    def steps(self, steps: tuple[Raw, ...]) -> None:
        self._steps = list(steps)
        self._apply()

    def paused(self, paused: bool) -> None:
        self._spec["paused"] = paused
        self._apply()

    def request(self, what: tuple[str, int, int | None]) -> None:
        """An action, off by so many revisions, and by so many steps when it names one."""
        action, late, step = what
        self._requests += 1
        request = {
            "id": self.last_request,
            "action": action,
            "revision": self.status.get("currentRevision", 0) - late,
        }
        if step is not None:
            request["step"] = self.status.get("currentStepIndex", 0) - step
        notes = {"tidegate.dev/request": json.dumps(request), "tidegate.dev/requested-by": "ann"}
        self.cluster.api.merge(self.rollout, {"metadata": {"annotations": notes}})

    def errors(self, what: tuple[str, float | None]) -> None:
        self._errors(*what)

    def _errors(self, version: str, value: float | None) -> None:
        for pod_hash in (hash_of(version), *(hash_with(version, setting) for setting in SETTINGS)):
            self.cluster.prometheus.say(pod_hash, *(() if value is None else (value,)))

    def config(self, setting: str) -> None:
        """Another ConfigMap, or none."""
        key = self.cluster.key("ConfigMap", m.CONFIG)
        if setting:
            self.cluster.api.apply([m.placed(m.config(setting), "default")])
        elif self.cluster.api.find(key) is not None:
            self.cluster.api.delete(key)

    def role(self, role: str) -> None:
        """Those who are stable are called so from now on."""
        fields = {field: {"labels": {"role": role}} for field in STABLE_FIELDS if field in self._fields}
        self._fields |= fields
        self._apply()

    def strategy(self, kind: Kind) -> None:
        """Another strategy from now on, with none of its optional fields.

        The author of weights of his own keeps the router: they would be his again, whoever answers.
        """
        if kind is not self.kind and not self._weighted:
            self.kind, self._fields = kind, {}
            self._apply()

    def turns(self, take: bool) -> None:
        """From now on the two Services take turns, or have their roles for good."""
        if self.kind is Kind.ROUTED:
            self._fields = {name: value for name, value in self._fields.items() if name != "pingPong"}
            self._fields |= m.in_turn() if take else {}
            self._apply()

    def schedule(self, closed: float | None) -> None:
        """A freeze from now on, for so many seconds; None: no schedule any more."""
        now, until = self.cluster.clock.now, timedelta(seconds=closed or 0)
        freeze = {"from": time_text(now - timedelta(seconds=1)), "to": time_text(now + until), "reason": "fair"}
        self._spec["schedule"] = {"freezes": [freeze]} if closed else {}
        self._apply()

    def order(self, last: bool) -> None:
        """It goes after a Rollout that is not there; or after none any more."""
        self._spec["dependsOn"] = [{"name": "first"}] if last else []
        self._apply()

    def prometheus(self, up: bool) -> None:
        self.cluster.prometheus.start() if up else self.cluster.prometheus.stop()

    def gateway(self, up: bool) -> None:
        self.cluster.gateway.start() if up else self.cluster.gateway.stop()

    def gate(self, what: tuple[int | None, float]) -> None:
        """The other system answers so from now on, after so many seconds; None: nobody is there."""
        status, seconds = what
        if status is None:
            self.cluster.others.leave("gate")
        else:
            self.cluster.others.say("gate", status, "", seconds)

    def weights(self, canary: int) -> None:
        """Somebody applies the route with weights of his own; without a router they are nobody's to put right."""
        if self.kind is not Kind.ROUTED:
            return
        self.forgive(20)
        self._weighted = True
        route = m.route()
        stable, other = route["spec"]["rules"][-1]["backendRefs"]
        stable["weight"], other["weight"] = 100 - canary, canary
        self.cluster.api.merge(self.cluster.key("HTTPRoute", m.NAME), {"spec": route["spec"]})

    def fail(self, what: tuple[str, int]) -> None:
        """So many pods of a version crash, for good."""
        version, count = what
        self.forgive(20)
        self._failed = True
        ready = [pod for pod in self.cluster.pods.by_name.values() if pod.ready and pod.image == m.image(version)]
        for pod in ready[:count]:
            self.cluster.pods.fail(pod)

    def kill(self, _: Any) -> None:
        self.cluster.stop_operators()
        self.cluster.clock.after(1, lambda: self._again("operator"))

    def _again(self, name: str) -> None:
        # The weather had killed it before, and has started it again: two for good would be another world.
        if not self.cluster.operators:
            self.cluster.start_operator(name)

    def second(self, seconds: float) -> None:
        """A second operator for a while; not while watches break: one of the two would act on what it did not see."""
        if self.example.faults.lost:
            return
        operator = self.cluster.start_operator("second")
        self.cluster.clock.after(seconds, operator.kill)

    def nothing(self, _: Any) -> None:
        """Time passes."""


DEEDS: Mapping[str, Callable[[Stage, Any], None]] = {
    name: getattr(Stage, name)
    for name in (
        "version", "replicas", "steps", "paused", "request", "errors", "prometheus", "gateway", "gate", "weights",
        "fail", "config", "role", "strategy", "turns", "schedule", "order", "kill", "second", "nothing",
    )
}  # fmt: skip
