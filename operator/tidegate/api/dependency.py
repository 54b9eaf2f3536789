"""Order between Rollouts: what must be so of another one before this one starts or moves on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.meta import Model, Name, Refused, Rule, Shape, Weight


class DependencyCondition(StrEnum):
    """What must be so of the other Rollout."""

    HEALTHY = "Healthy"
    """The version of its manifest has all the traffic."""
    WEIGHT = "Weight"
    """The version of its manifest has at least a share of the traffic, or all of it."""


class Dependency(Model):
    """Another Rollout of the namespace that goes first."""

    name: Annotated[Name, Field(description="Name of the Rollout that goes first.")]
    namespace: Annotated[
        None,
        Refused("dependsOn[].namespace is not supported: a Rollout waits for those of its own namespace", Shape.TEXT),
    ] = None
    condition: Annotated[
        DependencyCondition | None,
        Field(description="Healthy: its version has all the traffic. Weight: at least `weight`. Default Healthy."),
    ] = None
    weight: Annotated[Weight | None, Field(description="With condition Weight: percentage of the traffic.")] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "(has(self.condition) && self.condition == 'Weight') == has(self.weight)",
            "dependsOn: give weight with condition Weight, and only with that",
            lambda d: (d.condition is DependencyCondition.WEIGHT) == (d.weight is not None),
            field="weight",
        ),
    )
