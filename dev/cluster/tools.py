"""The programs that a cluster is made of: their versions, and where one that is already there is found."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from dev.cluster import cache


@dataclass(frozen=True, slots=True)
class Tool:
    """A program built from Go. `minutes` is what its first build takes on 2 cores, for the progress line."""

    name: str
    package: str
    module: str
    version: str
    minutes: float
    ldflags: str = ""


KUBERNETES_VERSION = "v1.37.2"
# Without these the API server calls itself v0.0.0, and a chart that asks for a minimum version refuses it.
_STAMP = " ".join(
    f"-X k8s.io/component-base/version.{name}={value}"
    for name, value in (("gitVersion", KUBERNETES_VERSION), ("gitMajor", "1"), ("gitMinor", "37"))
)


def _kubernetes(name: str, minutes: float) -> Tool:
    module = "k8s.io/kubernetes"
    return Tool(name, f"{module}/cmd/{name}", module, KUBERNETES_VERSION, minutes, _STAMP)


ETCD = Tool("etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3", "v3.7.3", 1)
APISERVER = _kubernetes("kube-apiserver", 5)
CONTROLLER_MANAGER = _kubernetes("kube-controller-manager", 2)
SCHEDULER = _kubernetes("kube-scheduler", 1)
KWOK = Tool("kwok", "sigs.k8s.io/kwok/cmd/kwok", "sigs.k8s.io/kwok", "v0.8.0", 2)
CONTOUR = Tool(
    "contour",
    "github.com/projectcontour/contour/cmd/contour",
    "github.com/projectcontour/contour",
    "v1.33.8",
    3,
)
HELM = Tool("helm", "helm.sh/helm/v4/cmd/helm", "helm.sh/helm/v4", "v4.3.1", 2)
PROMETHEUS = Tool(
    "prometheus",
    "github.com/prometheus/prometheus/cmd/prometheus",
    "github.com/prometheus/prometheus",
    "v0.313.0",
    4,
)

CONTROL_PLANE = (ETCD, APISERVER, CONTROLLER_MANAGER, SCHEDULER, KWOK)
BUILT = (*CONTROL_PLANE, CONTOUR, HELM)


def built_path(tool: Tool) -> Path:
    """Where this version of the tool stands in the cache folder once it was built."""
    return cache.folder() / "bin" / f"{tool.name}-{tool.version}"


def find(tool: Tool) -> Path | None:
    """Its path in `KUBEBUILDER_ASSETS`, on PATH or in the cache folder; None when it has to be built."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    found = (assets and shutil.which(tool.name, path=assets)) or shutil.which(tool.name)
    if found:
        return Path(found).absolute()
    built = built_path(tool)
    return built if built.exists() else None
