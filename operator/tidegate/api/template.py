"""The pod template, kept exactly as the user wrote it.

Its own fields are the API server's to judge: a ReplicaSet is created from it with strict field validation. Only what
the operator reads has a model, so a newer Kubernetes adds fields here without a new Tidegate.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from tidegate.api.meta import LabelValue, Model


class _Open(Model):
    model_config = ConfigDict(extra="allow", json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})


class TemplateMetadata(_Open):
    """Labels and annotations of the pods."""

    labels: Annotated[
        dict[str, LabelValue],
        Field(min_length=1, max_length=128, description="Must contain selector.matchLabels."),
    ]
    annotations: Annotated[dict[str, str], Field(description="Annotations of the pods.")] = {}


class Container(_Open):
    """A container; all fields of Kubernetes' Container are taken as they are."""

    name: Annotated[str, Field(min_length=1, description="Name of the container.")]
    image: Annotated[str, Field(min_length=1, description="Image of the container.")]


class PodSpec(_Open):
    """A pod; all fields of Kubernetes' PodSpec are taken as they are."""

    containers: Annotated[list[Container], Field(min_length=1, description="The containers of the pod.")]


class PodTemplate(Model):
    """Kubernetes' PodTemplateSpec."""

    metadata: Annotated[TemplateMetadata, Field(description="Labels and annotations of the pods.")]
    spec: Annotated[PodSpec, Field(description="Kubernetes' PodSpec, as it is.")]

    def as_written(self) -> dict[str, Any]:
        """What the user wrote, and nothing that a model added: the revision is its hash."""
        return self.model_dump(by_alias=True, exclude_unset=True, mode="json")
