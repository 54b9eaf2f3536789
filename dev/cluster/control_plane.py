"""Starts etcd, the API server, its controllers, the scheduler and kwok on the host's loopback."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dev.cluster.api import Api, load_objects
from dev.cluster.processes import Processes
from dev.cluster.spec import Spec

_OBJECTS = Path(__file__).parent / "objects"
_ETCD_SOCKET = "etcd.sock:0"
_CONTROLLERS = (
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "job-controller",
    "horizontal-pod-autoscaler-controller",
    "endpointslice-controller",
    "disruption-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "clusterrole-aggregation-controller",
)


async def start(spec: Spec, processes: Processes, api: Api) -> None:
    """Bring the control plane up: API server ready, node there, CRDs served. Raises StartError, ApiError."""
    await _start_etcd(spec, processes)
    await processes.start("kube-apiserver", spec.tools["kube-apiserver"], *_apiserver_flags(spec))
    await processes.until("kube-apiserver", api.is_ready, "it was ready")
    (node,) = load_objects("node.yaml")
    await asyncio.gather(api.apply_object("/api/v1/nodes", node), *(api.apply_crds(_read(file)) for file in spec.crds))
    # After the CRDs: the garbage collector looks for kinds that are new to it only every 30 seconds.
    await _start_controllers(spec, processes)


def _read(file: str) -> str:
    return Path(file).read_text()


async def _start_etcd(spec: Spec, processes: Processes) -> None:
    # Sockets instead of ports: nobody can take them between choosing and starting. Their names are relative
    # to the cluster's folder, where everything runs.
    flags = {
        "data-dir": "etcd",
        "listen-client-urls": f"unix://{_ETCD_SOCKET}",
        "advertise-client-urls": f"unix://{_ETCD_SOCKET}",
        "listen-peer-urls": "unix://peer.sock:0",
        "initial-advertise-peer-urls": "unix://peer.sock:0",
        "initial-cluster": "default=unix://peer.sock:0",
    }
    arguments = [f"--{name}={value}" for name, value in flags.items()]
    await processes.start("etcd", spec.tools["etcd"], *arguments, "--unsafe-no-fsync", "--log-level=warn")

    async def listens() -> bool:
        return (spec.path / _ETCD_SOCKET).exists()

    await processes.until("etcd", listens, "it listened")


def _apiserver_flags(spec: Spec) -> list[str]:
    flags = {
        "etcd-servers": f"unix://{_ETCD_SOCKET}",
        "bind-address": "127.0.0.1",
        "secure-port": spec.api_port,
        # No kubernetes.default endpoint: the address is a documentation one, and nothing reaches it.
        "advertise-address": "192.0.2.1",
        "endpoint-reconciler-type": "none",
        "service-cluster-ip-range": "10.255.0.0/16",
        "tls-cert-file": "serving.pem",
        "tls-private-key-file": "serving.pem",
        "token-auth-file": "tokens.csv",
        "authorization-mode": "RBAC",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": "service-accounts.key",
        "service-account-signing-key-file": "service-accounts.key",
        # Pods get no token volume here, and the node is Ready from its creation on.
        "disable-admission-plugins": "ServiceAccount,TaintNodesByCondition",
        "audit-log-path": "audit.log",
        "audit-policy-file": _OBJECTS / "audit-policy.yaml",
        "profiling": "false",
    }
    return [f"--{name}={value}" for name, value in flags.items()]


async def _start_controllers(spec: Spec, processes: Processes) -> None:
    login = ("--kubeconfig=kubeconfig",)
    alone = (*login, "--leader-elect=false", "--secure-port=0")
    quick = ("--kube-api-qps=500", "--kube-api-burst=1000")
    tools = spec.tools
    await processes.start(
        "kube-controller-manager",
        tools["kube-controller-manager"],
        *alone,
        *quick,
        f"--controllers={','.join(_CONTROLLERS)}",
        "--service-account-private-key-file=service-accounts.key",
    )
    await processes.start("kube-scheduler", tools["kube-scheduler"], *alone, *quick)
    stages = f"--config={_OBJECTS / 'stages.yaml'}"
    await processes.start("kwok", tools["kwok"], *login, "--manage-all-nodes=true", "--cidr=10.0.0.0/8", stages)


def supervisor_command(spec: Spec) -> list[str]:
    """The command of the supervisor of this cluster, first process of a process namespace of its own.

    Whatever ends that process, the kernel ends everything it started: nothing stays, even after a SIGKILL.
    """
    namespaces = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return [*namespaces, sys.executable, "-m", "dev.cluster.supervisor", spec.folder]
