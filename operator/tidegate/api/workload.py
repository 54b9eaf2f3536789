"""The Deployment that a Rollout takes its pods from, in the place of a template of its own."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidegate.api.meta import Check, Model, Name


class ScaleDown(StrEnum):
    """What becomes of the Deployment's own pods."""

    NEVER = "never"
    """They stay."""
    ON_SUCCESS = "onsuccess"
    """They go when the Rollout is Healthy."""
    PROGRESSIVELY = "progressively"
    """Each goes when a pod of the Rollout has taken its place."""


class WorkloadRef(Model):
    """A Deployment of the Rollout's namespace."""

    api_version: Annotated[
        str,
        Check("self == 'apps/v1'", "is not supported: write apps/v1", lambda value: value == "apps/v1"),
        Field(max_length=253, description="apps/v1."),
    ]
    kind: Annotated[
        str,
        Check(
            "self == 'Deployment'",
            "is not supported: only a Deployment can be referenced, write the pods in spec.template",
            lambda value: value == "Deployment",
        ),
        Field(max_length=63, description="Deployment."),
    ]
    name: Annotated[Name, Field(description="Name of the Deployment. A change of its template starts a release.")]
    scale_down: Annotated[
        ScaleDown,
        Field(
            description="What becomes of the Deployment's own pods: never, onsuccess (0 when the Rollout is Healthy) "
            "or progressively (one less for each pod of the Rollout). It gets them back when the Rollout is deleted."
        ),
    ] = ScaleDown.NEVER
