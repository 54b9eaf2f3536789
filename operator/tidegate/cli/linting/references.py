"""Whether what one document names is there in the others: Services, HTTPRoutes, Deployments, templates.

A kind that the input holds none of in a namespace is taken to be elsewhere, and its references are not judged.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tidegate.api.meta import GROUP, Model
from tidegate.cli.linting.documents import Document
from tidegate.cli.linting.finding import Finding, Location
from tidegate.cli.linting.schema import MODELS
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.rollout.strategy import ReleaseStrategy

CLUSTER = "ClusterAnalysisTemplate"
_KINDS = {("", "Service"), ("gateway.networking.k8s.io", "HTTPRoute"), ("apps", "Deployment")}


class Input:
    """The documents of the input, by kind, namespace and name."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._found: dict[tuple[str, str], dict[str, Document]] = defaultdict(dict)
        for document in documents:
            if document.group == GROUP or (document.group, document.kind) in _KINDS:
                self._found[document.kind, _scope(document)].setdefault(document.name, document)

    def named(self, kind: str, namespace: str) -> Mapping[str, Document]:
        """All of a kind in a namespace, by name; those of a cluster-wide kind wherever one looks."""
        return self._found.get((kind, "" if kind == CLUSTER else namespace), {})


def _scope(document: Document) -> str:
    return "" if document.kind == CLUSTER else document.namespace


def check(document: Document, others: Input) -> Iterator[Finding]:
    """The references of one document. One that its schema refuses is not followed."""
    spec = parsed(document)
    wanted = _rollout(spec) if document.kind == "Rollout" else _split(spec) if document.kind == "TrafficSplit" else ()
    for location, kind, name in wanted if spec is not None else ():
        there = others.named(kind, document.namespace)
        if there and name not in there:
            yield document.finding(("spec", *location), _absent(kind, name, there, document.namespace))


def parsed(document: Document) -> Any:
    """The spec as a model; None when it can't be read."""
    model: type[Model] | None = MODELS.get(document.kind)
    if model is None or document.group != GROUP:
        return None
    try:
        return model.model_fields["spec"].annotation.model_validate(document.raw.get("spec"))  # type: ignore[union-attr]
    except ValidationError:
        return None


HTTP_ROUTES: Location = ("trafficRouting", "gatewayAPI", "httpRoutes")
Reference = tuple[Location, str, str]


def _rollout(spec: Any) -> Iterator[Reference]:
    strategy = strategy_of(spec)
    if spec.workload_ref is not None:
        yield ("workloadRef", "name"), "Deployment", spec.workload_ref.name
    for location, name in services(strategy):
        yield location, "Service", name
    for index, route in enumerate(strategy.routes):
        yield (*strategy.path, *HTTP_ROUTES, index, "name"), "HTTPRoute", route.name
    for where, analysis in strategy.analyses():
        for index, template in enumerate(analysis.templates):
            kind = CLUSTER if template.cluster_scope else "AnalysisTemplate"
            yield (*where, "templates", index, "templateName"), kind, template.template_name


def services(strategy: ReleaseStrategy) -> Iterator[tuple[Location, str]]:
    """The Services that a strategy names, and where."""
    stable, canary = strategy.service_fields
    for field, name in ((canary, strategy.canary_service), (stable, strategy.stable_service)):
        if name:
            yield (*strategy.path, *field.split(".")), name


def _split(spec: Any) -> Iterator[Reference]:
    for index, backend in enumerate(spec.backends):
        yield ("backends", index, "service"), "Service", backend.service
    for index, route in enumerate(spec.routes):
        yield ("routes", index, "name"), route.kind, route.name


def _absent(kind: str, name: str, there: Mapping[str, Document], namespace: str) -> str:
    close = difflib.get_close_matches(name, there, n=1)
    remedy = f"did you mean {close[0]}?" if close else f"add it; there are {', '.join(sorted(there))}"
    where = "" if kind == CLUSTER else f" in namespace {namespace}"
    return f'there is no {kind} "{name}"{where} in this input: {remedy}'
