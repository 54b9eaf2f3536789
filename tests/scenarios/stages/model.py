"""The model cluster: in memory, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from tests.scenarios import manifests as m
from tests.scenarios.stages.stage import Called, Cascade, Change, Check, Raw, notes
from tidegate.model import Cluster
from tidegate.model.pods import Life

PATIENCE = 120.0
REST = 90.0
"""Longer than every status and every Event may be held back."""
OPERATOR = "operator"
SHOWN = frozenset({"Rollout", "Deployment", "ReplicaSet", "Service", "TrafficSplit", "HTTPRoute"})


def _life(image: str, _ordinal: int) -> Life:
    return Life(None if image.endswith(":crash") else 0.3)


class ModelStage:
    """A Stage in virtual time."""

    prometheus_address = "http://prometheus:9090"
    other_address = "http://gate:80"
    ordered = True

    def __init__(self) -> None:
        self.killed = False
        self.cluster = Cluster(lives=_life, route_lag=0.02)
        self.cluster.start_operator(OPERATOR)

    def apply(self, manifest: Raw) -> None:
        self.cluster.api.apply([m.placed(dict(manifest), "default")])

    def merge(self, kind: str, name: str, patch: Raw) -> None:
        self.cluster.api.merge(self.cluster.key(kind, name), patch)

    def scale(self, replicas: int) -> None:
        self.merge("Rollout", m.NAME, {"spec": {"replicas": replicas}})

    def ask(self, request: str, by: str, group: str = "", writer: str = "") -> str:
        if writer not in ("", by):
            return f"{writer} is not {by}"
        self.merge("Rollout", m.NAME, notes(request, by, group))
        return ""

    def delete(self, kind: str, name: str, cascade: Cascade = Cascade.BACKGROUND) -> None:
        key = self.cluster.key(kind, name)
        if cascade is Cascade.ORPHAN:
            self.cluster.garbage.orphan(key)
        else:
            self.cluster.api.delete(key)

    def find(self, kind: str, name: str) -> Raw | None:
        return self.cluster.api.find(self.cluster.key(kind, name))

    def all_of(self, kind: str) -> list[Raw]:
        return list(self.cluster.api.list(kind))

    def pods(self) -> dict[str, str]:
        return {pod.name: pod.image for pod in self.cluster.pods.by_name.values()}

    def pod_metadata(self) -> list[tuple[str, Raw]]:
        return [(pod.image, pod.metadata) for pod in self.cluster.pods.by_name.values() if not pod.deleted]

    def until(self, check: Check, what: Callable[[], str]) -> None:
        assert self.cluster.run(PATIENCE, lambda: bool(check())), f"not within {PATIENCE:.0f} s: {what()}"

    def at_once(self, check: Check, what: Callable[[], str]) -> None:
        assert check(), what()

    def stays(self, check: Check, what: Callable[[], str], seconds: float) -> None:
        assert not self.cluster.run(seconds, lambda: not check()), what()

    def kill_operator(self) -> None:
        self.killed = True
        self.cluster.stop_operators()

    def start_operator(self) -> None:
        self.cluster.start_operator(OPERATOR)

    def measured(self, part: str, *values: float) -> None:
        self.cluster.prometheus.say(part, *values)

    def stop_prometheus(self) -> None:
        self.cluster.prometheus.stop()

    def start_prometheus(self) -> None:
        self.cluster.prometheus.start()

    def others_say(self, part: str, status: int, content: str = "", seconds: float = 0.05) -> None:
        self.cluster.others.say(part, status, content, seconds)

    def calls(self) -> list[Called]:
        made = self.cluster.others.calls
        return [Called(c.key, c.url.removeprefix(self.other_address), c.body, c.secret is not None) for c in made]

    def now(self) -> datetime:
        return self.cluster.clock.now

    def changes(self) -> Iterator[Change]:
        for change in self.cluster.api.log:
            if change.key.kind in SHOWN:
                yield Change(change.key.kind, change.raw, change.type == "DELETED")

    def said(self) -> list[tuple[str, str]]:
        return [(said.event.reason, said.event.message) for said in self.cluster.events]

    def mark(self) -> int:
        return len(self.cluster.api.calls)

    def writes(self, since: int) -> list[str]:
        self.cluster.run(REST)
        calls = (call for call in self.cluster.api.calls[since:] if call.by == OPERATOR)
        return [f"{call.verb} {call.kind} {call.subresource}".strip() for call in calls]
