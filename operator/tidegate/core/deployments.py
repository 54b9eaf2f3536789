"""Deployments that Rollouts take their pods from."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.core.objects import Meta

SCALED_BY = "tidegate.dev/scaled-down-by"
REPLICAS_BEFORE = "tidegate.dev/replicas-before"


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A Deployment. `size` is what was asked for, `available` what its controller counted."""

    meta: Meta
    template: bytes
    """Its pod template in canonical JSON."""
    size: int
    available: int
    scaled_by: str = ""
    """The Rollout that scaled it down, by the mark that it left; empty when none did."""
    size_before: int = 0
    """Its size before that."""
