"""Config as part of a release: which ConfigMaps and Secrets are copied for each revision."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidegate.api.meta import Model, Name


class ConfigKind(StrEnum):
    """The kinds that pods take their config from."""

    CONFIG_MAP = "ConfigMap"
    SECRET = "Secret"  # noqa: S105 - the name of a kind


class ConfigRef(Model):
    """A ConfigMap or a Secret that the template names."""

    kind: Annotated[ConfigKind, Field(description="ConfigMap or Secret.")]
    name: Annotated[Name, Field(description="Its name, in the Rollout's namespace.")]
