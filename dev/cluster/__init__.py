"""A local Kubernetes cluster of ordinary processes: control plane, played pods, and real traffic.

From code: `with Cluster(dataplane=True) as cluster:`; by hand: `make cluster`.
"""

from dev.cluster.cluster import Cluster, RunningCluster
from dev.cluster.load import Load, LoadError
from dev.cluster.load_result import LoadResult
from dev.cluster.processes import StartError

__all__ = ["Cluster", "Load", "LoadError", "LoadResult", "RunningCluster", "StartError"]
