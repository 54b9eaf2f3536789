"""What is: small frozen views of the objects that a decision looks at.

The store builds them from watch events; nothing here can do I/O. `None` means "not said" or "not there", never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from tidegate.api.analysis import AnalysisRunSpec, AnalysisRunStatus, AnalysisTemplateSpec
from tidegate.api.config import ConfigKind
from tidegate.api.rollout import RolloutSpec
from tidegate.api.rollout_status import RolloutStatus
from tidegate.api.trafficsplit import TrafficSplitSpec, TrafficSplitStatus
from tidegate.core.config.views import Config, ConfigView
from tidegate.core.deployments import DeploymentView
from tidegate.core.marks import Marks
from tidegate.core.objects import Meta
from tidegate.core.pods import RestartProgress
from tidegate.core.webhook.outcome import WebhookResult

HASH_LABEL = "tidegate.dev/pod-template-hash"
MANAGED = {"app.kubernetes.io/managed-by": "tidegate"}
REVISION = "tidegate.dev/revision"
TEMPLATE = "tidegate.dev/template"
CONFIG = "tidegate.dev/config"
COPIED = "tidegate.dev/config-copied"
APART_FROM = "tidegate.dev/apart-from"
POD_METADATA = "tidegate.dev/pod-metadata"
POD_METADATA_DONE = "tidegate.dev/pod-metadata-done"
PINNED_BY = "tidegate.dev/pinned-by"
REQUEST = "tidegate.dev/request"
REQUESTED_BY = "tidegate.dev/requested-by"
REQUESTED_GROUPS = "tidegate.dev/requested-groups"
NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RolloutView:
    """A Rollout. `spec` is None when it can't be read; `spec_error` then says why, in words for its author."""

    meta: Meta
    spec: RolloutSpec | None
    status: RolloutStatus
    spec_error: str = ""
    request: str | None = None
    requested_by: str | None = None
    requested_groups: tuple[str, ...] = ()
    """The groups that the writer of the request claims to be in."""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplicaSetView:
    """A ReplicaSet of a Rollout. `size` is what was asked for; the others were counted by its controller."""

    meta: Meta
    pod_hash: str
    revision: int
    size: int
    replicas: int
    ready: int
    available: int
    images: tuple[str, ...] = ()
    template: str = ""
    """Its pod template as its author wrote it, in JSON; kept only of a version that has pods."""
    failure: str = ""
    """The message of its ReplicaFailure condition: quota, admission, a missing service account."""
    awaits_copies: bool = False
    """Its pods need copies of ConfigMaps or Secrets that may not be there yet."""
    copies_due: bool = False
    """And its controller has seen it: it writes nothing between the copies and the mark that they are there."""
    apart_from: str = ""
    """The stable version that its pods keep off, by pod template hash."""
    marks: Marks | None = None
    """None when no role ever put anything on its pods."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A Service with its endpoints. `ready` counts ready endpoints by the name of the ReplicaSet that owns the pod."""

    meta: Meta
    selector: Mapping[str, str]
    ready: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    pinned_by: str = ""
    """The Rollout that pinned it, by the mark that it left; empty when none did."""

    @property
    def pod_hash(self) -> str:
        """The revision that the Service is pinned to; empty when it isn't."""
        return self.selector.get(HASH_LABEL, "")

    @property
    def ready_endpoints(self) -> int:
        """How many pods answer behind this Service, whosever they are."""
        return sum(self.ready.values())


@dataclass(frozen=True, slots=True)
class RouteView:
    """A route as it was seen: the weights it carries for the backends of one split, and whether they are in force."""

    name: str
    problem: str = ""
    """Why this route can't carry the split (not there, no such rule, refused by a parent); empty when it can."""
    weights: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    lanes: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    """The lanes that it carries, by name, in order: as they are asked for; and otherwise, or not asked for any more."""
    accepted: bool = False
    """Every parent with status has observed this generation and accepted it with all references resolved."""
    message: str = ""
    """Who has not taken this generation over yet; empty when `accepted`."""
    observed_generation: int | None = None
    """The generation that all parents have observed; None when one of them has no status."""

    def share(self, service: str) -> float | None:
        """The part of the split's traffic for `service`, 0 to 100; None when the route carries nothing of it."""
        total = sum(self.weights.values())
        return None if total == 0 else 100 * self.weights.get(service, 0) / total


@dataclass(frozen=True, slots=True)
class SplitView:
    """A TrafficSplit."""

    meta: Meta
    spec: TrafficSplitSpec | None
    status: TrafficSplitStatus
    spec_error: str = ""

    def weight(self, service: str) -> int | None:
        """The relative weight asked for `service`."""
        backends = self.spec.backends if self.spec else []
        return next((b.weight for b in backends if b.service == service), None)


class RunRole(StrEnum):
    """What an AnalysisRun is for; kept in the label `tidegate.dev/analysis-role`."""

    STEP = "step"
    BACKGROUND = "background"


RUN_ROLE = "tidegate.dev/analysis-role"


@dataclass(frozen=True, slots=True)
class RunView:
    """An AnalysisRun. `spec` is None when it can't be read."""

    meta: Meta
    role: RunRole | None
    pod_hash: str
    spec: AnalysisRunSpec | None
    status: AnalysisRunStatus
    spec_error: str = ""


@dataclass(frozen=True, slots=True)
class TemplateView:
    """An AnalysisTemplate, or a ClusterAnalysisTemplate when `meta.namespace` is empty."""

    meta: Meta
    spec: AnalysisTemplateSpec | None
    spec_error: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """All that a decision on one Rollout looks at. `services` and `templates` hold only what was found."""

    now: datetime
    rollout: RolloutView
    replicasets: tuple[ReplicaSetView, ...] = ()
    services: Mapping[str, ServiceView] = field(default_factory=dict)
    left: tuple[ServiceView, ...] = ()
    """The Services that this Rollout pinned once and names no longer."""
    workload: DeploymentView | None = None
    """The Deployment that `spec.workloadRef` names."""
    workloads_left: tuple[DeploymentView, ...] = ()
    """The Deployments that this Rollout scaled down and names no longer."""
    split: SplitView | None = None
    routes: tuple[RouteView, ...] = ()
    runs: tuple[RunView, ...] = ()
    templates: tuple[TemplateView, ...] = ()
    peers: Mapping[str, RolloutView] = field(default_factory=dict)
    """The Rollouts that it depends on, also through others; only those that were found."""
    members: Mapping[str, RolloutView] = field(default_factory=dict)
    """The other Rollouts of its group."""
    webhook: WebhookResult | None = None
    """The last try of a call that is over, as long as the operator that made it lives."""
    restarts: Mapping[str, RestartProgress] = field(default_factory=dict)
    """What the last look at the pods of a ReplicaSet has shown, by its name."""
    names_proven: bool = field(default=False, kw_only=True)
    """The API server lets nobody write a request in another's name, or claim a group that is not theirs."""
    configs: Mapping[Config, ConfigView] = field(default_factory=dict)
    """The ConfigMaps and Secrets that are part of the revision, those that were found."""
    config_kinds: frozenset[ConfigKind] = frozenset()
    """Those of the two kinds that are watched."""
    secrets_need_label: bool = True
    """A Secret is seen only when it carries `tidegate.dev/readable: "true"`."""
    apply_error: str = ""
    """What the API server refused when the last plan was applied, in words; empty when it took everything.

    It is there until all actions of a plan go through: a plan must not leave out what was refused because it was.
    Its status is written even when the actions are refused again: it should tell of the refusal.
    """
