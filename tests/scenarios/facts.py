"""The facts that a story asks for: what the objects of a stage tell, in a few plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.scenarios import manifests as m
from tests.scenarios.stages.stage import Raw, Stage
from tidegate.core.world import HASH_LABEL


def facts_of(stage: Stage) -> dict[str, Any]:
    """What is so now. What is not there is None, or missing among the names."""
    status = (stage.find("Rollout", m.NAME) or {}).get("status") or {}
    return {**_told(status), **_there(stage)}


def _told(status: Raw) -> dict[str, Any]:
    return {
        "phase": status.get("phase"),
        "step": status.get("currentStepIndex"),
        "waiting": (status.get("waitingFor") or {}).get("reason"),
        "aborted": status.get("abort", False),
        "revision": status.get("currentRevision"),
        "counted": status.get("HPAReplicas"),
        "outcomes": [line.get("outcome") for line in status.get("history") or ()],
        "approvals": [(given["step"], given["by"]) for given in _approvals(status)],
        "conditions": {c["type"]: c["status"] == "True" for c in status.get("conditions") or ()},
    }


def _approvals(status: Raw) -> list[Raw]:
    history = status.get("history") or [{}]
    return list(history[-1].get("approvals") or ())


def _there(stage: Stage) -> dict[str, Any]:
    route, split = stage.find("HTTPRoute", m.NAME), stage.find("TrafficSplit", m.NAME)
    return {
        "runs": [phase_of(run) for run in stage.all_of("AnalysisRun")],
        "sizes": {version_of(rs): rs["spec"]["replicas"] for rs in stage.all_of("ReplicaSet")},
        "versions": sorted(version_of(rs) for rs in stage.all_of("ReplicaSet")),
        "pods": dict(Counter(image.partition(":")[2] for image in stage.pods().values())),
        "roles": dict(Counter(_role(image, metadata) for image, metadata in stage.pod_metadata())),
        "settings": {
            setting: rs["spec"]["replicas"] for rs in stage.all_of("ReplicaSet") for setting in _settings(stage, rs)
        },
        "weight": weight_of(route) if route else None,
        "rules": [rule.get("name", "") for rule in route["spec"]["rules"]] if route else None,
        "asked": asked_of(split) if split else None,
        "leads": {name: _version_led_to(stage, service) for name, service in _services(stage).items()},
        "pinned": {name: HASH_LABEL in service["spec"]["selector"] for name, service in _services(stage).items()},
    }


def _version_led_to(stage: Stage, service: Raw) -> str:
    """The version that a Service is pinned to; empty for none, or for one that is gone."""
    wanted = service["spec"]["selector"].get(HASH_LABEL)
    sets = stage.all_of("ReplicaSet")
    return next((version_of(rs) for rs in sets if rs["metadata"]["labels"].get(HASH_LABEL) == wanted), "")


def _services(stage: Stage) -> dict[str, Raw]:
    return {service["metadata"]["name"]: service for service in stage.all_of("Service")}


def holds(fact: Any, wanted: Any) -> bool:
    if isinstance(fact, Mapping):
        # A version that has no pods or no ReplicaSet any more has none.
        return all(fact.get(name, 0) == value for name, value in wanted.items())
    return bool(fact == wanted)


def version_of(replicaset: Raw) -> str:
    """The version of a ReplicaSet's pods."""
    image: str = replicaset["spec"]["template"]["spec"]["containers"][0]["image"]
    return image.partition(":")[2]


def _role(image: str, metadata: Raw) -> str:
    """Version, label and annotation `role` of a pod: `v2 canary 1`."""
    told = ((metadata.get(field) or {}).get("role") for field in ("labels", "annotations"))
    return " ".join([image.partition(":")[2], *(value for value in told if value)])


def _settings(stage: Stage, replicaset: Raw) -> list[str]:
    """What stands in the ConfigMap that the pods of a ReplicaSet read; nothing when they read none."""
    sources = replicaset["spec"]["template"]["spec"]["containers"][0].get("envFrom") or []
    names = [source["configMapRef"]["name"] for source in sources if "configMapRef" in source]
    found = [stage.find("ConfigMap", name) for name in names]
    return [str(each["data"]["SETTING"]) for each in found if each]


def phase_of(run: Raw) -> str:
    """Where an AnalysisRun stands."""
    return str((run.get("status") or {}).get("phase", "Pending"))


def weight_of(route: Raw) -> int:
    """What the route gives the canary, in percent."""
    weights: dict[str, int] = {ref["name"]: ref.get("weight", 1) for ref in route["spec"]["rules"][-1]["backendRefs"]}
    return round(100 * int(weights[m.CANARY]) / sum(weights.values()))


def asked_of(split: Raw) -> int:
    """What the TrafficSplit asks for the canary."""
    return next(int(b["weight"]) for b in split["spec"]["backends"] if b["service"] == m.CANARY)
