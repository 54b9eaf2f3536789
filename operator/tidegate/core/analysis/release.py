"""From what a Rollout asks for to an AnalysisRun: templates taken in, arguments given.

Contract with core/rollout (the author of core/analysis fills `build_run` in, by `merge` and `arguments`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.api.rollout_analysis import RolloutAnalysis
from tidegate.core.world import TemplateView


class AnalysisError(Exception):
    """A run can't be made: the message names the template, the field or the argument, and the remedy."""


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What arguments can be taken from."""

    name: str
    namespace: str
    canary_hash: str
    stable_hash: str
    canary_service: str
    stable_service: str
    manifest: Mapping[str, Any]
    """metadata and spec of the Rollout, for `valueFrom.fieldRef`."""


def build_run(
    asked: RolloutAnalysis, templates: Sequence[TemplateView], facts: ReleaseFacts
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The spec of the AnalysisRun, ready to be POSTed, and its metadata (labels and annotations). Raises AnalysisError."""
    raise AnalysisError(f"not there yet: {asked} {templates} {facts}")
