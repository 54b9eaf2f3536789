"""What a decision on a Rollout gets to see."""

from __future__ import annotations

from datetime import datetime

from tidegate.core.config.revision import asked_of
from tidegate.core.config.views import Config, ConfigView
from tidegate.core.deployments import DeploymentView
from tidegate.core.objects import Key
from tidegate.core.pods import RestartProgress
from tidegate.core.rollout.pins import PinnedService
from tidegate.core.rollout.revision import replicaset_name
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.rollout.workload import resolve
from tidegate.core.traffic.world import observe_routes
from tidegate.core.world import RolloutView, RouteView, ServiceView, SplitView, TemplateView, World
from tidegate.observe import kinds, references
from tidegate.observe.split import named_routes
from tidegate.observe.store import Store
from tidegate.routes import TABLE


def observe_rollout(store: Store, key: Key, now: datetime) -> World | None:
    """The world of one Rollout; None when it is gone."""
    rollout = store.rollouts.get(key.namespace, key.name)
    if rollout is None:
        return None
    workload = _workload(store, rollout)
    rollout = resolve(rollout, workload)
    split = store.splits.get(key.namespace, key.name)
    return World(
        now=now,
        rollout=rollout,
        replicasets=store.replicasets.owned_by(rollout.meta.uid),
        services=_services(store, rollout),
        left=_left(store, key, rollout),
        workload=workload,
        workloads_left=tuple(each for each in store.deployments_scaled_by(key) if each is not workload),
        split=split,
        routes=_routes(store, key, split),
        runs=store.runs.owned_by(rollout.meta.uid),
        templates=_templates(store, rollout),
        peers=_peers(store, rollout),
        members=_members(store, rollout),
        webhook=store.webhook(key),
        restarts=_restarts(store, rollout),
        names_proven=store.names_proven,
        configs=_configs(store, rollout),
        config_kinds=store.config_kinds,
        secrets_need_label=store.secrets_need_label,
        apply_error=store.apply_error(key),
    )


def observe_pinned(store: Store, key: Key) -> tuple[PinnedService, ...]:
    """The Services that a Rollout which is gone left pinned, each with the ReplicaSet that it leads to."""
    return tuple(
        PinnedService(service, store.replicasets.get(key.namespace, replicaset_name(key.name, service.pod_hash)))
        for service in store.services_pinned_by(key)
    )


def _workload(store: Store, rollout: RolloutView) -> DeploymentView | None:
    ref = rollout.spec.workload_ref if rollout.spec else None
    return store.deployments.get(rollout.meta.namespace, ref.name) if ref else None


def _left(store: Store, key: Key, rollout: RolloutView) -> tuple[ServiceView, ...]:
    named = _services(store, rollout)
    return tuple(view for view in store.services_pinned_by(key) if view.meta.name not in named)


def _routes(store: Store, key: Key, split: SplitView | None) -> tuple[RouteView, ...]:
    """What the routes carry for the Rollout's split; nothing before there is one."""
    if split is None or split.spec is None:
        return ()
    split_key = Key(kinds.SPLIT.name, key.namespace, key.name)
    return observe_routes(split_key, split.spec, named_routes(store, split_key, split.spec), TABLE)


def _services(store: Store, rollout: RolloutView) -> dict[str, ServiceView]:
    if rollout.spec is None:
        return {}
    found = {name: store.service(rollout.meta.namespace, name) for name in strategy_of(rollout.spec).services}
    return {name: view for name, view in found.items() if view}


def _restarts(store: Store, rollout: RolloutView) -> dict[str, RestartProgress]:
    sets = store.replicasets.owned_by(rollout.meta.uid)
    found = {
        rs.meta.name: store.restart(Key(kinds.REPLICASET.name, rs.meta.namespace, rs.meta.name))
        for rs in sets
        if rs.size
    }
    return {name: progress for name, progress in found.items() if progress}


def _configs(store: Store, rollout: RolloutView) -> dict[Config, ConfigView]:
    asked = asked_of(rollout.spec) if rollout.spec else ()
    found = {each.config: store.config(rollout.meta.namespace, each.config) for each in asked}
    return {config: view for config, view in found.items() if view}


def _templates(store: Store, rollout: RolloutView) -> tuple[TemplateView, ...]:
    """The templates that the Rollout names, and those that they take in; one that takes in itself is there once."""
    if rollout.spec is None:
        return ()
    waiting = references.named_templates(strategy_of(rollout.spec), rollout.meta.namespace)
    found: dict[Key, TemplateView] = {}
    while waiting:
        key = waiting.pop(0)
        view = _template(store, key)
        if view and key not in found:
            found[key] = view
            waiting += references.template_keys(view.spec.templates if view.spec else (), key.namespace)
    return tuple(found.values())


def _peers(store: Store, rollout: RolloutView) -> dict[str, RolloutView]:
    """The Rollouts that go before, and those that go before them."""
    found: dict[str, RolloutView] = {}
    waiting = [rollout]
    while waiting:
        spec = waiting.pop().spec
        for asked in spec.depends_on if spec else ():
            view = store.rollouts.get(rollout.meta.namespace, asked.name)
            if view is not None and asked.name not in found:
                found[asked.name] = view
                waiting.append(view)
    return found


def _members(store: Store, rollout: RolloutView) -> dict[str, RolloutView]:
    """The other Rollouts of the group, by name; none where it names no group."""
    group = rollout.spec.group if rollout.spec else None
    names = store.members(rollout.meta.namespace, group) if group else []
    found = {name: store.rollouts.get(rollout.meta.namespace, name) for name in names if name != rollout.meta.name}
    return {name: view for name, view in found.items() if view and not view.meta.deleting}


def _template(store: Store, key: Key) -> TemplateView | None:
    table = store.cluster_templates if key.kind == kinds.CLUSTER_TEMPLATE.name else store.templates
    return table.get(key.namespace, key.name)
