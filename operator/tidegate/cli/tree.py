"""A release as one value: what `get` draws, `why` tells and `-o json` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from tidegate.api.analysis import AnalysisRunStatus
from tidegate.api.meta import time_text
from tidegate.api.rollout_status import RolloutStatus
from tidegate.cli.cluster import Cluster, Raw, objects
from tidegate.core.world import HASH_LABEL, REVISION, RUN_ROLE

REPLICASETS = "/apis/apps/v1/namespaces/{}/replicasets"
PODS = "/api/v1/namespaces/{}/pods"


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod in a line."""

    name: str
    status: str
    ready: str
    restarts: int
    created: datetime | None


@dataclass(frozen=True, slots=True)
class Run:
    """An AnalysisRun in a line; the counts are those of its measurements."""

    name: str
    role: str
    phase: str
    message: str
    successful: int
    failed: int
    inconclusive: int
    error: int


@dataclass(frozen=True, slots=True)
class Revision:
    """One version: its ReplicaSet with its pods, and the analyses of its release."""

    number: int
    pod_hash: str
    roles: tuple[str, ...]
    replicaset: str
    images: tuple[str, ...]
    size: int
    ready: int
    pods: tuple[Pod, ...]
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A Rollout with everything that belongs to it. `raw` is the object itself."""

    raw: Raw
    status: RolloutStatus
    revisions: tuple[Revision, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.raw["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.raw["metadata"]["namespace"])

    @property
    def steps(self) -> list[Raw]:
        """The steps as written. The spec may be one that the operator refuses, so nothing is taken for granted."""
        canary = _inner(self.raw, "spec", "strategy", "canary")
        steps = canary.get("steps")
        written = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
        return written + _for_group(canary) if _inner(self.raw, "spec").get("group") else written

    @property
    def index(self) -> int:
        """The current step, from 0; the number of steps when all are done."""
        return min(self.status.current_step_index or 0, len(self.steps))

    @property
    def current(self) -> bool:
        """Whether the operator has seen the spec as it now is."""
        return (self.status.observed_generation or 0) >= int(self.raw["metadata"].get("generation", 0))

    def data(self) -> dict[str, Any]:
        """The tree for programs."""
        status = self.status.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {
            "name": self.name,
            "namespace": self.namespace,
            "status": status,
            "steps": self.steps,
            "revisions": [_plain(asdict(revision)) for revision in self.revisions],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, dict):
        return {to_camel(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value


def _inner(raw: Raw, *path: str) -> Raw:
    found: Any = raw
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _for_group(canary: Raw) -> list[Raw]:
    """The steps that a group adds: all its pods, or all its traffic where they are the same, then the others."""
    beside = canary.get("trafficRouting") and canary.get("maxSurge") is None
    return [{"setCanaryScale": {"weight": 100}} if beside else {"setWeight": 100}, {"awaitGroup": True}]


def read_status(raw: Raw) -> RolloutStatus:
    """The status; an empty one where it was written by somebody else or not at all."""
    try:
        return RolloutStatus.model_validate(raw.get("status") or {})
    except ValidationError:
        return RolloutStatus()


def read_tree(cluster: Cluster, name: str) -> Tree:
    """Everything that belongs to a Rollout. Raises CommandError."""
    raw = cluster.get(objects("rollouts", cluster.namespace, name))
    owner = raw["metadata"]["uid"]
    sets = _owned(cluster.items(REPLICASETS.format(cluster.namespace), labelSelector=HASH_LABEL), {owner})
    owners = {each["metadata"]["uid"] for each in sets}
    pods = _owned(cluster.items(PODS.format(cluster.namespace), labelSelector=HASH_LABEL), owners) if owners else []
    runs = _owned(cluster.items(objects("analysisruns", cluster.namespace)), {owner})
    return assemble(raw, sets, pods, runs)


def _owned(found: Iterable[Raw], owners: set[str]) -> list[Raw]:
    return [each for each in found if owners & {ref["uid"] for ref in each["metadata"].get("ownerReferences", ())}]


def assemble(raw: Raw, sets: Sequence[Raw], pods: Sequence[Raw], runs: Sequence[Raw]) -> Tree:
    """Put together what was read; the latest revision comes first."""
    status = read_status(raw)
    revisions = [_revision(each, status, pods, runs) for each in sets]
    return Tree(raw, status, tuple(sorted(revisions, key=lambda revision: -revision.number)))


def _revision(raw: Raw, status: RolloutStatus, pods: Sequence[Raw], runs: Sequence[Raw]) -> Revision:
    pod_hash = _inner(raw, "metadata", "labels").get(HASH_LABEL, "")
    containers = _inner(raw, "spec", "template", "spec").get("containers") or []
    return Revision(
        number=_number(_inner(raw, "metadata", "annotations").get(REVISION)),
        pod_hash=pod_hash,
        roles=_roles(pod_hash, status),
        replicaset=raw["metadata"]["name"],
        images=tuple(container.get("image", "") for container in containers),
        size=_number(_inner(raw, "spec").get("replicas")),
        ready=_number(_inner(raw, "status").get("readyReplicas")),
        pods=tuple(_pod(each) for each in _owned(pods, {raw["metadata"]["uid"]})),
        runs=tuple(_run(each) for each in runs if _inner(each, "metadata", "labels").get(HASH_LABEL) == pod_hash),
    )


def _roles(pod_hash: str, status: RolloutStatus) -> tuple[str, ...]:
    stable = ("stable",) if pod_hash == status.stable_rs else ()
    canary = ("canary",) if pod_hash == status.current_pod_hash and not stable else ()
    return canary + stable


def _number(value: object) -> int:
    return int(str(value)) if str(value).isdigit() else 0


def _pod(raw: Raw) -> Pod:
    states = _inner(raw, "status").get("containerStatuses") or []
    ready = sum(bool(state.get("ready")) for state in states)
    created = raw["metadata"].get("creationTimestamp")
    return Pod(
        name=raw["metadata"]["name"],
        status=_pod_status(raw, states),
        ready=f"{ready}/{len(_inner(raw, 'spec').get('containers') or states)}",
        restarts=sum(_number(state.get("restartCount")) for state in states),
        created=datetime.fromisoformat(created) if created else None,
    )


def _pod_status(raw: Raw, states: Sequence[Raw]) -> str:
    if raw["metadata"].get("deletionTimestamp"):
        return "Terminating"
    waiting = (_inner(state, "state", "waiting").get("reason") for state in states)
    return next((reason for reason in waiting if reason), _inner(raw, "status").get("phase") or "Pending")


def _run(raw: Raw) -> Run:
    try:
        status = AnalysisRunStatus.model_validate(raw.get("status") or {})
    except ValidationError:
        status = AnalysisRunStatus()
    results = status.metric_results
    return Run(
        name=raw["metadata"]["name"],
        role=_inner(raw, "metadata", "labels").get(RUN_ROLE, ""),
        phase=str(status.phase),
        message=status.message or "",
        successful=sum(result.successful for result in results),
        failed=sum(result.failed for result in results),
        inconclusive=sum(result.inconclusive for result in results),
        error=sum(result.error for result in results),
    )
