"""The control plane is a real one, its pods live like real ones, and the operator's calls are counted."""

from __future__ import annotations

import time

import pytest
from kubernetes import client

from dev.cluster import Cluster, RunningCluster
from dev.cluster.audit import Call
from tests.bed import kube


def test_a_deployment_becomes_available(cluster: RunningCluster) -> None:
    with kube.namespace(cluster) as namespace:
        apps = client.AppsV1Api(kube.api(cluster.kubeconfig))
        apps.create_namespaced_deployment(namespace, kube.deployment("web", "demo:v1", replicas=3))
        kube.eventually(lambda: kube.available(cluster, namespace, "web"), "3 pods available")


def test_a_crashing_image_is_never_ready_and_says_why(cluster: RunningCluster) -> None:
    with kube.namespace(cluster) as namespace:
        admin = kube.api(cluster.kubeconfig)
        client.AppsV1Api(admin).create_namespaced_deployment(
            namespace, kube.deployment("web", "demo:crash", replicas=1)
        )

        def reasons() -> list[str]:
            pods = client.CoreV1Api(admin).list_namespaced_pod(namespace).items
            states = [status.state for pod in pods for status in pod.status.container_statuses or ()]
            return [state.waiting.reason for state in states if state.waiting]

        kube.eventually(lambda: reasons() == ["CrashLoopBackOff"], "the container waits with CrashLoopBackOff")
        assert not kube.available(cluster, namespace, "web")


def test_a_deleted_pod_serves_two_more_seconds(cluster: RunningCluster) -> None:
    with kube.namespace(cluster) as namespace:
        core = client.CoreV1Api(kube.api(cluster.kubeconfig))
        pod = {
            "metadata": {"name": "one", "annotations": {"local-cluster.tidegate.dev/ready-after": "0s"}},
            "spec": {"containers": [{"name": "app", "image": "demo:v1"}]},
        }
        core.create_namespaced_pod(namespace, pod)
        running = lambda: core.read_namespaced_pod("one", namespace).status.phase == "Running"  # noqa: E731
        kube.eventually(running, "the pod runs")
        asked = time.monotonic()
        core.delete_namespaced_pod("one", namespace)
        kube.eventually(lambda: not core.list_namespaced_pod(namespace).items, "the pod is gone")
        assert 1.5 < time.monotonic() - asked < 5


def test_the_operator_has_no_rights_until_it_is_given_some(cluster: RunningCluster) -> None:
    core = client.CoreV1Api(kube.api(cluster.operator_kubeconfig))
    with pytest.raises(client.ApiException) as refused:
        core.list_namespaced_pod("default")
    assert refused.value.status == 403


def test_every_call_of_the_operator_is_counted(cluster: RunningCluster) -> None:
    with kube.namespace(cluster) as namespace:
        rbac = client.RbacAuthorizationV1Api(kube.api(cluster.kubeconfig))
        rbac.create_namespaced_role_binding(namespace, _edit_for_the_operator())
        kube.eventually(lambda: _operator_may_create(cluster, namespace), "the role binding is in force")
        core = client.CoreV1Api(kube.api(cluster.operator_kubeconfig))
        mark = cluster.audit.mark()
        for number in range(20):
            core.create_namespaced_config_map(namespace, {"metadata": {"name": f"map-{number}"}})
        core.list_namespaced_config_map(namespace)
        calls = cluster.audit.calls(since=mark, namespace=namespace)
        assert calls == {Call("create", "configmaps", ""): 20, Call("list", "configmaps", ""): 1}
        assert (calls.writes, calls.reads, calls.watches) == (20, 1, 0)


def test_the_calls_of_others_are_not_counted(cluster: RunningCluster) -> None:
    mark = cluster.audit.mark()
    client.CoreV1Api(kube.api(cluster.kubeconfig)).list_namespace()
    assert cluster.audit.entries(since=mark) == []


def test_the_kinds_of_gateway_api_are_served(cluster: RunningCluster) -> None:
    routes = client.CustomObjectsApi(kube.api(cluster.kubeconfig))
    listed = routes.list_namespaced_custom_object("gateway.networking.k8s.io", "v1", "default", "httproutes")
    assert listed["items"] == []


def test_two_clusters_at_once_know_nothing_of_each_other(cluster: RunningCluster) -> None:
    with Cluster() as other, kube.namespace(other) as namespace:
        assert other.url != cluster.url
        here = client.CoreV1Api(kube.api(cluster.kubeconfig)).list_namespace().items
        there = client.CoreV1Api(kube.api(other.kubeconfig)).list_namespace().items
        assert namespace in {item.metadata.name for item in there}
        assert namespace not in {item.metadata.name for item in here}


def _operator_may_create(cluster: RunningCluster, namespace: str) -> bool:
    attributes = {"namespace": namespace, "verb": "create", "resource": "configmaps"}
    review = {"spec": {"user": "tidegate-operator", "resourceAttributes": attributes}}
    answer = client.AuthorizationV1Api(kube.api(cluster.kubeconfig)).create_subject_access_review(review)
    return bool(answer.status.allowed)


def _edit_for_the_operator() -> dict[str, object]:
    return {
        "metadata": {"name": "edit"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "tidegate-operator"}],
    }
