"""Who refers to whom: what a spec names, and from there who must look again when the named object changes."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tidegate.api.analysis_parts import TemplateRef
from tidegate.core.config.references import named
from tidegate.core.config.revision import asked_of
from tidegate.core.deployments import DeploymentView
from tidegate.core.objects import Key
from tidegate.core.rollout.revision import replicaset_name
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.rollout.strategy import ReleaseStrategy
from tidegate.core.world import RolloutView, ServiceView, SplitView, TemplateView
from tidegate.observe import kinds
from tidegate.observe.traffic_views import RouteBody


class References:
    """A graph of keys, kept in both directions."""

    def __init__(self) -> None:
        self._to: dict[Key, frozenset[Key]] = {}
        self._from: dict[Key, set[Key]] = {}

    def point(self, source: Key, targets: Iterable[Key]) -> None:
        """Say anew what `source` refers to; nothing, when it is gone."""
        before, now = self._to.get(source, frozenset()), frozenset(targets)
        for target in before - now:
            self._unlink(source, target)
        for target in now - before:
            self._from.setdefault(target, set()).add(source)
        if now:
            self._to[source] = now
        else:
            self._to.pop(source, None)

    def _unlink(self, source: Key, target: Key) -> None:
        self._from[target].discard(source)
        if not self._from[target]:
            del self._from[target]

    def targets(self, source: Key) -> frozenset[Key]:
        """What `source` itself refers to."""
        return self._to.get(source, frozenset())

    def referrers(self, target: Key) -> set[Key]:
        """All that refer to `target`, also through others: a template may be taken in by another."""
        found: set[Key] = set()
        waiting = [target]
        while waiting:
            fresh = self._from.get(waiting.pop(), set()) - found
            found |= fresh
            # Who waits for a Rollout needs not know what that one is made of.
            waiting.extend(key for key in fresh if key.kind != kinds.ROLLOUT.name)
        return found


def template_keys(references: Iterable[TemplateRef] | None, namespace: str) -> list[Key]:
    """The keys of templates that are named, in that order."""
    return [
        Key(kinds.CLUSTER_TEMPLATE.name, "", ref.template_name)
        if ref.cluster_scope
        else Key(kinds.TEMPLATE.name, namespace, ref.template_name)
        for ref in references or ()
    ]


def named_templates(strategy: ReleaseStrategy, namespace: str) -> list[Key]:
    """The templates that a Rollout names itself: in its steps and in the background."""
    return [key for _, asked in strategy.analyses() for key in template_keys(asked.templates, namespace)]


def group_key(namespace: str, name: str) -> Key:
    """What all members of a group refer to; there is no such object."""
    return Key("Group", namespace, name)


def of_rollout(view: RolloutView) -> set[Key]:
    """What a Rollout depends on."""
    namespace, name = view.meta.namespace, view.meta.name
    split = Key(kinds.SPLIT.name, namespace, name)
    if view.spec is None:
        return {split}
    strategy, ref, group = strategy_of(view.spec), view.spec.workload_ref, view.spec.group
    return {
        split,
        *({group_key(namespace, group)} if group else ()),
        *({Key(kinds.DEPLOYMENT.name, namespace, ref.name)} if ref else ()),
        *(Key(kinds.SERVICE.name, namespace, service) for service in strategy.services),
        *(Key(kinds.HTTPROUTE.name, namespace, route.name) for route in strategy.routes),
        *named_templates(strategy, namespace),
        *(Key(kinds.ROLLOUT.name, namespace, asked.name) for asked in view.spec.depends_on),
        *(Key(named.config.kind, namespace, named.config.name) for named in asked_of(view.spec)),
    }


def of_split(view: SplitView) -> set[Key]:
    """What a TrafficSplit depends on."""
    if view.spec is None:
        return set()
    namespace = view.meta.namespace
    return {
        *(Key(route.kind, namespace, route.name) for route in view.spec.routes),
        *(Key(kinds.SERVICE.name, namespace, backend.service) for backend in view.spec.backends),
    }


def of_marked_route(view: RouteBody) -> tuple[Key, ...]:
    """The TrafficSplits that left their mark on a route."""
    return view.splits


def of_pinned_service(view: ServiceView) -> tuple[Key, ...]:
    """The Rollout that pinned a Service, and the ReplicaSet that it leads to: without both, the pin has no sense."""
    if not view.pinned_by:
        return ()
    namespace, name = view.meta.namespace, replicaset_name(view.pinned_by, view.pod_hash)
    return Key(kinds.ROLLOUT.name, namespace, view.pinned_by), Key(kinds.REPLICASET.name, namespace, name)


def of_deployment(view: DeploymentView) -> set[Key]:
    """The config that its template names: a Rollout that takes its pods from there may have it in its revision."""
    try:
        template = json.loads(view.template)
        return {Key(each.config.kind, view.meta.namespace, each.config.name) for each in named(template)}
    except (AttributeError, KeyError, TypeError):
        return set()


def of_scaled_deployment(view: DeploymentView) -> tuple[Key, ...]:
    """The Rollout that scaled a Deployment down."""
    return (Key(kinds.ROLLOUT.name, view.meta.namespace, view.scaled_by),) if view.scaled_by else ()


def of_template(view: TemplateView) -> set[Key]:
    """What a template takes in."""
    return set(template_keys(view.spec.templates if view.spec else (), view.meta.namespace))
