"""Rollout: a Deployment that moves in steps. Names, defaults and meaning are Argo Rollouts' where it has them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema
from pydantic.alias_generators import to_snake

from tidegate.api.blue_green import BlueGreenStrategy
from tidegate.api.canary import CanaryStrategy
from tidegate.api.config import ConfigRef
from tidegate.api.dependency import Dependency
from tidegate.api.meta import API_VERSION, LabelValue, Model, Name, Refused, Rule, Shape, Time
from tidegate.api.rollout_status import RolloutStatus
from tidegate.api.routing import GatewayAPIRouting, RouteReference, TrafficRouting
from tidegate.api.schedule import Schedule
from tidegate.api.steps import CanaryStep, Pause, SetCanaryScale
from tidegate.api.supersede import OnSupersede, RollbackWindow
from tidegate.api.template import PodTemplate
from tidegate.api.workload import WorkloadRef

__all__ = [
    "BlueGreenStrategy",
    "CanaryStep",
    "CanaryStrategy",
    "GatewayAPIRouting",
    "LabelSelector",
    "Pause",
    "Rollout",
    "RolloutSpec",
    "RouteReference",
    "RunHistory",
    "SetCanaryScale",
    "Strategy",
    "TrafficRouting",
]


class LabelSelector(Model):
    """Which pods belong to the Rollout."""

    match_labels: Annotated[
        dict[str, LabelValue],
        Field(min_length=1, max_length=32, description="The template's labels must contain all of these."),
    ]
    match_expressions: Annotated[
        None,
        Refused("selector.matchExpressions is not supported: name the labels in selector.matchLabels", Shape.LIST),
    ] = None


class Strategy(Model):
    """How a release goes."""

    canary: Annotated[CanaryStrategy | None, Field(description="Step by step, by weights or by numbers of pods.")] = (
        None
    )
    blue_green: Annotated[
        BlueGreenStrategy | None, Field(description="All at once, from a version that stands ready beside the old one.")
    ] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.canary) != has(self.blueGreen)",
            "give strategy.canary or strategy.blueGreen, exactly one",
            lambda s: (s.canary is None) != (s.blue_green is None),
        ),
    )


class RunHistory(Model):
    """How many ended AnalysisRuns are kept."""

    successful_run_history_limit: Annotated[int, Field(ge=0, description="Successful ones.")] = 5
    unsuccessful_run_history_limit: Annotated[
        int, Field(ge=0, description="Failed, inconclusive and errored ones.")
    ] = 5


def _not_yet(name: str, remedy: str, shape: Shape = Shape.OBJECT) -> Refused:
    return Refused(f"spec.{name} is not supported yet: {remedy}", shape)


def _apart_from_selector(strategy: str, field: str) -> Rule:
    """A label of the selector that changes by role would take the pods away from their ReplicaSet."""
    path = (strategy, field, "labels")
    parts = ["self.strategy"]
    for part in path:
        parts.append(f"{parts[-1]}.{part}")
    missing = " || ".join(f"!has({part})" for part in parts[1:])
    return Rule(
        f"{missing} || {parts[-1]}.all(k, !(k in self.selector.matchLabels))",
        f"{field}.labels has a label of selector.matchLabels: its pods would no longer be found",
        lambda spec: not _labels(spec, path) & spec.selector.match_labels.keys(),
        field=".".join(("strategy", *path)),
    )


def _labels(spec: RolloutSpec, path: tuple[str, ...]) -> set[str]:
    found: Any = spec.strategy
    for part in path:
        found = getattr(found, to_snake(part), None)
    return set(found or ())


class RolloutSpec(Model):
    """What the user wants."""

    replicas: Annotated[int, Field(ge=0, description="Number of pods of the whole service.")] = 1
    selector: Annotated[
        LabelSelector, Field(description="Which pods are the Rollout's, by matchLabels. Never changes.")
    ]
    template: Annotated[PodTemplate | None, Field(description="The pods. A change here starts a release.")] = None
    strategy: Annotated[Strategy, Field(description="How a release goes: canary or blueGreen.")]
    min_ready_seconds: Annotated[
        int, Field(ge=0, description="How long a pod must be ready before it counts as available.")
    ] = 0
    revision_history_limit: Annotated[
        int, Field(ge=0, description="How many old ReplicaSets are kept, at size 0, for undo.")
    ] = 10
    paused: Annotated[bool, Field(description="true: no step is taken. Scaling and taking back go on.")] = False
    progress_deadline_seconds: Annotated[
        int, Field(ge=1, description="How long pods may take before the release counts as stuck.")
    ] = 600
    progress_deadline_abort: Annotated[bool, Field(description="true: a stuck release is aborted.")] = False
    analysis: Annotated[RunHistory, Field(description="How many AnalysisRuns are kept.")] = RunHistory()
    restart_at: Annotated[
        Time | None, Field(description="Pods older than this are replaced, few at a time; the template stays as it is.")
    ] = None
    rollback_window: Annotated[
        RollbackWindow | None,
        Field(description="Versions that were stable lately take the traffic back without steps and analyses."),
    ] = None
    workload_ref: Annotated[
        WorkloadRef | None, Field(description="Take the pods from a Deployment, in the place of template.")
    ] = None
    schedule: Annotated[
        Schedule | None,
        Field(description="When a release may start or move on. Going back and an abort never wait for it."),
    ] = None
    depends_on: Annotated[
        list[Dependency],
        Field(max_length=32, description="Rollouts of the namespace that go first."),
    ] = []
    group: Annotated[
        Name | None,
        Field(
            description="Rollouts of the namespace with the same group: none gets all the traffic before all can, and "
            "when one is aborted, all that are being released are."
        ),
    ] = None
    on_supersede: Annotated[
        OnSupersede,
        Field(
            description="A new template in the middle of a release: Restart begins it at the first step, Queue ends "
            "the release under way first, KeepStep goes on at the weight that was reached."
        ),
    ] = OnSupersede.RESTART
    versioned_config: Annotated[
        bool,
        Field(
            description="true: every ConfigMap and Secret that the template names is part of the release: copied for "
            "each revision, so that another config is a release, and going back brings the old one."
        ),
    ] = False
    config_refs: Annotated[
        list[ConfigRef],
        Field(max_length=64, description="Only these are part of the release, in the place of versionedConfig."),
    ] = []

    @property
    def pods(self) -> PodTemplate:
        """The template, also the one that was taken from a Deployment. Raises ValueError before that was done."""
        if self.template is None:
            raise ValueError("the template of the Deployment was not taken in")
        return self.template

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.selector == oldSelf.selector",
            "spec.selector never changes: delete the Rollout with --cascade=orphan and create it anew",
            lambda _: True,
            field="selector",
        ),
        Rule(
            "has(self.template) != has(self.workloadRef)",
            "give template or workloadRef, exactly one",
            lambda s: (s.template is None) != (s.workload_ref is None),
        ),
        Rule(
            "!has(self.template) || has(self.template.metadata) && has(self.template.metadata.labels) && "
            "self.selector.matchLabels.all(k, k in self.template.metadata.labels && "
            "self.template.metadata.labels[k] == self.selector.matchLabels[k])",
            "template.metadata.labels must contain every label of selector.matchLabels, else the pods are never found",
            lambda s: s.template is None or s.selector.match_labels.items() <= s.template.metadata.labels.items(),
            field="template.metadata.labels",
        ),
        Rule(
            "self.progressDeadlineSeconds > self.minReadySeconds",
            "progressDeadlineSeconds must be greater than minReadySeconds, else every release is stuck",
            lambda s: s.progress_deadline_seconds > s.min_ready_seconds,
            field="progressDeadlineSeconds",
        ),
        Rule(
            "!has(self.configRefs) || self.configRefs.size() == 0 || !self.versionedConfig",
            "configRefs names some of what versionedConfig takes in as a whole: leave one of them out",
            lambda s: not (s.config_refs and s.versioned_config),
            field="configRefs",
        ),
        _apart_from_selector("canary", "canaryMetadata"),
        _apart_from_selector("canary", "stableMetadata"),
        _apart_from_selector("blueGreen", "previewMetadata"),
        _apart_from_selector("blueGreen", "activeMetadata"),
    )


class Rollout(Model):
    """A Deployment that moves in steps, each gated by analysis, people or time."""

    api_version: Literal["tidegate.dev/v1alpha1"] = API_VERSION
    kind: Literal["Rollout"] = "Rollout"
    metadata: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
    spec: Annotated[RolloutSpec, Field(description="What the user wants.")]
    status: Annotated[RolloutStatus | None, Field(description="What was seen; written by the operator.")] = None
