"""A namespace of a cluster with an operator that has the chart's rights, and what people do there with kubectl."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dev.cluster import RunningCluster
from dev.cluster.commands import kubectl
from dev.cluster.operator_access import install_operator_access
from dev.operator_process import OperatorProcess

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Operated:
    """`kubectl` in one namespace."""

    cluster: RunningCluster
    namespace: str

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """As the cluster's administrator."""
        return kubectl(self.cluster.kubeconfig, f"--namespace={self.namespace}", *arguments, text=text)

    def apply(self, manifests: Iterable[Manifest], *how: str) -> str:
        """What `kubectl apply` says."""
        return self.kubectl("apply", *how, "-f", "-", text=yaml.safe_dump_all(manifests))

    def get(self, kind: str, name: str) -> Any:
        """An object."""
        return json.loads(self.kubectl("get", kind, name, "--output=json"))

    def all_of(self, kind: str) -> list[Any]:
        """All objects of a kind."""
        found = json.loads(self.kubectl("get", kind, "--output=json"))
        return list(found["items"])

    def wait(self, what: str, condition: str, seconds: int = 60) -> None:
        """Wait for a condition (`Ready`) or a value (`{.status.phase}=Paused`). Raises CommandError."""
        sought = f"jsonpath={condition}" if condition.startswith("{") else f"condition={condition}"
        self.kubectl("wait", what, f"--for={sought}", f"--timeout={seconds}s")


@contextmanager
def operated(
    cluster: RunningCluster,
    namespace: str,
    log: Path,
    only: str = "",
    *,
    settings: Iterable[str] = (),
    arguments: Iterable[str] = (),
) -> Iterator[Operated]:
    """With a new namespace and an operator in the cluster; `only` is the one that it looks after, if it is one.

    Its rights are those that the chart gives with these values; `arguments` are more of its own.
    """
    kubectl(cluster.kubeconfig, "create", "namespace", namespace)
    install_operator_access(cluster, only, settings)
    with OperatorProcess(cluster.operator_kubeconfig, log, [*_prometheus(cluster), *_only(only), *arguments]):
        yield Operated(cluster, namespace)


def _prometheus(cluster: RunningCluster) -> list[str]:
    if not cluster.spec.dataplane:
        return []
    return [f"--prometheus-address={cluster.prometheus_url}", "--allowed-host=127.0.0.1"]


def _only(namespace: str) -> list[str]:
    return [f"--namespace={namespace}"] if namespace else []
