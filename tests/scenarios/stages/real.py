"""The real cluster: a namespace of the local one, with an operator that has the chart's rights."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from kubernetes.client import ApiException

from dev.cluster import RunningCluster
from dev.following import Following
from dev.kube import (
    CONFIG_MAP,
    DEPLOYMENT,
    EVENT,
    NAMESPACE,
    POD,
    REPLICASET,
    ROLLOUT,
    ROUTE,
    RUN,
    SECRET,
    SERVICE,
    SPLIT,
    Kind,
    Kube,
)
from dev.operator_process import OperatorProcess
from tests.scenarios import manifests as m
from tests.scenarios.stages import others
from tests.scenarios.stages.gateway import taking_over
from tests.scenarios.stages.prometheus import StandIn
from tests.scenarios.stages.stage import Called, Cascade, Change, Check, Raw, notes

PATIENCE = 60.0
IN_STEP = 3.0
SHOWN = (ROLLOUT, DEPLOYMENT, REPLICASET, SERVICE, SPLIT, ROUTE)
FOLLOWED = (*SHOWN, RUN, CONFIG_MAP, SECRET, POD, EVENT)
VERSIONED = ("--versioned-config=ConfigMap", "--versioned-config=Secret")
REPORTER = "tidegate.dev/operator"
EVERYBODY: Raw = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "metadata": {"name": "everybody"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:authenticated"}],
}
"""In a story's namespace everybody may do everything, but nobody in another's name."""
KINDS: dict[str, Kind] = {kind.name: kind for kind in FOLLOWED}


class RealStage:
    """A Stage in real time. Made by `real_stage`."""

    ordered = False

    def __init__(
        self,
        cluster: RunningCluster,
        namespace: str,
        kube: Kube,
        seen: Following,
        prometheus: StandIn,
        other: others.StandIn,
        operator: OperatorProcess,
    ) -> None:
        self.prometheus_address = prometheus.url
        self.killed = False
        self.before_end: Callable[[], None] = lambda: None
        self._cluster = cluster
        self._namespace = namespace
        self._kube = kube
        self._seen = seen
        self._prometheus = prometheus
        self._others = other
        self.other_address = other.url
        self._operator = operator

    def apply(self, manifest: Raw) -> None:
        self._seen.catch_up(self._kube.apply(m.placed(dict(manifest), self._namespace)))

    def merge(self, kind: str, name: str, patch: Raw) -> None:
        self._seen.catch_up(self._kube.merge(KINDS[kind], self._namespace, name, patch))

    def scale(self, replicas: int) -> None:
        size = {"spec": {"replicas": replicas}}
        self._seen.catch_up(self._kube.merge(ROLLOUT, self._namespace, m.NAME, size, subresource="scale"))

    def ask(self, request: str, by: str, group: str = "", writer: str = "") -> str:
        who = {"user": writer or by, "group": "" if writer else group}
        try:
            self._seen.catch_up(self._kube.merge(ROLLOUT, self._namespace, m.NAME, notes(request, by, group), **who))
        except ApiException as error:
            if error.status != 403:
                raise
            return str(json.loads(error.body)["message"])
        return ""

    def delete(self, kind: str, name: str, cascade: Cascade = Cascade.BACKGROUND) -> None:
        self._kube.delete(KINDS[kind], self._namespace, name, cascade)

    def find(self, kind: str, name: str) -> Raw | None:
        return self._seen.get(KINDS[kind], name)

    def all_of(self, kind: str) -> list[Raw]:
        return list(self._seen.all_of(KINDS[kind]))

    def pods(self) -> dict[str, str]:
        pods = self._seen.all_of(POD)
        return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in pods}

    def pod_metadata(self) -> list[tuple[str, Raw]]:
        pods = [pod for pod in self._seen.all_of(POD) if "deletionTimestamp" not in pod["metadata"]]
        return [(pod["spec"]["containers"][0]["image"], pod["metadata"]) for pod in pods]

    def until(self, check: Check, what: Callable[[], str]) -> None:
        self._wait(check, what, PATIENCE)

    def at_once(self, check: Check, what: Callable[[], str]) -> None:
        """The watches of the kinds are not in step: a Service may be seen after the status that was written later."""
        self._wait(check, what, IN_STEP)

    def _wait(self, check: Check, what: Callable[[], str], seconds: float) -> None:
        try:
            self._seen.wait(check, "what the story waits for", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {what()}\n{self._operator.tail(30)}") from error

    def stays(self, check: Check, what: Callable[[], str], seconds: float) -> None:
        end = time.monotonic() + seconds
        self._seen.wait(lambda: not check() or time.monotonic() > end, "the end of this time", seconds + PATIENCE)
        assert check(), what()

    def kill_operator(self) -> None:
        self.killed = True
        self._operator.kill()

    def start_operator(self) -> None:
        self._operator.start()
        self._operator.await_ready()

    def measured(self, part: str, *values: float) -> None:
        self._prometheus.measured(part, *values)

    def stop_prometheus(self) -> None:
        self._prometheus.down = True

    def start_prometheus(self) -> None:
        self._prometheus.down = False

    def others_say(self, part: str, status: int, content: str = "", seconds: float = 0.05) -> None:
        self._others.say(part, status, content, seconds)

    def calls(self) -> list[Called]:
        return list(self._others.calls)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def changes(self) -> Iterator[Change]:
        found = [Change(c.kind.name, c.object, c.gone) for kind in SHOWN for c in self._seen.changes(kind)]
        return iter(sorted(found, key=lambda change: change.version))

    def said(self) -> list[tuple[str, str]]:
        """An Event that counts several things said is one here."""
        events = [e for e in self._kube.all_of(EVENT, self._namespace) if e.get("reportingComponent") == REPORTER]
        return [(str(e["reason"]), str(e["message"])) for e in sorted(events, key=lambda e: str(e["eventTime"]))]

    def end_operator(self) -> None:
        """SIGTERM: before it ends it posts the Events that it holds back."""
        self.before_end()
        self._operator.stop()

    def mark(self) -> int:
        return self._cluster.audit.mark()

    def writes(self, since: int) -> list[str]:
        self.end_operator()
        entries = self._cluster.audit.entries(since, self._namespace)
        return [_text(entry.call) for entry in entries if entry.call.verb not in ("get", "list", "watch")]


def _text(call: tuple[str, str, str]) -> str:
    return " ".join(call).strip()


@contextmanager
def real_stage(cluster: RunningCluster, logs: Path) -> Iterator[RealStage]:
    """A stage of its own; its namespace is deleted at the end without waiting for it."""
    namespace = f"story-{uuid4().hex[:8]}"
    kube = Kube(cluster.kubeconfig, logs.parent / "kinds.json")
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    kube.apply(m.placed(EVERYBODY, namespace))
    with ExitStack() as end:
        end.callback(kube.delete, NAMESPACE, "", namespace)
        operator = OperatorProcess(
            cluster.operator_kubeconfig,
            logs / "operator.log",
            [f"--namespace={namespace}", "--allowed-host=127.0.0.1", *VERSIONED, "--names-proven"],
        )
        operator.start()
        end.callback(operator.stop)
        seen = end.enter_context(Following(kube, namespace, FOLLOWED))
        prometheus = end.enter_context(StandIn().running())
        other = end.enter_context(others.StandIn().running())
        end.enter_context(taking_over(kube, namespace, seen))
        operator.await_ready()
        yield RealStage(cluster, namespace, kube, seen, prometheus, other, operator)
