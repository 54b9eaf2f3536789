"""Templates taken in: one list of metrics, arguments and settings, by the rules of Argo Rollouts.

A template that is named twice counts once. Two metrics of one name, two defaults of one argument, two rules for one
pattern are mistakes, because nobody could tell which one was meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tidegate.api.analysis import AnalysisTemplateSpec
from tidegate.api.analysis_parts import Arg, DryRun, MeasurementRetention, TemplateRef
from tidegate.api.metric import Metric
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.world import TemplateView

MAX_DEPTH = 20
Rule = TypeVar("Rule", DryRun, MeasurementRetention)


@dataclass(slots=True)
class Merged:
    """What the templates come to, in the order in which they are named."""

    metrics: dict[str, Metric] = field(default_factory=dict)
    args: dict[str, Arg] = field(default_factory=dict)
    dry_run: list[DryRun] = field(default_factory=list)
    retention: list[MeasurementRetention] = field(default_factory=list)


def merge(refs: Sequence[TemplateRef], templates: Iterable[TemplateView]) -> Merged:
    """Takes in the templates and those that they name. Raises AnalysisError that names the template and the field."""
    known = {(view.meta.name, not view.meta.namespace): view for view in templates}
    merged = Merged()
    for label, spec in _flat(refs, known):
        _add(merged, label, spec)
    return merged


Known = dict[tuple[str, bool], TemplateView]


def _flat(refs: Sequence[TemplateRef], known: Known) -> list[tuple[str, AnalysisTemplateSpec]]:
    found: dict[str, AnalysisTemplateSpec] = {}
    for ref in refs:
        _collect(ref, known, (), found)
    return list(found.items())


def _collect(ref: TemplateRef, known: Known, path: tuple[str, ...], found: dict[str, AnalysisTemplateSpec]) -> None:
    label = _label(ref)
    if label in path:
        raise AnalysisError(f"templates name each other in a circle: {' → '.join((*path, label))}: remove one of them")
    if len(path) > MAX_DEPTH:
        raise AnalysisError(f"{path[0]} names others more than {MAX_DEPTH} deep: name them in one place")
    # Not only to save work: templates that name each other twice would double it at every level.
    if label in found:
        return
    spec = _spec(ref, known, path)
    for inner in spec.templates or []:
        _collect(inner, known, (*path, label), found)
    found.setdefault(label, spec)


def _label(ref: TemplateRef) -> str:
    return f"{'ClusterAnalysisTemplate' if ref.cluster_scope else 'AnalysisTemplate'} {ref.template_name}"


def _spec(ref: TemplateRef, known: Known, path: tuple[str, ...]) -> AnalysisTemplateSpec:
    view = known.get((ref.template_name, bool(ref.cluster_scope)))
    by = f", which {path[-1]} names," if path else ""
    if view is None:
        other = (ref.template_name, not ref.cluster_scope) in known
        remedy = f"set clusterScope: {str(not ref.cluster_scope).lower()}" if other else "create it or mend the name"
        raise AnalysisError(f"{_label(ref)}{by} is not there: {remedy}")
    if view.spec is None:
        raise AnalysisError(f"{_label(ref)}{by} can't be used: {view.spec_error}")
    return view.spec


def _add(merged: Merged, label: str, spec: AnalysisTemplateSpec) -> None:
    for metric in spec.metrics or []:
        if metric.name in merged.metrics:
            raise AnalysisError(f"{label}: another template has a metric {metric.name} too: rename one of them")
        merged.metrics[metric.name] = metric
    for arg in spec.args or []:
        merged.args[arg.name] = _one_arg(merged.args.get(arg.name), arg, label)
    merged.dry_run = combine(merged.dry_run, spec.dry_run or [], f"{label}: dryRun")
    merged.retention = combine(merged.retention, spec.measurement_retention or [], f"{label}: measurementRetention")


def _one_arg(before: Arg | None, arg: Arg, label: str) -> Arg:
    if before is None or before == arg or not _given(before):
        return arg
    if not _given(arg):
        return before
    remedy = "give it in one of them, or where they are used"
    raise AnalysisError(f"{label}: args {arg.name} has another value than in another template: {remedy}")


def _given(arg: Arg) -> bool:
    return arg.value is not None or arg.value_from is not None


def combine(before: Sequence[Rule], more: Sequence[Rule], where: str) -> list[Rule]:
    """Both lists as one. Raises AnalysisError when a pattern stands in both."""
    known = {rule.metric_name for rule in before}
    twice = [rule.metric_name for rule in more if rule.metric_name in known]
    if twice:
        raise AnalysisError(f"{where}: {twice[0]!r} stands in another place too: remove one of them")
    both = list(before)
    both.extend(more)
    return both
