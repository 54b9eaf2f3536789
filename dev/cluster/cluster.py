"""A whole Kubernetes cluster of ordinary processes, for tests and by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import Self

from dev.cluster import credentials, launch, parts
from dev.cluster.audit import Audit
from dev.cluster.load import Load, generator_in
from dev.cluster.load_result import LONGEST, Plan
from dev.cluster.processes import StartError
from dev.cluster.spec import Spec


@dataclass(frozen=True)
class RunningCluster:
    """A cluster that is up. `ports` are those on the host's loopback that the data plane answers at."""

    spec: Spec
    ports: dict[str, int]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The cluster that runs in the folder. Raises FileNotFoundError when there is none."""
        return cls(Spec.read(folder), json.loads((folder / launch.PORTS_FILE).read_text()))

    @property
    def folder(self) -> Path:
        """Configuration, data and, in `logs`, what each process wrote. Gone when the cluster ends."""
        return self.spec.path

    @property
    def url(self) -> str:
        """The API server."""
        return self.spec.url

    @property
    def ca_file(self) -> Path:
        """The certificate that the API server's own is signed with."""
        return self.folder / "ca.pem"

    @property
    def admin_token(self) -> str:
        """The bearer token of the administrator."""
        return self.token(credentials.ADMIN)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.kubeconfig_of(credentials.ADMIN)

    @property
    def operator_kubeconfig(self) -> Path:
        """That of `tidegate-operator`, group `tidegate`: its calls are audited. It has no rights at first."""
        return self.kubeconfig_of(credentials.OPERATOR)

    def kubeconfig_of(self, user: str) -> Path:
        """The kubeconfig of `admin`, `tidegate-operator`, `alice` or `bob`."""
        return credentials.kubeconfig_path(self.folder, user)

    def token(self, user: str) -> str:
        """The bearer token of the user."""
        return self.spec.tokens[user]

    @property
    def gateway_url(self) -> str:
        """The gateway as the host sees it. It tells routes apart by the header `Host`."""
        return self._on_host("gateway")

    @property
    def prometheus_url(self) -> str:
        """Prometheus as the host sees it."""
        return self._on_host("prometheus")

    def load(
        self,
        host: str,
        rate: float,
        *,
        seconds: float = LONGEST,
        path: str = "/",
        headers: Mapping[str, str] | None = None,
    ) -> Load:
        """A load of `rate` requests a second on the gateway for at most `seconds`, to be used in a `with`."""
        return Load(partial(generator_in, self.folder), Plan(host, rate, seconds, path, headers or {}))

    def signal(self, part: str, signal: Signals) -> None:
        """Send a signal to a part by the name that its log has, such as `prometheus` or `kube-apiserver`.

        A part that is killed is started again 2 seconds later. Raises NoSuchPartError.
        """
        parts.send(self.folder, part, signal)

    def _on_host(self, name: str) -> str:
        if name not in self.ports:
            raise StartError(f"this cluster has no {name}: start it with `Cluster(dataplane=True)`")
        return f"http://127.0.0.1:{self.ports[name]}"

    @cached_property
    def audit(self) -> Audit:
        """Counts the operator's calls."""
        return Audit(self.folder / "audit.log", self.url, self.ca_file, self.token(credentials.OPERATOR))


class Cluster:
    """`with Cluster(dataplane=True) as cluster:` runs one until the end of the block.

    It ends with the process that started it, also when that is killed. Several may run at once.
    """

    def __init__(self, *, dataplane: bool = False) -> None:
        self._dataplane = dataplane
        self._launched: launch.Launched | None = None

    def __enter__(self) -> RunningCluster:
        """Raises StartError with the log's last lines, or BuildError."""
        self._launched = launch.launch(dataplane=self._dataplane)
        return RunningCluster(self._launched.spec, self._launched.ports)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._launched:
            launch.end(self._launched)
