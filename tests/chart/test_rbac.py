"""The operator's rights: exactly what it does, and the suites run it with no others."""

from __future__ import annotations

import pytest
from kubernetes import client

from dev.cluster import RunningCluster
from dev.cluster.operator_access import install_operator_access, rbac_objects
from tests.bed import kube
from tidegate.observe.kinds import WATCHED
from tidegate.routes import TABLE


def _rules(kind: str, namespace: str = "") -> list[dict[str, list[str]]]:
    return [rule for item in rbac_objects(namespace) if item["kind"] == kind for rule in item["rules"]]


def _granted(rules: list[dict[str, list[str]]]) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_every_kind_that_is_watched_may_be_watched() -> None:
    granted = _granted(_rules("ClusterRole"))
    for kind in WATCHED:
        assert {(kind.group, kind.plural, verb) for verb in ("list", "watch")} <= granted


@pytest.mark.parametrize("kind", TABLE)
def test_a_route_kind_gets_the_rights_that_it_asks_for(kind: str) -> None:
    asked = TABLE[kind].rbac
    rights = {(asked.api_group, asked.resource, verb) for verb in asked.verbs}
    granted = _granted(_rules("ClusterRole"))
    assert {right for right in granted if right[:2] == (asked.api_group, asked.resource)} == rights


@pytest.mark.parametrize(
    ("setting", "rights"),
    [
        ("podMetadata=true", {("", "pods", verb) for verb in ("list", "patch")}),
        ("podRestarts=true", {("", "pods", "list"), ("", "pods/eviction", "create")}),
        (
            "versionedConfig.configMaps=true",
            {("", "configmaps", verb) for verb in ("get", "list", "watch", "create")},
        ),
        ("versionedConfig.secrets=true", {("", "secrets", verb) for verb in ("list", "watch", "create")}),
    ],
)
def test_what_a_value_switches_on_is_given_and_nothing_else(setting: str, rights: set[tuple[str, str, str]]) -> None:
    def granted(*settings: str) -> set[tuple[str, str, str]]:
        return _granted([rule for item in rbac_objects(settings=settings) for rule in item.get("rules", ())])

    assert granted(setting) - granted() == rights


def test_the_operator_can_neither_change_a_spec_nor_escalate() -> None:
    granted = _granted(_rules("ClusterRole"))
    assert not [right for right in granted if "*" in right]
    assert {verb for group, resource, verb in granted if resource == "rollouts"} == {"list", "watch"}
    assert {verb for group, resource, verb in granted if resource == "secrets"} == {"get"}
    assert not {resource for _, resource, _ in granted} & {"pods", "pods/exec", "configmaps", "roles", "rolebindings"}


def test_a_namespaced_installation_has_rights_in_its_namespace_only() -> None:
    assert {kind for item in rbac_objects("team-a") if (kind := item["kind"]) == "Role"}
    assert _granted(_rules("Role", "team-a")) | _granted(_rules("ClusterRole", "team-a")) == _granted(
        _rules("ClusterRole")
    )
    assert {resource for _, resource, _ in _granted(_rules("ClusterRole", "team-a"))} == {"clusteranalysistemplates"}


def test_the_local_clusters_operator_has_these_rights(cluster: RunningCluster) -> None:
    install_operator_access(cluster)
    operator = kube.api(cluster.operator_kubeconfig)
    assert client.CustomObjectsApi(operator).list_cluster_custom_object("tidegate.dev", "v1alpha1", "rollouts")
    with pytest.raises(client.ApiException) as refused:
        client.CoreV1Api(operator).list_secret_for_all_namespaces()
    assert refused.value.status == 403
