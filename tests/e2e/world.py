"""A namespace of its own on the bed, with an operator of its own, and applications in it under load."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from dev.cluster import Load, LoadResult, RunningCluster
from dev.cluster.commands import kubectl, run
from dev.following import Following
from dev.kube import (
    ENDPOINTSLICE,
    EVENT,
    NAMESPACE,
    POD,
    REPLICASET,
    ROLLOUT,
    ROUTE,
    RUN,
    SERVICE,
    SPLIT,
    Kube,
    Manifest,
)
from dev.operator_process import OperatorProcess
from dev.probe import await_answer
from tests.e2e import manifests

RATE = 60
UP_SECONDS = 30.0
RELEASE_SECONDS = 120.0
KINDS = (ROLLOUT, SPLIT, RUN, ROUTE, REPLICASET, SERVICE, POD, EVENT, ENDPOINTSLICE)
Status = dict[str, Any]


class World:
    """What a test has to itself. Made by `world_on`."""

    def __init__(self, bed: RunningCluster, namespace: str, kube: Kube, seen: Following, log: Path) -> None:
        self.bed = bed
        self.namespace = namespace
        self.kube = kube
        self.seen = seen
        # The bed's Prometheus is on the loopback, where no query may go that is not allowed to.
        given = (f"--namespace={namespace}", "--allowed-host=127.0.0.1", f"--prometheus-address={bed.prometheus_url}")
        self.operator = OperatorProcess(bed.operator_kubeconfig, log, given)
        self.apps: list[App] = []

    def app(self, name: str = "web", replicas: int = 3, **canary: Any) -> App:
        """An application that is not applied yet; `canary` is added to its strategy."""
        app = App(self, name, replicas, canary)
        self.apps.append(app)
        return app

    def apply(self, manifest: Manifest) -> Manifest:
        """Apply it in this namespace, and wait until the change is seen."""
        placed = {**manifest, "metadata": {**manifest["metadata"], "namespace": self.namespace}}
        written = self.kube.apply(placed)
        self.seen.catch_up(written)
        return written

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """What kubectl says, as an administrator in this namespace. Raises CommandError."""
        return kubectl(self.bed.kubeconfig, f"--namespace={self.namespace}", *arguments, text=text)

    def tidegate(self, command: str, *arguments: str) -> str:
        """What the command line says, as an administrator in this namespace. Raises CommandError."""
        program = (sys.executable, "-m", "tidegate.cli.main", command)
        return run(*program, *arguments, f"--namespace={self.namespace}", f"--kubeconfig={self.bed.kubeconfig}")

    def story(self) -> str:
        """What a person needs who sees a test fail."""
        return "\n\n".join([*(app.story() for app in self.apps), self.operator.tail(60)])


class App:
    """An application: a Rollout `name` with what stands around it."""

    def __init__(self, world: World, name: str, replicas: int, canary: dict[str, Any]) -> None:
        self.world = world
        self.seen = world.seen
        self.name = name
        self.host = f"{name}.{world.namespace}.example.com"
        self.replicas = replicas
        self.spec: dict[str, Any] = {}
        self.canary = canary
        self.written_route: Manifest = {}
        self._loads: list[Load] = []

    def set_up(self, **metric: Any) -> None:
        """Services, route and template, and the first version up. `metric` is added to the template's."""
        for manifest in manifests.services(self.name):
            self.world.apply(manifest)
        self.written_route = self.world.apply(manifests.route(self.name, self.host))["spec"]
        self.world.apply(manifests.success_rate(self.world.bed.prometheus_url, **metric))
        self.release("v1")
        self.until_healthy(UP_SECONDS)
        await_answer(self.world.bed.gateway_url, self.host, UP_SECONDS)

    def release(self, version: str, error_rate: float = 0.0) -> None:
        """Change the manifest to this version."""
        spec = {"replicas": self.replicas, **self.spec}
        self.world.apply(manifests.rollout(self.name, version, error_rate, spec, self.canary))

    @contextmanager
    def load(self, rate: float = RATE) -> Iterator[Load]:
        """A load on the application, from the first line of the block to the last."""
        with self.world.bed.load(self.host, rate) as load:
            self._loads.append(load)
            load.until(lambda seen: seen.answered > seen.failed, "the application answers")
            yield load

    @property
    def rollout(self) -> Manifest:
        """The Rollout as it was seen last."""
        found = self.seen.get(ROLLOUT, self.name)
        assert found is not None, f"Rollout {self.name} is not there"
        return found

    @property
    def status(self) -> Status:
        """Its status."""
        return dict(self.rollout.get("status", {}))

    @property
    def waiting(self) -> str:
        """What it waits for, in words."""
        return str((self.status.get("waitingFor") or {}).get("message", ""))

    @property
    def route(self) -> Manifest:
        """The route as it was seen last."""
        found = self.seen.get(ROUTE, self.name)
        assert found is not None, f"HTTPRoute {self.name} is not there"
        return found

    @property
    def weight(self) -> int:
        """The canary's weight in the route, in percent."""
        return canary_weight(self.route)

    def weights(self, since: float = 0.0) -> list[int]:
        """The weights that the route had for the canary from then on, one after the other, each once."""
        changes = [c for c in self.seen.changes(ROUTE, self.name) if not c.gone]
        first = sum(c.at < since for c in changes) - 1
        found = [canary_weight(change.object) for change in changes[max(first, 0) :]]
        return [weight for weight, _ in groupby(found)]

    def until(self, check: Callable[[Status], Any], what: str, seconds: float = RELEASE_SECONDS) -> None:
        """Wait until the status, of the Rollout as it was written last, fulfils `check`."""

        def fulfilled() -> bool:
            found = self.seen.get(ROLLOUT, self.name) or {}
            status = found.get("status", {})
            return bool(
                status and status.get("observedGeneration") == found["metadata"]["generation"] and check(status)
            )

        self.seen.wait(fulfilled, f"{self.name}: {what}", seconds)

    def until_healthy(self, seconds: float = RELEASE_SECONDS) -> None:
        """Wait until the version of the manifest has all the traffic."""
        self.until(lambda status: status.get("phase") == "Healthy", "it is Healthy", seconds)

    def until_aborted(self, seconds: float = RELEASE_SECONDS) -> None:
        """Wait until the release was taken back and the route was seen to carry nothing for it."""

        def back(status: Status) -> bool:
            weights = (status.get("canary") or {}).get("weights") or {}
            return bool(status.get("abort") and weights and weights["verified"] and weights["canary"]["weight"] == 0)

        self.until(back, "it is taken back", seconds)

    def until_weight(self, weight: int, seconds: float = RELEASE_SECONDS) -> None:
        """Wait until the route carries this weight for the canary."""
        self.seen.wait(lambda: self.weight == weight, f"{self.name}: {weight} % in the route", seconds)

    def until_gone(self, version: str, seconds: float = UP_SECONDS) -> None:
        """Wait until no pod of the version is left."""
        self.seen.wait(lambda: not self.pods(version), f"{self.name}: the pods of {version} are gone", seconds)

    def pods(self, version: str) -> list[Manifest]:
        """The pods of a version that are there, going ones too."""
        image = f"{self.name}:{version}"
        return [pod for pod in self.seen.all_of(POD) if pod["spec"]["containers"][0]["image"] == image]

    def runs(self) -> dict[str, str]:
        """The AnalysisRuns that there ever were, by name, and the last phase that each was seen in."""
        changes = [c for c in self.seen.changes(RUN) if c.name.startswith(f"{self.name}-")]
        return {change.name: (change.object.get("status") or {}).get("phase", "") for change in changes}

    def events(self, reason: str) -> list[str]:
        """What the operator said of the Rollout for this reason."""
        changes = [c.object for c in self.seen.changes(EVENT) if c.object["involvedObject"]["name"] == self.name]
        return list(dict.fromkeys(str(event["message"]) for event in changes if event["reason"] == reason))

    def story(self) -> str:
        """Its status, its weights and what its loads saw, for messages."""
        found = self.seen.get(ROLLOUT, self.name)
        status = (found or {}).get("status", {})
        lines = [f"Rollout {self.name}: {status.get('phase')}, step {status.get('step')}, {status.get('message')}"]
        lines += [f"  waits for: {status.get('waitingFor')}", f"  aborted: {status.get('abortCause')}"]
        lines += [f"  weights: {self.weights()}", f"  runs: {self.runs()}"]
        return "\n".join(lines + [f"  load: {explain(load.snapshot())}" for load in self._loads])


