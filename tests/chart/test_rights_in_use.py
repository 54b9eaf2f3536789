"""The chart's rights are exactly enough: through releases of every kind nothing is refused, and every right is used."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dev.cluster import Cluster, RunningCluster
from dev.cluster.audit import Entry
from dev.cluster.commands import kubectl
from dev.cluster.operator_access import EVERY_RIGHT, rbac_objects
from tests.bed.kube import eventually
from tests.chart.operated import Manifest, Operated, operated
from tidegate.api.meta import time_text

LABELS = {"app": "web"}
# Only when a child's name is taken before the watch has told of it: see tests/unit/shell.
RARE = {("get", "replicasets"), ("get", "trafficsplits"), ("get", "analysisruns")}


def test_nothing_is_refused_and_no_right_lies_idle(bed: RunningCluster, tmp_path: Path) -> None:
    since = bed.audit.mark()
    with operated(bed, "rights", tmp_path / "operator.log") as team:
        team.apply(_around())
        team.apply([_rollout("v1")])
        team.wait("rollout/web", "Ready")
        _release(team, _rollout("v2"))
        _release(team, _rollout("v3"))
        _an_answer_that_is_given_twice(team)
        eventually(lambda: len(team.all_of("replicasets")) == 1, "old ReplicaSets are deleted")
        eventually(lambda: len(team.all_of("analysisruns")) == 0, "old AnalysisRuns are deleted")
        team.wait("trafficsplit/web", "Ready")
        _a_deployment_is_taken_over(team)
    # An operator that stops sends the Events that it still owes.
    entries = bed.audit.entries(since)
    assert _unused(entries) <= RARE
    assert not [entry for entry in entries if entry.code == 403]


def test_neither_does_any_that_a_value_of_the_chart_gives(cluster: RunningCluster, tmp_path: Path) -> None:
    since = cluster.audit.mark()
    kinds = ("--versioned-config=ConfigMap", "--versioned-config=Secret")
    with operated(cluster, "more", tmp_path / "operator.log", settings=EVERY_RIGHT, arguments=kinds) as team:
        team.apply([*_services(), _route(), _secret(), _settings(), _with_all(_rollout("v1"))])
        team.wait("rollout/web", "{.status.phase}=Progressing")
        eventually(lambda: len(_copies(team)) == 2, "the copies are made")
        eventually(lambda: _roles(team) == {"stable"}, "the pods have their role")
        edited = _with_all(_rollout("v1"), role="steady")
        team.apply([edited])
        eventually(lambda: _roles(team) == {"steady"}, "they have another one")
        moment = time_text(datetime.now(UTC) + timedelta(seconds=2))
        team.apply([{**edited, "spec": {**edited["spec"], "restartAt": moment}}])
        eventually(lambda: "restartedAt" in team.get("rollout", "web")["status"], "the pods are replaced")
    entries = cluster.audit.entries(since)
    used = {(entry.call.verb, _resource(entry)) for entry in entries}
    assert _granted(EVERY_RIGHT) - _granted() <= used
    assert not [entry for entry in entries if entry.code == 403]


def _settings() -> Manifest:
    return _object("v1", "ConfigMap", "settings", data={"a": "b"})


def _with_all(rollout: Manifest, role: str = "stable") -> Manifest:
    """With every field that needs a right of its own."""
    spec = rollout["spec"]
    del spec["strategy"]["canary"]["analysis"]
    spec["strategy"]["canary"] |= {"steps": [], "stableMetadata": {"labels": {"role": role}}}
    sources = [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "token"}}]
    spec["template"]["spec"]["containers"][0]["envFrom"] = sources
    return {**rollout, "spec": {**spec, "versionedConfig": True}}


def _copies(team: Operated) -> list[Any]:
    found = [*team.all_of("configmaps"), *team.all_of("secrets")]
    return [each for each in found if each["metadata"].get("ownerReferences")]


def _roles(team: Operated) -> set[str | None]:
    return {pod["metadata"]["labels"].get("role") for pod in team.all_of("pods")}


def test_an_operator_for_one_namespace_needs_no_rights_in_others(tmp_path: Path) -> None:
    with Cluster() as cluster:
        since = cluster.audit.mark()
        kubectl(cluster.kubeconfig, "create", "namespace", "other")
        with operated(cluster, "team-a", tmp_path / "operator.log", only="team-a") as team:
            kubectl(cluster.kubeconfig, "-n=other", "apply", "-f", "-", text=json.dumps(_rollout("v1")))
            team.apply([_rollout("v1")])
            eventually(lambda: len(team.all_of("replicasets")) == 1, "it looks after its namespace")
            assert not Operated(cluster, "other").all_of("replicasets")
        assert not [entry for entry in cluster.audit.entries(since) if entry.code == 403]


def _unused(entries: Iterable[Entry]) -> set[tuple[str, str]]:
    return _granted() - {(entry.call.verb, _resource(entry)) for entry in entries}


def _granted(settings: Iterable[str] = ()) -> set[tuple[str, str]]:
    return {
        (verb, resource)
        for item in rbac_objects(settings=settings)
        for rule in item.get("rules", ())
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def _around() -> list[Manifest]:
    return [_secret(), _template("once"), _template("watch", interval="1s"), *_services(), _route()]


def _resource(entry: Entry) -> str:
    return f"{entry.call.resource}/{entry.call.subresource}" if entry.call.subresource else entry.call.resource


def _release(team: Operated, rollout: Manifest) -> None:
    team.apply([rollout])
    hash_of_new = "{.status.currentPodHash}"
    team.wait("rollout/web", "{.status.phase}=Progressing")
    team.wait("rollout/web", "Ready")
    new = team.kubectl("get", "rollout", "web", f"--output=jsonpath={hash_of_new}")
    assert new == team.get("rollout", "web")["status"]["stableRS"]


def _a_deployment_is_taken_over(team: Operated) -> None:
    of = _rollout("v1")["spec"]
    labels = {"app": "legacy"}
    template = {**of["template"], "metadata": {"labels": labels}}
    pods = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "legacy", "scaleDown": "onsuccess"}
    alone = {"replicas": 1, "selector": {"matchLabels": labels}, "strategy": {"canary": {}}, "workloadRef": reference}
    team.apply([_object("apps/v1", "Deployment", "legacy", spec=pods)])
    team.apply([_object("tidegate.dev/v1alpha1", "Rollout", "legacy", spec=alone)])
    eventually(lambda: team.get("deployment", "legacy")["spec"]["replicas"] == 0, "the Deployment has given way")


def _an_answer_that_is_given_twice(team: Operated) -> None:
    """Two Events of the same words are one that counts."""
    for number in ("1", "2"):
        request = json.dumps({"id": number, "action": "resume", "revision": 3})
        team.kubectl(
            "annotate",
            "--overwrite",
            "rollout",
            "web",
            f"tidegate.dev/request={request}",
            "tidegate.dev/requested-by=admin",
        )
        team.wait("rollout/web", f"{{.status.lastRequest.id}}={number}")


def _object(api_version: str, kind: str, name: str, **content: Any) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **content}


def _secret() -> Manifest:
    secret = _object("v1", "Secret", "token", data={"token": base64.b64encode(b"s3cret").decode()})
    secret["metadata"]["labels"] = {"tidegate.dev/readable": "true"}
    return secret


def _template(name: str, **metric: Any) -> Manifest:
    bearer = {"bearer": {"token": "{{args.token}}"}}
    metric |= {
        "name": name,
        "successCondition": "result[0] == 1",
        "provider": {"prometheus": {"query": "vector(1)", "authentication": bearer}},
    }
    token = {"name": "token", "valueFrom": {"secretKeyRef": {"name": "token", "key": "token"}}}
    return _object("tidegate.dev/v1alpha1", "AnalysisTemplate", name, spec={"args": [token], "metrics": [metric]})


def _services() -> list[Manifest]:
    spec = {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]}
    return [_object("v1", "Service", name, spec=spec) for name in ("stable", "canary")]


def _backends(stable: int, canary: int) -> list[Manifest]:
    weights = {"stable": stable, "canary": canary}
    return [{"name": name, "port": 80, "weight": weight} for name, weight in weights.items()]


def _route() -> Manifest:
    spec = {
        "parentRefs": [{"name": "gateway", "namespace": "tidegate-demo"}],
        "hostnames": ["rights.example.com"],
        "rules": [{"backendRefs": _backends(100, 0)}],
    }
    return _object("gateway.networking.k8s.io/v1", "HTTPRoute", "web", spec=spec)


def _rollout(version: str) -> Manifest:
    canary = {
        "stableService": "stable",
        "canaryService": "canary",
        "scaleDownDelaySeconds": 0,
        "trafficRouting": {"gatewayAPI": {"httpRoutes": [{"name": "web"}]}},
        # The one beside the steps has no end of its own: it is told to stop.
        "analysis": {"templates": [{"templateName": "watch"}]},
        "steps": [{"setWeight": 50}, {"analysis": {"templates": [{"templateName": "once"}]}}],
    }
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {"containers": [{"name": "web", "image": f"demo:{version}"}]},
        },
        "revisionHistoryLimit": 0,
        "analysis": {"successfulRunHistoryLimit": 0, "unsuccessfulRunHistoryLimit": 0},
        "strategy": {"canary": canary},
    }
    return _object("tidegate.dev/v1alpha1", "Rollout", "web", spec=spec)
