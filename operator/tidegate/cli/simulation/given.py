"""What the input holds, and what is assumed where it holds nothing: Services, routes, templates, the version before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tidegate.api.rollout import RolloutSpec
from tidegate.cli.errors import CommandError, Exit
from tidegate.cli.linting.documents import Document
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.rollout.strategy import ReleaseStrategy
from tidegate.observe import kinds

Raw = dict[str, Any]
BEFORE = "previous"
"""Image of the version that is assumed to run already."""
KINDS = (
    kinds.ROLLOUT,
    kinds.TEMPLATE,
    kinds.CLUSTER_TEMPLATE,
    kinds.SERVICE,
    kinds.HTTPROUTE,
    kinds.DEPLOYMENT,
    kinds.CONFIG_MAP,
    kinds.SECRET,
)


@dataclass(frozen=True, slots=True)
class Given:
    """Objects as they would be applied. `rollouts` are the releases, `others` what stands around them."""

    rollouts: tuple[Raw, ...]
    others: tuple[Raw, ...]
    assumed: tuple[str, ...] = ()
    """What was added to the input, in words."""


def given(documents: Iterable[Document]) -> Given:
    """The objects of the input that a release is made of; others are left aside. Raises CommandError."""
    found = objects(documents)
    deployments = {_name(raw): raw for raw in found if raw["kind"] == kinds.DEPLOYMENT.name}
    rollouts = tuple(_with_template(raw, deployments) for raw in found if raw["kind"] == kinds.ROLLOUT.name)
    apart = (kinds.ROLLOUT.name, kinds.DEPLOYMENT.name)
    return Given(rollouts, tuple(raw for raw in found if raw["kind"] not in apart))


def objects(documents: Iterable[Document], namespace: str = "") -> list[Raw]:
    """Those objects of the input that a release is made of; `namespace` is that of those which say none."""
    known = {(kind.group, kind.name): kind for kind in KINDS}
    found = ((d, known[d.group, d.kind]) for d in documents if (d.group, d.kind) in known)
    return [_placed(document, namespace, namespaced=kind.namespaced) for document, kind in found]


def _with_template(rollout: Raw, deployments: Mapping[tuple[str, str, str], Raw]) -> Raw:
    """A Rollout whose pods stand in a Deployment, as if it had them itself: it has taken over already."""
    spec = {key: value for key, value in rollout["spec"].items() if key != "workloadRef"}
    if "workloadRef" not in rollout["spec"]:
        return rollout
    name = rollout["spec"]["workloadRef"]["name"]
    deployment = deployments.get((kinds.DEPLOYMENT.name, rollout["metadata"]["namespace"], name))
    if deployment is None:
        said = f"Deployment {name}, which workloadRef names, is not in the input: name its file too"
        raise CommandError(said, Exit.USAGE)
    return {**rollout, "spec": {**spec, "template": deployment["spec"]["template"]}}


def _placed(document: Document, namespace: str, *, namespaced: bool) -> Raw:
    said = document.metadata.get("namespace") or namespace or document.namespace
    place = {"namespace": said} if namespaced else {}
    body = {key: value for key, value in document.raw.items() if key != "status"}
    return {**body, "metadata": {**document.metadata, **place}}


def completed(found: Given) -> Given:
    """The same with everything that a release needs and nobody wrote."""
    others, assumed = list(found.others), []
    for raw in found.rollouts:
        spec = RolloutSpec.model_validate(raw["spec"])
        for body, says in _missing(raw, spec, {_name(each) for each in others}):
            others.append(body)
            assumed.append(says)
    before = [
        f"Rollout {raw['metadata']['name']}: a version with the image {BEFORE} runs already" for raw in found.rollouts
    ]
    return Given(found.rollouts, tuple(others), (*assumed, *before))


def _name(raw: Mapping[str, Any]) -> tuple[str, str, str]:
    return raw["kind"], raw["metadata"].get("namespace", ""), raw["metadata"]["name"]


def _missing(rollout: Raw, spec: RolloutSpec, there: set[tuple[str, str, str]]) -> Iterator[tuple[Raw, str]]:
    strategy, namespace = strategy_of(spec), rollout["metadata"]["namespace"]
    for name in dict.fromkeys(strategy.services):
        if ("Service", namespace, name) not in there:
            yield _service(namespace, name, spec), f"Service {name}, with spec.selector.matchLabels as its selector"
    for name in dict.fromkeys(route.name for route in strategy.routes):
        if ("HTTPRoute", namespace, name) not in there:
            yield _route(namespace, name, strategy), f"HTTPRoute {name}, with all traffic on {strategy.stable_service}"
    yield from _templates(namespace, strategy, there)


def _templates(
    namespace: str, strategy: ReleaseStrategy, there: set[tuple[str, str, str]]
) -> Iterator[tuple[Raw, str]]:
    asked = [reference for _, analysis in strategy.analyses() for reference in analysis.templates]
    for name, wide in dict.fromkeys((each.template_name, bool(each.cluster_scope)) for each in asked):
        kind = kinds.CLUSTER_TEMPLATE if wide else kinds.TEMPLATE
        place = "" if wide else namespace
        if (kind.name, place, name) not in there:
            yield _template(kind, place, name), f"{kind.name} {name}, which measures once, good below 1"


def _object(kind: kinds.Kind, namespace: str, name: str, spec: Raw) -> Raw:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name, **place}, "spec": spec}


def _service(namespace: str, name: str, spec: RolloutSpec) -> Raw:
    selector = dict(spec.selector.match_labels)
    return _object(kinds.SERVICE, namespace, name, {"selector": selector, "ports": [{"port": 80}]})


def _route(namespace: str, name: str, strategy: ReleaseStrategy) -> Raw:
    weights = ((strategy.stable_service, 100), (strategy.canary_service, 0))
    rule = {"backendRefs": [{"name": service, "port": 80, "weight": weight} for service, weight in weights]}
    rules = [
        {**rule, **({"name": str(route.rule)} if route.rule else {})} for route in strategy.routes if route.name == name
    ]
    return _object(kinds.HTTPROUTE, namespace, name, {"parentRefs": [{"name": "gateway"}], "rules": rules})


def _template(kind: kinds.Kind, namespace: str, name: str) -> Raw:
    measured = {"prometheus": {"query": f'errors{{canary="{{{{canary.hash}}}}", template="{name}"}}'}}
    metric = {"name": f"assumed-{name}", "successCondition": "result[0] < 1", "provider": measured}
    return _object(kind, namespace, name, {"metrics": [metric]})


def before(rollout: Raw) -> Raw:
    """The version that runs already: the same manifest with another image. It has come in spite of the schedule."""
    raw = deepcopy(rollout)
    raw["spec"].pop("schedule", None)
    for container in raw["spec"]["template"]["spec"]["containers"][:1]:
        container["image"] = BEFORE
    return raw
