"""What there is to see at one moment, out of the cluster's objects and the load's counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dev.cluster import LoadResult
from dev.following import Following
from dev.kube import EVENT, REPLICASET, ROLLOUT, ROUTE, SERVICE, SPLIT, Manifest

HASH_LABEL = "tidegate.dev/pod-template-hash"
_RECENT_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One version. `asked`, `seen` and `share` are percent: of the TrafficSplit, of the route, of the last answers.

    `share`, `errors` (percent) and `latency` (milliseconds) are of the last two seconds. None: not known, or nobody
    asked.
    """

    version: str
    ready: int
    size: int
    asked: int | None
    seen: int | None
    share: float | None
    errors: float | None
    latency: float | None
    answered: int
    failed: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole. `step` is the current one from 1, `steps` how many there are; `told` are the Events."""

    act: str
    phase: str
    message: str
    step: int
    steps: int
    doing: str
    waiting: str
    lines: tuple[Line, ...]
    sent: int
    failed: int
    told: tuple[str, ...]


def picture(act: str, app: str, seen: Following, load: LoadResult | None) -> Picture:
    """What is to be seen now of an app: of its Rollout, where it has one, and of its pods."""
    rollout = seen.get(ROLLOUT, app) or {}
    status = rollout.get("status", {})
    steps = rollout.get("spec", {}).get("strategy", {}).get("canary", {}).get("steps", [])
    # An aborted release stands at its first step again, and goes nowhere.
    index = len(steps) if status.get("abort") else status.get("currentStepIndex", len(steps))
    return Picture(
        act=act,
        phase=status.get("phase", ""),
        message=status.get("message", ""),
        step=min(index + 1, len(steps)),
        steps=len(steps),
        doing=_step_name(steps[index]) if index < len(steps) else "",
        waiting=(status.get("waitingFor") or {}).get("message", ""),
        lines=tuple(_lines(app, seen, load)),
        sent=load.sent if load else 0,
        failed=load.failed if load else 0,
        told=tuple(_told(seen)),
    )


def _step_name(step: Mapping[str, Any]) -> str:
    ((kind, value),) = step.items()
    return f"{kind} {value}" if kind == "setWeight" else str(kind)


def _lines(app: str, seen: Following, load: LoadResult | None) -> Iterable[Line]:
    """A line for each version that has pods or gave answers, in the order in which they came."""
    answers = load.versions if load else {}
    mine = [found for found in seen.all_of(REPLICASET) if found["metadata"]["labels"].get("app") == app]
    sets = sorted(mine, key=lambda found: str(found["metadata"]["creationTimestamp"]))
    for replicaset in sets:
        version = version_of(replicaset)
        pods = int(replicaset["spec"]["replicas"]) or int(replicaset["status"].get("replicas", 0))
        if pods or version in answers:
            yield _line(seen, replicaset, version, load)


def _line(seen: Following, replicaset: Manifest, version: str, load: LoadResult | None) -> Line:
    hashed = replicaset["metadata"]["labels"].get(HASH_LABEL)
    share, errors, latency = _recent(load, version)
    counted = load.versions.get(version) if load else None
    return Line(
        version=version,
        ready=replicaset["status"].get("readyReplicas", 0),
        size=replicaset["spec"]["replicas"],
        asked=_weight(seen, hashed, _backends(seen.get(SPLIT, "demo"))),
        seen=_weight(seen, hashed, route_weights(seen.get(ROUTE, "demo"))),
        share=share,
        errors=errors,
        latency=latency,
        answered=counted.answered if counted else 0,
        failed=counted.failed if counted else 0,
    )


def version_of(replicaset: Manifest) -> str:
    """The version that the pods of a ReplicaSet answer as."""
    (container,) = replicaset["spec"]["template"]["spec"]["containers"]
    return next(str(entry["value"]) for entry in container["env"] if entry["name"] == "VERSION")


def _recent(load: LoadResult | None, version: str) -> tuple[float | None, float | None, float | None]:
    last = [s for s in load.seconds if s.at >= load.ended - _RECENT_SECONDS] if load else []
    mine = [s for s in last if s.version == version]
    total, count = sum(s.count for s in last), sum(s.count for s in mine)
    if not count:
        return None, None, None
    bad = sum(s.count for s in mine if s.status >= 500)
    return 100 * count / total, 100 * bad / count, 1000 * sum(s.latency for s in mine) / count


def _backends(split: Manifest | None) -> dict[str, int]:
    return {each["service"]: each["weight"] for each in split["spec"]["backends"]} if split else {}


def route_weights(route: Manifest | None) -> dict[str, int]:
    """The weights that a route carries, by Service."""
    rules = route["spec"]["rules"] if route else []
    return {ref["name"]: ref.get("weight", 1) for rule in rules for ref in rule["backendRefs"]}


def _weight(seen: Following, hashed: str | None, weights: Mapping[str, int]) -> int | None:
    """The percentage of those Services that lead to the version; None when no weights are known."""
    total = sum(weights.values())
    if not total or hashed is None:
        return None
    mine = sum(weight for name, weight in weights.items() if _leads_to(seen.get(SERVICE, name), hashed))
    return round(100 * mine / total)


def _leads_to(service: Manifest | None, hashed: str) -> bool:
    return service is not None and service["spec"].get("selector", {}).get(HASH_LABEL) == hashed


def _told(seen: Following) -> Iterable[str]:
    """What the operator told in Events, in order, each once."""
    for change in seen.changes(EVENT):
        event = change.object
        if event["involvedObject"].get("apiVersion", "").startswith("tidegate.dev/") and not change.gone:
            yield f"{event['reason']}: {event['message']}"
