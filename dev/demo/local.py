"""The demo on a cluster of its own, which ends with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dev.cluster import Cluster
from dev.cluster.inside import GATEWAY_NAME, GATEWAY_NAMESPACE
from dev.cluster.operator_access import install_operator_access
from dev.demo.place import Place
from dev.kube import Kube


@contextmanager
def local() -> Iterator[Place]:
    """A local cluster with a data plane; the operator has exactly the rights that the chart grants.

    Raises StartError, BuildError, CommandError.
    """
    with Cluster(dataplane=True) as cluster:
        install_operator_access(cluster)
        Kube(cluster.kubeconfig, cluster.folder / "kinds.json").apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}}
        )
        yield Place(
            kubeconfig=cluster.kubeconfig,
            operator_kubeconfig=cluster.operator_kubeconfig,
            # Its Prometheus answers on this machine's loopback, where no query may go that is not allowed to.
            operator_arguments=("--allowed-host=127.0.0.1",),
            namespace="demo",
            gateway=(GATEWAY_NAMESPACE, GATEWAY_NAME),
            address=cluster.gateway_url,
            prometheus=cluster.prometheus_url,
            image="demo",
            folder=cluster.folder / "logs",
            load=cluster.load,
        )
