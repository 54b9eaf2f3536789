"""What a strategy does to the pods beside their template: labels and annotations by role, and other nodes."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.meta import LabelValue, Model, Rule

_RESERVED = "tidegate.dev/"


class PodMetadata(Model):
    """Labels and annotations that pods bear as long as their version has a role."""

    labels: Annotated[dict[str, LabelValue], Field(max_length=32, description="Labels of the pods.")] = {}
    annotations: Annotated[dict[str, str], Field(max_length=32, description="Annotations of the pods.")] = {}
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            f"!has(self.labels) || self.labels.all(k, !k.startsWith('{_RESERVED}'))",
            f"labels that begin with {_RESERVED} are the operator's: take another name",
            lambda pods: not any(name.startswith(_RESERVED) for name in pods.labels),
            field="labels",
        ),
    )


class RequiredApart(Model):
    """Never on one node. It has no fields: write {}."""


class PreferredApart(Model):
    """On one node when there is no better one."""

    weight: Annotated[int, Field(ge=1, le=100, description="How much it counts against the scheduler's other wishes.")]


class AntiAffinity(Model):
    """Keeps the pods of the new version off the nodes that pods of the stable one are on."""

    required_during_scheduling_ignored_during_execution: Annotated[
        RequiredApart | None, Field(description="Never on one node: without room elsewhere the release waits.")
    ] = None
    preferred_during_scheduling_ignored_during_execution: Annotated[
        PreferredApart | None, Field(description="On one node only when there is no room elsewhere.")
    ] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.requiredDuringSchedulingIgnoredDuringExecution) != "
            "has(self.preferredDuringSchedulingIgnoredDuringExecution)",
            "antiAffinity is required or preferred: write exactly one of the two",
            lambda a: (
                (a.required_during_scheduling_ignored_during_execution is None)
                != (a.preferred_during_scheduling_ignored_during_execution is None)
            ),
        ),
    )
