"""Whether documents fit together: a Service selects the pods, a route can carry the split, a run can be made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from tidegate.api.rollout import RolloutSpec
from tidegate.api.template import PodTemplate
from tidegate.api.trafficsplit import Backend, SplitRoute, TrafficSplitSpec
from tidegate.cli.linting.documents import Document
from tidegate.cli.linting.finding import Finding, Location
from tidegate.cli.linting.references import CLUSTER, HTTP_ROUTES, Input, parsed, services
from tidegate.core.analysis.release import AnalysisError, ReleaseFacts, build_run
from tidegate.core.config.revision import not_named
from tidegate.core.objects import Key
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.world import TemplateView
from tidegate.observe.views import template_view
from tidegate.routes import TABLE


def check(document: Document, others: Input) -> Iterator[Finding]:
    """What doesn't fit, for a Rollout or a TrafficSplit whose schema is right."""
    spec = parsed(document)
    if isinstance(spec, RolloutSpec):
        yield from _services(document, spec, others)
        yield from (document.finding(("spec", "configRefs", index), said) for index, said in not_named(spec))
        if strategy_of(spec).routes:
            at = ("spec", *strategy_of(spec).path, *HTTP_ROUTES)
            yield from _routes(document, _split_of(spec), others, at)
        yield from _runs(document, spec, others)
    elif isinstance(spec, TrafficSplitSpec):
        yield from _routes(document, spec, others, ("spec", "routes"))


def _services(document: Document, spec: RolloutSpec, others: Input) -> Iterator[Finding]:
    labels = _pod_labels(document, spec, others)
    for location, name in services(strategy_of(spec)):
        service = others.named("Service", document.namespace).get(name)
        selector = _selector(service)
        if service and labels is not None and not selector.items() <= labels.items():
            said = (
                f'Service "{name}" selects {_pairs(selector)}, and the pods have {_pairs(labels)}: '
                "no pod would answer; use labels of the template"
            )
            yield document.finding(("spec", *location), said)


def _pod_labels(document: Document, spec: RolloutSpec, others: Input) -> dict[str, str] | None:
    """The labels of the pods; None when the input lacks the Deployment that has them."""
    if spec.template is not None:
        return spec.template.metadata.labels
    name = spec.workload_ref.name if spec.workload_ref else ""
    deployment = others.named("Deployment", document.namespace).get(name)
    try:
        return PodTemplate.model_validate(deployment.raw["spec"]["template"]).metadata.labels if deployment else None
    except (ValidationError, KeyError, TypeError):
        return None


def _selector(service: Document | None) -> dict[str, Any]:
    spec = service.raw.get("spec") if service else None
    selector = spec.get("selector") if isinstance(spec, dict) else None
    return selector if isinstance(selector, dict) else {}


def _pairs(labels: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())


def _split_of(spec: RolloutSpec) -> TrafficSplitSpec:
    strategy = strategy_of(spec)
    routes = [SplitRoute(name=r.name, rule=r.rule) for r in strategy.routes]
    backends = [Backend(service=s, weight=w) for s, w in zip(strategy.services, (0, 100), strict=True)]
    return TrafficSplitSpec(routes=routes, backends=backends)


def _routes(document: Document, split: TrafficSplitSpec, others: Input, at: Location) -> Iterator[Finding]:
    key = Key("TrafficSplit", document.namespace, document.name)
    for index, route in enumerate(split.routes):
        there = others.named(route.kind, document.namespace).get(route.name)
        problem = TABLE[route.kind].observe(_as_served(there), key, split, route).problem if there else ""
        if problem:
            yield document.finding((*at, index), f'{route.kind} "{route.name}": {problem}')


def _as_served(route: Document) -> dict[str, Any]:
    """The route as the API server would show it right after it was made."""
    metadata = {**route.metadata, "namespace": route.namespace, "generation": 1}
    spec = route.raw.get("spec")
    return {**route.raw, "metadata": metadata, "spec": spec if isinstance(spec, dict) else {}, "status": {}}


def _runs(document: Document, spec: RolloutSpec, others: Input) -> Iterator[Finding]:
    templates = _templates(document, others)
    names = {(view.meta.name, not view.meta.namespace) for view in templates}
    for at, asked in strategy_of(spec).analyses():
        wanted = {(ref.template_name, bool(ref.cluster_scope)) for ref in asked.templates}
        if not wanted <= names:
            continue
        try:
            build_run(asked, templates, _facts(document, spec))
        except AnalysisError as error:
            yield document.finding(("spec", *at), str(error))


def _templates(document: Document, others: Input) -> list[TemplateView]:
    namespaced = others.named("AnalysisTemplate", document.namespace).values()
    found = [(template, document.namespace) for template in namespaced]
    found += [(template, "") for template in others.named(CLUSTER, "").values()]
    views = [template_view({**t.raw, "metadata": {**t.metadata, "namespace": n}}) for t, n in found]
    return [view for view in views if view.spec is not None]


def _facts(document: Document, spec: RolloutSpec) -> ReleaseFacts:
    strategy = strategy_of(spec)
    return ReleaseFacts(
        name=document.name,
        namespace=document.namespace,
        canary_hash="canary",
        stable_hash="stable",
        canary_service=strategy.canary_service,
        stable_service=strategy.stable_service,
        manifest={"metadata": document.metadata, "spec": document.raw["spec"]},
    )
