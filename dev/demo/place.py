"""Where the demo runs: what it has to know of a cluster and its gateway."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from dev.cluster import Load
from dev.kube import Manifest

_MANIFESTS = Path(__file__).parent / "manifests"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the service; `error_rate` of its answers, 0 to 1, are a 500."""

    name: str
    error_rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster, as the demo uses it.

    `gateway` is namespace and name of the Gateway, `address` where it answers, `prometheus` where Prometheus does, both
    as seen from here, where the operator runs. `load` starts a load on a host name at a rate per second, `folder` takes
    logs. `operator_kubeconfig` and `operator_arguments` are what the operator is started with.
    """

    kubeconfig: Path
    operator_kubeconfig: Path
    operator_arguments: Sequence[str]
    namespace: str
    gateway: tuple[str, str]
    address: str
    prometheus: str
    image: str
    folder: Path
    load: Callable[[str, float], Load]

    @property
    def host(self) -> str:
        """The host name that the demo's route answers to."""
        return f"{self.namespace}.example.com"

    def manifests(self, file: str, version: Version | None = None) -> list[Manifest]:
        """The objects of a file of the folder `manifests`, filled in."""
        namespace, name = self.gateway
        filled = string.Template((_MANIFESTS / f"{file}.yaml").read_text()).substitute(
            namespace=self.namespace,
            host=self.host,
            gateway_namespace=namespace,
            gateway_name=name,
            prometheus=self.prometheus,
            image=self.image,
            version=version.name if version else "",
            error_rate=version.error_rate if version else "",
        )
        return list(yaml.safe_load_all(filled))
