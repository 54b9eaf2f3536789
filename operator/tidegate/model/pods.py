"""ReplicaSets and their pods. Pods are no objects of the API here: nothing that is watched would show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tidegate.core.objects import Key
from tidegate.core.pods import PodView
from tidegate.model.api import NOT_FOUND, TOO_MANY, ApiError, ApiServer, Change, Metadata
from tidegate.model.clock import Clock
from tidegate.model.disruption import refusal
from tidegate.model.objects import Raw, merged, uid_of

NAME = "replicaset-controller"
LAG = 0.01
GRACE = 2.0
"""How long a deleted pod still answers: what a preStop sleep is for."""


@dataclass(frozen=True, slots=True)
class Life:
    """How the pods of an image fare. `ready_after` seconds they answer; None: they crash and never do."""

    ready_after: float | None = 1.0


Lives = Callable[[str, int], Life]
"""From an image and the ordinal of the pod to its life."""


@dataclass(slots=True, eq=False)
class Pod:
    """One pod. `ready_since` is None while it doesn't answer, `gone` when it will never again."""

    name: str
    owner: Key
    owner_uid: str
    born: datetime
    metadata: Mapping[str, Mapping[str, str]]
    """Its labels and annotations."""
    image: str
    ready_since: datetime | None = None
    deleted: bool = False
    gone: bool = False

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return self.metadata["labels"]

    @property
    def answers(self) -> bool:
        """Whether a request to it is answered now; also while it terminates."""
        return self.ready_since is not None and not self.gone

    @property
    def ready(self) -> bool:
        """Whether it is an endpoint that traffic should go to."""
        return self.answers and not self.deleted


@dataclass(slots=True)
class _Set:
    """The pods of one ReplicaSet, oldest first."""

    pods: list[Pod] = field(default_factory=list)
    dirty: bool = False


class Pods:
    """The ReplicaSet controller, and what runs the pods."""

    def __init__(self, api: ApiServer, clock: Clock, lives: Lives, grace: float = GRACE) -> None:
        self._api = api
        self._clock = clock
        self._lives = lives
        self._grace = grace
        self._sets: dict[Key, _Set] = {}
        self._born = 0
        self._watchers: list[Callable[[], None]] = []
        self.by_name: dict[str, Pod] = {}
        """Those that are not gone, terminating ones too."""
        api.watch(self._note)
        api.keep_pods(self)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Be told when a pod came, went, or changed."""
        self._watchers.append(watcher)

    def of(self, replicaset: str, namespace: str = "default") -> list[Pod]:
        """The pods of a ReplicaSet that are not being deleted."""
        return list(self._set(Key("ReplicaSet", namespace, replicaset)).pods)

    def answer(self, pod: Pod) -> None:
        """Its readiness probe succeeds from now on."""
        if not pod.gone:
            pod.ready_since = self._clock.now
            self._changed(pod)

    def fail(self, pod: Pod) -> None:
        """It crashes, and stays so."""
        pod.ready_since = None
        self._changed(pod)

    def _note(self, change: Change) -> None:
        if change.key.kind == "ReplicaSet" and change.by != NAME:
            self._soon(change.key)

    def _soon(self, key: Key) -> None:
        pods = self._set(key)
        if not pods.dirty:
            pods.dirty = True
            self._clock.after(LAG, lambda: self._sync(key))

    def _set(self, key: Key) -> _Set:
        return self._sets.setdefault(key, _Set())

    def _sync(self, key: Key) -> None:
        pods = self._set(key)
        pods.dirty = False
        raw = self._api.find(key)
        self._resize(key, pods, raw)
        if raw is not None:
            self._report(key, raw, pods.pods)

    def _resize(self, key: Key, pods: _Set, raw: Raw | None) -> None:
        wanted = raw["spec"].get("replicas", 1) if raw is not None else 0
        for _ in range(wanted - len(pods.pods)):
            assert raw is not None  # noqa: S101 - nothing is wanted when it is gone
            pods.pods.append(self._create(key, raw))
        # As Kubernetes does: first those that don't answer, then the youngest.
        youngest = [*reversed(pods.pods)]
        victims = sorted(youngest, key=lambda pod: pod.ready_since is not None)
        for pod in victims[: len(pods.pods) - wanted]:
            pods.pods.remove(pod)
            self._delete(pod)

    def _create(self, key: Key, owner: Raw) -> Pod:
        self._born += 1
        template = owner["spec"]["template"]
        image = template["spec"]["containers"][0]["image"]
        metadata = {field: template["metadata"].get(field) or {} for field in ("labels", "annotations")}
        name, born = f"{key.name}-{self._born:05d}", self._clock.now.replace(microsecond=0)
        pod = Pod(name, key, uid_of(owner), born, metadata, image)
        self.by_name[pod.name] = pod
        ready_after = self._lives(image, self._born).ready_after
        if ready_after is not None:
            self._clock.after(ready_after, lambda: self.answer(pod))
        return pod

    def _delete(self, pod: Pod) -> None:
        pod.deleted = True
        self._clock.after(self._grace, lambda: self._end(pod))
        self._tell()

    def _end(self, pod: Pod) -> None:
        pod.gone = True
        self.by_name.pop(pod.name, None)
        self._tell()

    def look(self, replicaset: Key) -> list[PodView]:
        """The pods of a ReplicaSet, as a list shows them."""
        pods = self.of(replicaset.name, replicaset.namespace)
        return [PodView(pod.name, pod.name, pod.owner_uid, pod.born, pod.ready) for pod in pods]

    def evict(self, namespace: str, name: str) -> None:
        """Let a pod go, unless a PodDisruptionBudget says no. Raises ApiError 404, 429."""
        pod = self.by_name.get(name)
        if pod is None or pod.owner.namespace != namespace:
            raise ApiError(NOT_FOUND, f"Pod {name} not found")
        if why := refusal(self._api, pod.labels, pod.ready, self._counted(namespace)):
            raise ApiError(TOO_MANY, why)
        if not pod.deleted:
            self._set(pod.owner).pods.remove(pod)
            self._delete(pod)
            self._soon(pod.owner)

    def _counted(self, namespace: str) -> list[tuple[Mapping[str, str], bool]]:
        pods = (pod for key, found in self._sets.items() if key.namespace == namespace for pod in found.pods)
        return [(pod.labels, pod.ready) for pod in pods]

    def mark(self, replicaset: Key, metadata: Metadata) -> list[str]:
        """Change labels and annotations of the pods that differ; their names."""
        changed = []
        for pod in self.of(replicaset.name, replicaset.namespace):
            new = {field: merged(pod.metadata[field], metadata[field]) for field in pod.metadata}
            if new != pod.metadata:
                pod.metadata = new
                changed.append(pod.name)
        if changed:
            # A Service may select by what they have now.
            self._tell()
        return changed

    def _changed(self, pod: Pod) -> None:
        self._soon(pod.owner)
        self._tell()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher()

    def _report(self, key: Key, raw: Raw, pods: list[Pod]) -> None:
        patience = timedelta(seconds=raw["spec"].get("minReadySeconds", 0))
        times = [pod.ready_since + patience for pod in pods if pod.ready_since is not None]
        status = {
            "observedGeneration": raw["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": len(times),
            "availableReplicas": sum(time <= self._clock.now for time in times),
        }
        if raw.get("status") != status:
            self._api.merge(key, {"status": status}, NAME, subresource="status")
        for time in {time for time in times if time > self._clock.now}:
            self._clock.at(time, lambda: self._soon(key))
