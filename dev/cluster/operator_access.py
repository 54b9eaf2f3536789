"""The operator's rights on the local cluster: those that the chart grants, and its policy on requests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from dev.cluster import credentials
from dev.cluster.cluster import RunningCluster
from dev.cluster.commands import CommandError, helm, kubectl

CHART = Path(__file__).resolve().parents[2] / "charts" / "tidegate"
RELEASE_NAMESPACE = "tidegate-system"
EVERY_RIGHT = (
    "podMetadata=true",
    "podRestarts=true",
    "versionedConfig.configMaps=true",
    "versionedConfig.secrets=true",
)
"""Values of the chart that give what is not given by itself."""
_SUBJECT = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": credentials.OPERATOR}
_IN_FORCE_SECONDS = 10.0


def install_operator_access(cluster: RunningCluster, namespace: str = "", settings: Iterable[str] = ()) -> None:
    """Bind the chart's roles, as these values of it make them, to the user `tidegate-operator`, and
    wait until they are in force; add the chart's policy.

    With a namespace they hold in that one only, as in a namespaced installation. It may be called again. Raises
    CommandError when the chart cannot be rendered or applied, TimeoutError when the rights do not come.
    """
    objects = [*map(_for_the_user, rbac_objects(namespace, settings)), *_rendered("requestpolicy", namespace)]
    kubectl(cluster.kubeconfig, "apply", "--server-side", "-f", "-", text=yaml.safe_dump_all(objects))
    scope = f"--namespace={namespace}" if namespace else "--all-namespaces"
    # Of each binding one right: a watch that begins before it is in force would be refused once.
    for question in (("patch", "rollouts", "--subresource=status", scope), ("watch", "clusteranalysistemplates")):
        _await_right(cluster.operator_kubeconfig, question)


def rbac_objects(namespace: str = "", settings: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The chart's roles and bindings as helm renders them, for all namespaces or for one."""
    return _rendered("rbac", namespace, settings)


def _rendered(template: str, namespace: str, settings: Iterable[str] = ()) -> list[dict[str, Any]]:
    text = helm(
        *("template", "tidegate", str(CHART), f"--namespace={RELEASE_NAMESPACE}"),
        *(f"--show-only=templates/{template}.yaml", f"--set=watchNamespace={namespace}"),
        *(f"--set={setting}" for setting in settings),
    )
    return [item for item in yaml.safe_load_all(text) if item]


def _for_the_user(item: Mapping[str, Any]) -> dict[str, Any]:
    """The local cluster has no service accounts: the operator logs in as a user."""
    return {**item, "subjects": [_SUBJECT]} if "subjects" in item else dict(item)


def _await_right(kubeconfig: Path, question: tuple[str, ...]) -> None:
    deadline = time.monotonic() + _IN_FORCE_SECONDS
    while not _may(kubeconfig, question):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the operator still may not {' '.join(question)}: look at {CHART}/templates/rbac.yaml")


def _may(kubeconfig: Path, question: tuple[str, ...]) -> bool:
    try:
        return kubectl(kubeconfig, "auth", "can-i", *question).strip() == "yes"
    except CommandError:
        return False
