"""The CustomResourceDefinitions, rendered from the models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from tidegate.api.analysis import AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate
from tidegate.api.meta import GROUP, VERSION, Model
from tidegate.api.rollout import Rollout
from tidegate.api.schema import structural
from tidegate.api.trafficsplit import TrafficSplit

DETAIL = 1
"""Priority of a printer column that only `kubectl get -o wide` shows."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`."""

    name: str
    path: str
    description: str
    kind: str = field(default="string", kw_only=True)
    priority: int = field(default=0, kw_only=True)

    def render(self) -> dict[str, Any]:
        """As it stands in a CustomResourceDefinition."""
        base = {"name": self.name, "type": self.kind, "description": self.description, "jsonPath": self.path}
        return {**base, "priority": self.priority} if self.priority else base


_AGE = Column("Age", ".metadata.creationTimestamp", "Time since it was created.", kind="date")


@dataclass(frozen=True, slots=True)
class Kind:
    """What the API server has to know of a kind beside its schema."""

    model: type[Model]
    plural: str
    short: str
    columns: tuple[Column, ...]
    scope: str = field(default="Namespaced", kw_only=True)
    categories: tuple[str, ...] = field(default=("tidegate",), kw_only=True)
    scale: dict[str, str] | None = field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        """As it stands in a manifest."""
        return self.model.__name__


_ROLLOUT_COLUMNS = (
    Column("Phase", ".status.phase", "Progressing, Paused, Healthy or Degraded."),
    Column("Step", ".status.step", "Steps that are done, of how many."),
    Column("Weight", ".status.canary.weights.canary.weight", "Share of the new version as seen.", kind="integer"),
    Column("Desired", ".spec.replicas", "Pods that are wanted.", kind="integer"),
    Column("Ready", ".status.readyReplicas", "Pods that are ready.", kind="integer"),
    Column("Available", ".status.availableReplicas", "Pods ready for minReadySeconds.", kind="integer"),
    _AGE,
    Column("Waiting", ".status.waitingFor.message", "What it waits for.", priority=DETAIL),
    # A column shows the first value that its path finds, and no more.
    Column("Image", ".spec.template.spec.containers[0].image", "Image of the first container.", priority=DETAIL),
)
_SPLIT_COLUMNS = (
    Column("Programmed", ".status.conditions[?(@.type=='Programmed')].status", "Whether the routes carry it."),
    Column("Route", ".spec.routes[0].name", "The first route that is edited."),
    Column("Message", ".status.conditions[?(@.type=='Programmed')].message", "What they carry, or why not."),
    _AGE,
)
_TEMPLATE_COLUMNS = (_AGE,)
_RUN_COLUMNS = (
    Column("Phase", ".status.phase", "The verdict, once there is one."),
    Column("Metrics", ".status.runSummary.count", "How many metrics there are.", kind="integer"),
    Column("Failed", ".status.runSummary.failed", "How many of them have failed.", kind="integer"),
    Column("Message", ".status.message", "Why."),
    _AGE,
)
_SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.HPAReplicas",
    "labelSelectorPath": ".status.selector",
}

KINDS: tuple[Kind, ...] = (
    Kind(Rollout, "rollouts", "tro", _ROLLOUT_COLUMNS, categories=("tidegate", "all"), scale=_SCALE),
    Kind(TrafficSplit, "trafficsplits", "tsplit", _SPLIT_COLUMNS),
    Kind(AnalysisTemplate, "analysistemplates", "tat", _TEMPLATE_COLUMNS),
    Kind(ClusterAnalysisTemplate, "clusteranalysistemplates", "tcat", _TEMPLATE_COLUMNS, scope="Cluster"),
    Kind(AnalysisRun, "analysisruns", "tar", _RUN_COLUMNS),
)


def render(kind: Kind) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": _names(kind),
            "scope": kind.scope,
            "versions": [_version(kind)],
        },
    }


def _names(kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind.name,
        "listKind": f"{kind.name}List",
        "plural": kind.plural,
        "singular": kind.name.lower(),
        "shortNames": [kind.short],
        "categories": list(kind.categories),
    }


def _version(kind: Kind) -> dict[str, Any]:
    version: dict[str, Any] = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": [column.render() for column in kind.columns],
        "schema": {"openAPIV3Schema": structural(kind.model)},
    }
    if "status" in kind.model.model_fields:
        version["subresources"] = {"status": {}} | ({"scale": kind.scale} if kind.scale else {})
    return version


def files() -> dict[str, str]:
    """File name → YAML text of every CustomResourceDefinition, as they stand in `crds/`."""
    return {f"{GROUP}_{kind.plural}.yaml": _text(render(kind)) for kind in KINDS}


def chart_files() -> dict[str, str]:
    """The same for the chart's templates: upgraded by `helm upgrade`, kept by `helm uninstall`."""
    return {name: _chart_text(render(kind)) for kind, name in zip(KINDS, files(), strict=True)}


def _chart_text(crd: dict[str, Any]) -> str:
    kept = {**crd["metadata"], "annotations": {"helm.sh/resource-policy": "keep"}}
    # `{{args.x}}` in descriptions and patterns is ours: helm must not take it for its own.
    text = _text({**crd, "metadata": kept}).replace("{{", '{{ "{{" }}')
    return f"{{{{- if .Values.crds.install }}}}\n{text}{{{{- end }}}}\n"


def _text(crd: dict[str, Any]) -> str:
    return yaml.safe_dump(crd, sort_keys=False, width=110, allow_unicode=True)
