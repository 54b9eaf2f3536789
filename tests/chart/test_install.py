"""The chart's life on a real API server: installed, upgraded, uninstalled, installed again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dev.cluster import Cluster, RunningCluster
from dev.cluster.commands import helm, kubectl
from dev.cluster.operator_access import CHART
from tests.bed.kube import eventually
from tidegate.api.crd import KINDS

NAMESPACE = "tidegate-system"
CRDS = [f"{kind.plural}.tidegate.dev" for kind in KINDS]
ROLLOUT = """
apiVersion: tidegate.dev/v1alpha1
kind: Rollout
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "demo:v1"}]}
  strategy:
    canary:
      canaryService: web-canary
      stableService: web
      trafficRouting: {gatewayAPI: {httpRoutes: [{name: web}]}}
"""


class Release:
    """A cluster as a platform team meets it, without the kinds, and one release of the chart in it."""

    def __init__(self, cluster: RunningCluster) -> None:
        self.cluster = cluster

    def helm(self, command: str, *arguments: str) -> str:
        """A command on the release."""
        chart = [str(CHART)] if command in ("install", "upgrade") else []
        where = (f"--namespace={NAMESPACE}", "--wait", "--timeout=60s")
        return helm(command, "tidegate", *chart, *where, *arguments, kubeconfig=self.cluster.kubeconfig)

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """As the cluster's administrator."""
        return kubectl(self.cluster.kubeconfig, *arguments, text=text)

    def get(self, *arguments: str) -> Any:
        """An object or a list."""
        return json.loads(self.kubectl("get", *arguments, "--output=json"))


@pytest.fixture(scope="module")
def release() -> Iterator[Release]:
    """Installed, in a namespace that takes only pods of the restricted kind."""
    with Cluster() as cluster:
        release = Release(cluster)
        # A kind that was never asked for has no storage yet, and then its deletion may hang in the API server.
        release.kubectl("get", ",".join(CRDS), "--all-namespaces")
        release.kubectl("delete", "crd", *CRDS, "--timeout=60s")
        release.kubectl("create", "namespace", NAMESPACE)
        release.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
        release.helm("install")
        yield release


def test_installed_upgraded_uninstalled_installed_again(release: Release) -> None:
    _runs_one_restricted_pod(release)
    release.kubectl("apply", "-f", "-", text=ROLLOUT)
    _an_upgrade_upgrades_the_kinds(release)
    _an_uninstall_keeps_the_kinds_and_their_objects(release)
    _a_second_install_takes_them_over(release)


def _runs_one_restricted_pod(release: Release) -> None:
    deployment = release.get("deployment", "tidegate", "--namespace", NAMESPACE)
    assert deployment["status"]["availableReplicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def _an_upgrade_upgrades_the_kinds(release: Release) -> None:
    older = [{"op": "remove", "path": "/spec/versions/0/additionalPrinterColumns"}]
    release.kubectl("patch", "crd", CRDS[0], "--type=json", f"--patch={json.dumps(older)}")
    # The API server shows columns from its own watch of the kinds, a moment after they were written.
    eventually(lambda: "PHASE" not in release.kubectl("get", "rollouts"), "the columns are gone")
    release.helm("upgrade", "--set=logFormat=text", "--force-conflicts")
    eventually(lambda: "PHASE" in release.kubectl("get", "rollouts"), "the columns are back")
    assert "--log-format=text" in _operator(release)["args"]


def _operator(release: Release) -> Any:
    deployment = release.get("deployment", "tidegate", "--namespace", NAMESPACE)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return container


def _an_uninstall_keeps_the_kinds_and_their_objects(release: Release) -> None:
    said = release.helm("uninstall")
    assert "kept due to the resource policy" in said
    assert release.get("rollout", "web")["spec"]["replicas"] == 1
    left = release.get("deployments,serviceaccounts,services", "--namespace", NAMESPACE)["items"]
    assert not [item for item in left if item["metadata"]["name"].startswith("tidegate")]
    roles = release.get("clusterroles,clusterrolebindings", "--selector=app.kubernetes.io/name=tidegate")
    assert roles["items"] == []


def _a_second_install_takes_them_over(release: Release) -> None:
    release.helm("install")
    assert release.get("rollout", "web")["spec"]["replicas"] == 1
    _runs_one_restricted_pod(release)


def test_what_is_off_by_default_is_valid_too(release: Release) -> None:
    settings = ("--set=networkPolicy.enabled=true", "--set=watchNamespace=default", "--set=crds.install=false")
    text = helm("template", "team", str(CHART), "--namespace=default", *settings)
    said = release.kubectl("apply", "--dry-run=server", "-f", "-", text=text)
    assert "networkpolicy.networking.k8s.io/team-tidegate created" in said
    assert "role.rbac.authorization.k8s.io/team-tidegate created" in said


@pytest.mark.parametrize(
    ("role", "verb", "allowed"), [("view", "get", True), ("view", "patch", False), ("edit", "patch", True)]
)
def test_the_roles_of_people_reach_the_kinds(release: Release, role: str, verb: str, allowed: bool) -> None:
    namespace = f"{role}-{verb}"
    release.kubectl("create", "namespace", namespace)
    release.kubectl("create", "rolebinding", "alice", f"--clusterrole={role}", "--user=alice", f"-n={namespace}")
    # What everybody with the role may do tells when it is in force.
    eventually(lambda: _alice_may(release, "get", namespace), f"{role} reaches Rollouts")
    assert _alice_may(release, verb, namespace) == allowed


def _alice_may(release: Release, verb: str, namespace: str) -> bool:
    asked = {"group": "tidegate.dev", "resource": "rollouts", "verb": verb, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": "alice", "resourceAttributes": asked},
    }
    answer = json.loads(release.kubectl("create", "-f", "-", "--output=json", text=json.dumps(review)))
    return bool(answer["status"]["allowed"])
