"""The demo on a cluster that is there: what it needs is told by variables, what it made it takes away again."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import yaml
from kubernetes.client import ApiException
from kubernetes.config import ConfigException
from kubernetes.dynamic.exceptions import ResourceNotFoundError
from urllib3.exceptions import HTTPError

from dev.cluster import Load
from dev.cluster.load import generator_here
from dev.cluster.load_result import Plan
from dev.demo.place import Place
from dev.kube import CRD, DEPLOYMENT, GATEWAY, NAMESPACE, NODE, ROLLOUT, Kube

_CRDS = Path(__file__).resolve().parents[2] / "crds"
_OPERATOR = "app.kubernetes.io/name=tidegate,app.kubernetes.io/component=operator"
_EVERYWHERE = ""


class MissingError(Exception):
    """Something is not told, or not there: the message names it and how to give it."""


@contextmanager
def given(kubeconfig: Path) -> Iterator[Place]:
    """The demo in a namespace of its own on this cluster. Raises MissingError with everything that it lacks."""
    with tempfile.TemporaryDirectory(prefix="tidegate-demo-") as folder, ExitStack() as taken_away:
        kube = _connect(kubeconfig, Path(folder))
        asked = _asked(kube, os.environ)
        taken_away.callback(_remove_unused, kube, _add_crds(kube))
        namespace = f"tidegate-demo-{uuid4().hex[:6]}"
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        taken_away.callback(_remove_namespace, kube, namespace)
        # Comes first of these, when the demo is over.
        taken_away.callback(ignore_signals)
        yield _place(kubeconfig, Path(folder), namespace, asked)


def ignore_signals() -> None:
    """From here on nothing breaks off the cleaning up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _place(kubeconfig: Path, folder: Path, namespace: str, asked: Mapping[str, str]) -> Place:
    where, _, name = asked["GATEWAY"].partition("/")

    def load(host: str, rate: float) -> Load:
        return Load(partial(generator_here, folder / "load.log"), Plan(host, rate, url=asked["ADDRESS"]))

    return Place(
        kubeconfig=kubeconfig,
        operator_kubeconfig=kubeconfig,
        operator_arguments=(
            f"--namespace={namespace}",
            f"--allowed-host={urlsplit(asked['PROMETHEUS']).hostname}",
        ),
        namespace=namespace,
        gateway=(where, name),
        address=asked["ADDRESS"],
        prometheus=asked["PROMETHEUS"],
        image=asked["IMAGE"],
        folder=folder,
        load=load,
    )


def _connect(kubeconfig: Path, folder: Path) -> Kube:
    try:
        kube = Kube(kubeconfig, folder / "kinds.json")
        kube.all_of(NODE, _EVERYWHERE)
    except (ApiException, ConfigException, HTTPError, OSError) as error:
        raise MissingError(f"no cluster answers behind {kubeconfig}: {error}") from error
    running = kube.all_of(DEPLOYMENT, _EVERYWHERE, _OPERATOR)
    if running:
        where = running[0]["metadata"]["namespace"]
        raise MissingError(f"Tidegate's operator runs here already, in namespace {where}: two would both write")
    return kube


def _asked(kube: Kube, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables, with what the cluster itself tells where one is left out."""
    found = {**_told_by_gateways(kube), **_told_by_nodes(kube)}
    asked = {name: environment.get(name) or found.get(name, "") for name in _NEEDED}
    missing = [f"  {name:11} {_NEEDED[name]}" for name, value in asked.items() if not value]
    if missing:
        command = "make demo KUBECONFIG=… " + " ".join(f"{name}=…" for name, value in asked.items() if not value)
        raise MissingError("\n".join(["the cluster does not tell everything that the demo needs:", *missing, command]))
    return asked


_NEEDED = {
    "GATEWAY": "NAMESPACE/NAME of the Gateway that is to carry the traffic; it must take routes from any namespace",
    "ADDRESS": "http://HOST:PORT at which that Gateway answers, as seen from here",
    "PROMETHEUS": "http://HOST:PORT of the Prometheus that scrapes the pods, as seen from here, where the operator "
    "runs: the analysis asks for http_requests_total with the labels namespace, code and pod_template_hash",
    "IMAGE": "an image whose tags v1, v2 and v3 serve HTTP at port 8080, send VERSION in the header x-version, answer "
    "500 in ERROR_RATE (0 to 1) of the cases (both environment variables), and count http_requests_total",
}


def _told_by_gateways(kube: Kube) -> dict[str, str]:
    try:
        gateways = kube.all_of(GATEWAY, _EVERYWHERE)
    except ResourceNotFoundError as error:
        raise MissingError(f"the cluster has no Gateway API, or not in version {GATEWAY.api_version}") from error
    if len(gateways) != 1:
        return {}
    (gateway,) = gateways
    told = {"GATEWAY": f"{gateway['metadata']['namespace']}/{gateway['metadata']['name']}"}
    addresses = (gateway.get("status") or {}).get("addresses") or []
    ports = [each["port"] for each in gateway["spec"]["listeners"] if each["protocol"] == "HTTP"]
    if addresses and ports:
        told["ADDRESS"] = f"http://{addresses[0]['value']}:{ports[0]}"
    return told


def _told_by_nodes(kube: Kube) -> dict[str, str]:
    """Where pods are only played, as on the local cluster, every image serves as the demo needs it."""
    nodes = kube.all_of(NODE, _EVERYWHERE)
    played = all(node["status"]["nodeInfo"]["kubeletVersion"].startswith("kwok") for node in nodes)
    return {"IMAGE": "demo"} if nodes and played else {}


def _add_crds(kube: Kube) -> list[str]:
    """Apply Tidegate's kinds; the names of those that were not there before."""
    fresh = []
    for path in sorted(_CRDS.glob("*.yaml")):
        crd = yaml.safe_load(path.read_text())
        if kube.get(CRD, _EVERYWHERE, crd["metadata"]["name"]) is None:
            fresh.append(crd["metadata"]["name"])
        kube.apply(crd)
    return fresh


def _remove_unused(kube: Kube, crds: list[str]) -> None:
    """Take away the kinds that the demo brought, unless somebody has begun to use them."""
    if crds and not kube.all_of(ROLLOUT, _EVERYWHERE):
        for name in crds:
            kube.delete(CRD, _EVERYWHERE, name)


def _remove_namespace(kube: Kube, namespace: str) -> None:
    # The Rollout first: its kind is taken away only when there is none.
    kube.delete(ROLLOUT, namespace, "demo")
    kube.delete(NAMESPACE, _EVERYWHERE, namespace)
