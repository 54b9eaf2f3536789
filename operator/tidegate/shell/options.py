"""How the operator is started."""

from __future__ import annotations

from dataclasses import dataclass, field

from tidegate.api.config import ConfigKind
from tidegate.shell.logs import LogFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What whoever starts the operator may choose."""

    kubeconfig: str | None = None
    """Path of a kubeconfig; None: the cluster this runs in, else $KUBECONFIG or ~/.kube/config."""
    context: str | None = None
    """Context of the kubeconfig; None: its current one."""
    namespace: str | None = None
    """The one namespace to look after; None: all."""
    health_host: str = ""
    """Address to listen on; empty: all of them."""
    health_port: int = 8080
    """Port of /livez, /readyz and /metrics; 0 takes a free one."""
    prometheus_address: str | None = None
    """Prometheus that is asked where a template names none."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts that outgoing calls may reach wherever they are, also on loopback and link-local addresses."""
    secrets_need_label: bool = field(default=True)
    """Whether a Secret is read only when it carries `tidegate.dev/readable: "true"`."""
    names_proven: bool = False
    """Whether an admission policy lets nobody write a request in another's name."""
    versioned_config: tuple[ConfigKind, ...] = ()
    """What may be part of a release; only these kinds are watched."""
    log_format: LogFormat = LogFormat.TEXT
    workers: int = 32
    """How many Rollouts and TrafficSplits are worked on at once, and as many AnalysisRuns."""