def canary_weight(route: Manifest) -> int:
    """What the last rule, which is the author's, gives the second backend, in percent."""
    stable, canary = (ref.get("weight", 1) for ref in route["spec"]["rules"][-1]["backendRefs"])
    return round(100 * canary / (stable + canary))


def explain(seen: LoadResult) -> str:
    """A load in one paragraph."""
    versions = {name or "no pod": (v.answered, v.failed) for name, v in seen.versions.items()}
    failures = "".join(f"\n    {f.at:.3f} {f.version} {f.status} {f.reason}" for f in seen.failures[:20])
    return f"{seen.sent} sent, {seen.failed} failed, (answered, failed) {versions}, late {seen.late:.2f} s{failures}"


def lost_nothing(load: Load) -> LoadResult:
    """The whole result of a load that is over, of which every request was answered well."""
    seen = load.result()
    assert seen.failed == 0, explain(seen)
    assert seen.answered == seen.sent > 0, explain(seen)
    assert "" not in seen.versions, f"answers that no pod gave: {explain(seen)}"
    return seen


@contextmanager
def world_on(bed: RunningCluster, logs: Path, name: str) -> Iterator[World]:
    """A World with its operator ready; the namespace is deleted at the end without waiting for it."""
    kube = Kube(bed.kubeconfig, logs / "kinds.json")
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    with ExitStack() as end:
        end.callback(kube.delete, NAMESPACE, "", name)
        seen = end.enter_context(Following(kube, name, KINDS))
        world = World(bed, name, kube, seen, logs / "operator.log")
        end.enter_context(world.operator)
        yield world
