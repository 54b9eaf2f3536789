"""From what a Rollout asks for to an AnalysisRun: templates taken in, arguments given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tidegate.api.analysis import AnalysisRunSpec
from tidegate.api.analysis_parts import Arg
from tidegate.api.meta import Model
from tidegate.api.rollout_analysis import PodTemplateHash, RolloutAnalysis, RolloutArg
from tidegate.core.analysis.arguments import fill, fill_all
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.analysis.fieldpath import field_value
from tidegate.core.analysis.merge import Merged, combine, merge
from tidegate.core.analysis.metric import resolve_metrics
from tidegate.core.world import TemplateView

__all__ = ["AnalysisError", "ReleaseFacts", "build_run"]


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

    def arguments(self) -> dict[str, str]:
        """The release's own arguments, known in every template: `{{canary.hash}}` and its like."""
        return {
            "rollout.name": self.name,
            "namespace": self.namespace,
            "canary.hash": self.canary_hash,
            "stable.hash": self.stable_hash,
            "canary.service": self.canary_service,
            "stable.service": self.stable_service,
        }


def build_run(
    asked: RolloutAnalysis, templates: Sequence[TemplateView], facts: ReleaseFacts
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The spec of the AnalysisRun, ready to be POSTed, and its metadata (labels, annotations). Raises AnalysisError.

    Everything that can be wrong with it is found here: a run that is created can be measured.
    """
    merged = merge(asked.templates, templates)
    args = _given(merged, asked.args or [], facts)
    spec = {
        "metrics": [_metric(_dump(metric), facts, args) for metric in merged.metrics.values()],
        "args": args,
        "dryRun": [_dump(rule) for rule in combine(merged.dry_run, asked.dry_run or [], "dryRun")],
        "measurementRetention": [
            _dump(rule) for rule in combine(merged.retention, asked.measurement_retention or [], "measurementRetention")
        ],
    }
    spec = {name: value for name, value in spec.items() if value}
    resolve_metrics(_parsed(spec))
    metadata = asked.analysis_run_metadata
    return spec, _dump(metadata) if metadata else {}


def _dump(model: Model) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def _metric(raw: dict[str, Any], facts: ReleaseFacts, args: Sequence[Mapping[str, Any]]) -> Any:
    """The metric with the release's arguments filled in; those of the run stay, and stand beside it."""
    later = {f"args.{arg['name']}" for arg in args} | ({"interval"} if "interval" in raw else set())
    return fill_all(raw, facts.arguments(), f"metric {raw['name']}", later)


def _parsed(spec: dict[str, Any]) -> AnalysisRunSpec:
    try:
        return AnalysisRunSpec.model_validate(spec)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise AnalysisError(f"{place}: {str(first['msg']).removeprefix('Value error, ')}") from None


def _given(merged: Merged, asked: Sequence[RolloutArg], facts: ReleaseFacts) -> list[dict[str, Any]]:
    """The templates' arguments with their values. One that no template has is left aside, as in Argo Rollouts."""
    given = {arg.name: _rollout_value(arg, facts) for arg in asked if arg.name in merged.args}
    return [_arg(arg, given.get(arg.name), facts) for arg in merged.args.values()]


def _arg(arg: Arg, given: str | None, facts: ReleaseFacts) -> dict[str, Any]:
    if given is None and arg.value is None:
        if arg.value_from is None:
            raise AnalysisError(f"args {arg.name} has no value: give it in the Rollout's analysis.args")
        return _dump(arg)
    value = given if given is not None else arg.value or ""
    return {"name": arg.name, "value": fill(value, facts.arguments(), f"args {arg.name}")}


def _rollout_value(arg: RolloutArg, facts: ReleaseFacts) -> str:
    source = arg.value_from
    if source is None:
        return arg.value or ""
    if source.field_ref:
        return field_value(facts.manifest, source.field_ref.field_path, f"args {arg.name}: fieldRef")
    stable = source.pod_template_hash_value is PodTemplateHash.STABLE
    return facts.stable_hash if stable else facts.canary_hash
