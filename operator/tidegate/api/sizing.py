"""How many pods of which version: the bounds of a canary, by names, defaults and meanings of Argo Rollouts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.meta import Check, Model, Rule

_PODS_PATTERN = r"^[0-9]{1,9}%?$"


def _pods(value: object) -> bool:
    if isinstance(value, str):
        return value.removesuffix("%").isdecimal() and len(value) < 10
    return type(value) is int and value >= 0


PodsOrPercent = Annotated[
    int | str,
    Check(
        f"type(self) == int ? self >= 0 : self.matches(r'{_PODS_PATTERN}')",
        "is neither a number of pods nor a percentage of spec.replicas: write 2 or 25%",
        _pods,
        {"x-kubernetes-int-or-string": True, "maxLength": 10},
    ),
]


class ThresholdType(StrEnum):
    """What a threshold counts in."""

    PERCENT = "Percent"
    PODS = "Pods"


class ReplicaProgressThreshold(Model):
    """How many of the pods that a step asks for are enough to go on."""

    type: Annotated[ThresholdType, Field(description="Percent of the pods that the step asks for, or Pods.")]
    value: Annotated[int, Field(ge=1, description="So many, or all when there are fewer.")]
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.type != 'Percent' || self.value <= 100",
            "replicaProgressThreshold.value is a percentage here: 100 at most",
            lambda t: t.type is not ThresholdType.PERCENT or t.value <= 100,
            field="value",
        ),
    )
