"""What the tests of releases are made of: a Rollout `web` of 5 pods, whose version 2 goes out over version 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tidegate.api.analysis import AnalysisPhase, AnalysisRunSpec, AnalysisRunStatus, AnalysisTemplateSpec
from tidegate.api.rollout import RolloutSpec
from tidegate.api.rollout_status import Outcome, PauseCondition, PauseReason, Release, RolloutStatus
from tidegate.api.trafficsplit import TrafficSplitSpec, TrafficSplitStatus
from tidegate.core.actions import Merge
from tidegate.core.objects import Meta
from tidegate.core.rollout.revision import content_hash
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.world import (
    HASH_LABEL,
    ReplicaSetView,
    RolloutView,
    RouteView,
    RunRole,
    RunView,
    ServiceView,
    SplitView,
    TemplateView,
    World,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY_BEFORE = NOW - timedelta(days=1)
Step = dict[str, Any]
FIFTH: Step = {"setWeight": 20}
HALF: Step = {"setWeight": 50}
PAUSE: Step = {"pause": {}}


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def ago(number: float) -> datetime:
    return NOW - seconds(number)


def template(image: str) -> dict[str, Any]:
    pod = {"containers": [{"name": "web", "image": image}]}
    return {"metadata": {"labels": {"app": "web"}}, "spec": pod}


OLD, NEW, THIRD = (content_hash(template(f"web:{number}")) for number in (1, 2, 3))
OLD_NAME, NEW_NAME, THIRD_NAME = (f"web-{pod_hash}" for pod_hash in (OLD, NEW, THIRD))
OWNER = {
    "apiVersion": "tidegate.dev/v1alpha1",
    "kind": "Rollout",
    "name": "web",
    "uid": "uid-web",
    "controller": True,
    "blockOwnerDeletion": False,
}


def meta(name: str, **fields: Any) -> Meta:
    known = {"uid": f"uid-{name}", "resource_version": "7", "generation": 1, "created_at": DAY_BEFORE}
    return Meta("shop", name, **{**known, **fields})


def make_spec(*steps: Step, image: str = "web:2", canary: Mapping[str, Any] | None = None, **more: Any) -> RolloutSpec:
    """What the user wrote: `more` are fields of spec, `canary` of spec.strategy.canary."""
    strategy = {
        "canaryService": "web-canary",
        "stableService": "web",
        "trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": "web"}]}},
        "steps": list(steps),
        **(canary or {}),
    }
    known = {"replicas": 5, "selector": {"matchLabels": {"app": "web"}}, "template": template(image)}
    return RolloutSpec.model_validate({**known, "strategy": {"canary": strategy}, **more})


def steps_hash(spec: RolloutSpec) -> str:
    return content_hash([step.model_dump(exclude_unset=True, mode="json") for step in strategy_of(spec).steps])


def line(revision: int, *, outcome: Outcome | None = None, **fields: Any) -> Release:
    """A line of history: over since a day, when it has an outcome."""
    known = {
        "revision": revision,
        "pod_template_hash": {1: OLD, 2: NEW, 3: THIRD}.get(revision, f"hash{revision}"),
        "images": [f"web:{revision}"],
        "started_at": ago(60) if outcome is None else DAY_BEFORE - seconds(60),
        "finished_at": DAY_BEFORE if outcome else None,
    }
    return Release(**{**known, "outcome": outcome, **fields})


FIRST = line(1, outcome=Outcome.PROMOTED)
SECOND = line(2)


def pause(reason: PauseReason, start: datetime = NOW) -> PauseCondition:
    return PauseCondition(reason=reason, start_time=start)


def make_status(spec: RolloutSpec, **facts: Any) -> RolloutStatus:
    """The facts in the middle of the release of version 2 over version 1; it began a minute ago."""
    known = {
        "current_revision": 2,
        "current_pod_hash": content_hash(spec.template.as_written()),
        "stable_rs": OLD,
        "current_step_index": 0,
        "current_step_hash": steps_hash(spec),
        "current_step_started_at": ago(60),
        "progressed_at": ago(60),
        "history": [FIRST, SECOND],
    }
    return RolloutStatus(**{**known, **facts})


def rs(pod_hash: str, size: int = 5, available: int | None = None, **fields: Any) -> ReplicaSetView:
    """A ReplicaSet that has all its pods, unless it is said how many are available."""
    there = size if available is None else available
    number = {OLD: 1, NEW: 2, THIRD: 3}[pod_hash]
    known = {"revision": number, "replicas": size, "ready": there, "images": (f"web:{number}",)}
    return ReplicaSetView(meta(f"web-{pod_hash}"), pod_hash, size=size, available=there, **{**known, **fields})


def service(name: str, pod_hash: str, ready: Mapping[str, int] | None = None) -> ServiceView:
    """A Service that is pinned to a version, or to none when the hash is empty."""
    selector = {"app": "web"} | ({HASH_LABEL: pod_hash} if pod_hash else {})
    there = {name: count for name, count in (ready or {}).items() if count}
    return ServiceView(meta(name), selector, there, pinned_by="web" if pod_hash else "")


def services(canary: ServiceView | None = None, stable: ServiceView | None = None) -> dict[str, ServiceView]:
    return {view.meta.name: view for view in (canary, stable) if view is not None}


def split(weight: int, **fields: Any) -> SplitView:
    """The TrafficSplit as the operator writes it, with `weight` percent for the canary."""
    backends = [{"service": "web", "weight": 100 - weight}, {"service": "web-canary", "weight": weight}]
    spec = {"routes": [{"kind": "HTTPRoute", "name": "web"}], "backends": backends}
    return SplitView(
        meta("web", owner_uid="uid-web"), TrafficSplitSpec.model_validate(spec), TrafficSplitStatus(), **fields
    )


def route(weight: int, *, accepted: bool = True, name: str = "web", **fields: Any) -> RouteView:
    """A route that carries `weight` percent for the canary."""
    return RouteView(name, weights={"web": 100 - weight, "web-canary": weight}, accepted=accepted, **fields)


def scene(
    *steps: Step,
    index: int = 0,
    weight: int | None = 0,
    new: int | ReplicaSetView | None = 1,
    old: int | ReplicaSetView | None = 5,
    others: Sequence[ReplicaSetView] = (),
    image: str = "web:2",
    canary: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    rollout: Mapping[str, Any] | None = None,
    **world: Any,
) -> Scene:
    """A release that goes well: pods are there, Services are pinned, the route carries `weight` (None: no split yet).

    `new` and `old` are sizes, ReplicaSets or None; `canary`, `spec`, `status`, `rollout` and `world` say what is
    different.
    """
    asked = make_spec(*steps, image=image, canary=canary, **(spec or {}))
    facts = make_status(asked, **{"current_step_index": index, **(status or {})})
    after, before = _set(NEW, new), _set(OLD, old)
    weight = weight if strategy_of(asked).routes else None
    known = {
        "replicasets": tuple(view for view in (before, after, *others) if view is not None),
        "services": services(service("web-canary", NEW, _ready(after)), service("web", OLD, _ready(before))),
        "split": None if weight is None else split(weight),
        "routes": () if weight is None else (route(weight),),
    }
    view = RolloutView(meta("web", generation=3), asked, facts, **(rollout or {}))
    seen = World(**{"now": NOW, "rollout": view, **known, **world})
    strategy = strategy_of(asked, facts.canary.stable_ping_pong)
    return Scene(seen, asked, strategy, content_hash(asked.template.as_written()), facts)


def first(*steps: Step, **fields: Any) -> Scene:
    """The first release, of version 2: nothing has worked yet. Its pods are there and both Services lead to them."""
    status = {"stable_rs": "", "history": [SECOND], "current_step_index": len(steps), **fields.pop("status", {})}
    pinned = {NEW_NAME: 5}
    known = {
        "new": 5,
        "old": None,
        "services": services(service("web-canary", NEW, pinned), service("web", NEW, pinned)),
    }
    return scene(*steps, status=status, **{**known, **fields})


def over(*steps: Step, **fields: Any) -> Scene:
    """Version 2 was promoted just now: it is the stable one, its release is not over yet."""
    status = {"stable_rs": NEW, "current_step_index": len(steps), **fields.pop("status", {})}
    pinned = {NEW_NAME: 5}
    known = {"new": 5, "services": services(service("web-canary", NEW, pinned), service("web", NEW, pinned))}
    return scene(*steps, status=status, **{**known, **fields})


def aborted(*steps: Step, **fields: Any) -> Scene:
    """Version 2 was taken back ten seconds ago."""
    status = {"abort": True, "aborted_at": ago(10), "abort_cause": "it hurts", **fields.pop("status", {})}
    return scene(*steps, status=status, **fields)


def _set(pod_hash: str, said: int | ReplicaSetView | None) -> ReplicaSetView | None:
    return rs(pod_hash, said) if isinstance(said, int) else said


def _ready(view: ReplicaSetView | None) -> dict[str, int]:
    return {view.meta.name: view.available} if view else {}


def metric(name: str = "ok") -> dict[str, Any]:
    prometheus = {"query": "up{hash='{{canary.hash}}'}", "address": "http://p:9090"}
    return {"name": name, "successCondition": "result[0] >= 0.95", "provider": {"prometheus": prometheus}}


def analysis_template(name: str = "judge", **spec: Any) -> TemplateView:
    asked = {"metrics": [metric()], **spec}
    return TemplateView(meta(name), AnalysisTemplateSpec.model_validate(asked))


JUDGE = {"templates": [{"templateName": "judge"}]}
STEP: Step = {"analysis": JUDGE}


def run(
    name: str,
    phase: AnalysisPhase = AnalysisPhase.RUNNING,
    *,
    role: RunRole | None = RunRole.STEP,
    created: datetime = NOW,
    spec: Mapping[str, Any] | None = None,
    problem: str = "",
    **status: Any,
) -> RunView:
    """An AnalysisRun of version 2."""
    asked = AnalysisRunSpec.model_validate({"metrics": [metric()], **(spec or {})})
    told = AnalysisRunStatus(phase=phase, **status)
    return RunView(meta(name, created_at=created), role, NEW, None if problem else asked, told, problem)


def dumped(status: RolloutStatus) -> dict[str, Any]:
    """A status as the API server holds it."""
    return status.model_dump(mode="json", exclude_none=True)


def patched(old: Any, patch: Any) -> Any:
    """What the API server makes of a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, Mapping):
        return patch
    base = dict(old) if isinstance(old, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            base.pop(name, None)
        else:
            base[name] = patched(base.get(name), value)
    return base


def after(status: RolloutStatus, write: Merge | None) -> RolloutStatus:
    """The status when it was written."""
    patch = {} if write is None else write.patch["status"]
    return RolloutStatus.model_validate(patched(dumped(status), patch))
