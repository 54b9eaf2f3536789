"""The kinds that are watched: where they live in the API, and which of their objects are asked for at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tidegate.api.config import ConfigKind
from tidegate.api.meta import GROUP, VERSION
from tidegate.core.actions import Resource
from tidegate.core.world import HASH_LABEL

APPS = "apps"
READABLE = "tidegate.dev/readable"
DISCOVERY = "discovery.k8s.io"
GATEWAY = "gateway.networking.k8s.io"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of the API. `selector` is applied by the API server: what does not match is never sent."""

    name: str
    group: str
    version: str
    plural: str
    namespaced: bool = field(default=True, kw_only=True)
    selector: str = field(default="", kw_only=True)

    @property
    def api_version(self) -> str:
        """As it stands in a manifest."""
        return f"{self.group}/{self.version}" if self.group else self.version


def _ours(name: str, plural: str, *, namespaced: bool = True) -> Kind:
    return Kind(name, GROUP, VERSION, plural, namespaced=namespaced)


ROLLOUT = _ours("Rollout", "rollouts")
SPLIT = _ours("TrafficSplit", "trafficsplits")
RUN = _ours("AnalysisRun", "analysisruns")
TEMPLATE = _ours("AnalysisTemplate", "analysistemplates")
CLUSTER_TEMPLATE = _ours("ClusterAnalysisTemplate", "clusteranalysistemplates", namespaced=False)
# Without the selector every ReplicaSet of every Deployment would be parsed and thrown away.
REPLICASET = Kind("ReplicaSet", APPS, "v1", "replicasets", selector=HASH_LABEL)
DEPLOYMENT = Kind("Deployment", APPS, "v1", "deployments")
SERVICE = Kind("Service", "", "v1", "services")
ENDPOINTSLICE = Kind("EndpointSlice", DISCOVERY, "v1", "endpointslices", selector="kubernetes.io/service-name")
# Copies are told from what users wrote by the revision's label: nobody needs to see them again.
CONFIG_MAP = Kind("ConfigMap", "", "v1", "configmaps", selector=f"!{HASH_LABEL}")
SECRET = Kind("Secret", "", "v1", "secrets", selector=f"!{HASH_LABEL}")
READABLE_SECRET = replace(SECRET, selector=f"{READABLE}=true")
POD = Kind("Pod", "", "v1", "pods")
HTTPROUTE = Kind("HTTPRoute", GATEWAY, "v1", "httproutes")

WATCHED: tuple[Kind, ...] = (
    ROLLOUT,
    SPLIT,
    RUN,
    TEMPLATE,
    CLUSTER_TEMPLATE,
    REPLICASET,
    DEPLOYMENT,
    SERVICE,
    ENDPOINTSLICE,
    HTTPROUTE,
)


def config_kinds(seen: Iterable[ConfigKind], *, secrets_need_label: bool) -> tuple[Kind, ...]:
    """The kinds to watch where config may be part of a release."""
    secret = READABLE_SECRET if secrets_need_label else SECRET
    table = {ConfigKind.CONFIG_MAP: CONFIG_MAP, ConfigKind.SECRET: secret}
    return tuple(table[kind] for kind in ConfigKind if kind in frozenset(seen))


WRITTEN: dict[Resource, Kind] = {
    Resource.ROLLOUTS: ROLLOUT,
    Resource.REPLICASETS: REPLICASET,
    Resource.DEPLOYMENTS: DEPLOYMENT,
    Resource.SERVICES: SERVICE,
    Resource.SPLITS: SPLIT,
    Resource.RUNS: RUN,
    Resource.HTTPROUTES: HTTPROUTE,
}
