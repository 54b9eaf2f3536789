"""What is known of the cluster, in memory: narrow views by kind, and who must look again when one changes.

Everything comes in through `ingest`: watch events, lists and the replies to our own writes. So a decision
sees what was written before, without waiting for the watch, and an event that comes late changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from tidegate.api.config import ConfigKind
from tidegate.core.config.views import Config, ConfigView
from tidegate.core.deployments import DeploymentView
from tidegate.core.objects import Key, Meta
from tidegate.core.pods import RestartProgress
from tidegate.core.webhook.outcome import WebhookResult
from tidegate.core.world import RolloutView, ServiceView
from tidegate.observe import configs, kinds, references, traffic_views, views, workloads
from tidegate.observe.endpoints import Endpoints
from tidegate.observe.fields import Raw
from tidegate.observe.table import Change, Table, View

RECONCILED = frozenset({kinds.ROLLOUT.name, kinds.SPLIT.name, kinds.RUN.name})
OWNERS = frozenset({kinds.ROLLOUT.name, kinds.SPLIT.name})
REFERENCES: dict[str, Callable[[Any], Iterable[Key]]] = {
    kinds.ROLLOUT.name: references.of_rollout,
    kinds.SPLIT.name: references.of_split,
    kinds.TEMPLATE.name: references.of_template,
    kinds.CLUSTER_TEMPLATE.name: references.of_template,
    kinds.DEPLOYMENT.name: references.of_deployment,
}
MARKS: dict[str, Callable[[Any], Iterable[Key]]] = {
    kinds.HTTPROUTE.name: references.of_marked_route,
    kinds.SERVICE.name: references.of_pinned_service,
    kinds.DEPLOYMENT.name: references.of_scaled_deployment,
}
"""What the marks on an object lead to: whoever left one has to take it away, also when it is gone."""


class Store:
    """The cluster as it was last seen. Not for threads: it belongs to one event loop."""

    def __init__(
        self,
        *,
        names_proven: bool = False,
        config_kinds: Iterable[ConfigKind] = (),
        secrets_need_label: bool = True,
    ) -> None:
        """`names_proven`: an admission policy compares the names in requests with those of their writers.

        `config_kinds` are those that are watched, of Secrets only those with the label where that is needed.
        """
        self.names_proven = names_proven
        self.config_kinds = frozenset(config_kinds)
        self.secrets_need_label = secrets_need_label
        self.rollouts = Table(views.rollout_view)
        self.splits = Table(views.split_view)
        self.runs = Table(views.run_view)
        self.templates = Table(views.template_view)
        self.cluster_templates = Table(views.template_view)
        self.replicasets = Table(views.replicaset_view)
        self.services = Table(traffic_views.service_view)
        self.deployments = Table(workloads.deployment_view)
        self.slices = Table(traffic_views.slice_view)
        self.routes = Table(traffic_views.route_body)
        self.config_maps = Table(configs.config_map_view)
        self.secrets = Table(configs.secret_view)
        self._tables: dict[str, Table[Any]] = {
            kinds.ROLLOUT.name: self.rollouts,
            kinds.SPLIT.name: self.splits,
            kinds.RUN.name: self.runs,
            kinds.TEMPLATE.name: self.templates,
            kinds.CLUSTER_TEMPLATE.name: self.cluster_templates,
            kinds.REPLICASET.name: self.replicasets,
            kinds.SERVICE.name: self.services,
            kinds.DEPLOYMENT.name: self.deployments,
            kinds.ENDPOINTSLICE.name: self.slices,
            kinds.HTTPROUTE.name: self.routes,
            kinds.CONFIG_MAP.name: self.config_maps,
            kinds.SECRET.name: self.secrets,
        }
        self._references = references.References()
        self._keys: dict[str, Key] = {}
        self._endpoints = Endpoints(self.slices)
        self._marks = references.References()
        self._apply_errors: dict[Key, str] = {}
        self._webhooks: dict[Key, WebhookResult] = {}
        self._restarts: dict[Key, RestartProgress] = {}

    def ingest(self, kind: str, event: str | None, raw: Raw) -> set[Key]:
        """Take in an object as the API server showed it; `event` is a watch event's type, None in a list.

        Returns the keys that must be reconciled: none when this was known, or when no decision depends on it.
        """
        table = self._tables[kind]
        change = table.drop(raw) if event == "DELETED" else table.put(raw)
        return self._noted(kind, change)

    def evict(self, key: Key) -> set[Key]:
        """Forget an object that the API server says is gone. Returns the keys that must be reconciled."""
        return self._noted(key.kind, self._tables[key.kind].evict((key.namespace, key.name)))

    def sweep(self, kind: str, uids: Iterable[str], resource_version: str, namespace: str | None = None) -> set[Key]:
        """Forget what a list of `kind` no longer shows. Returns the keys that must be reconciled.

        A watch that starts again after a gap never tells what was deleted in it: a ghost of a ReplicaSet
        would count as ready for ever.
        """
        lost = self._tables[kind].lost(uids, resource_version, namespace)
        return {key for name in lost for key in self.evict(Key(kind, *name))}

    def knows(self, kind: str, namespace: str, name: str, uid: str) -> bool:
        """Whether an object of a list was seen."""
        return self._tables[kind].knows(namespace, name, uid)

    def keys(self, kind: str) -> list[Key]:
        """The keys of all objects of a kind."""
        return [_key(kind, view) for view in self._tables[kind]]

    def meta(self, key: Key) -> Meta | None:
        """The metadata of an object as it was last seen; None when it isn't there."""
        view = self._tables[key.kind].get(key.namespace, key.name)
        return view.meta if view else None

    def service(self, namespace: str, name: str) -> ServiceView | None:
        """A Service with its ready endpoints; None when it isn't there."""
        view = self.services.get(namespace, name)
        return replace(view, ready=self._endpoints.ready(namespace, name)) if view else None

    def config(self, namespace: str, config: Config) -> ConfigView | None:
        """A ConfigMap or Secret; None when it isn't there, or not seen."""
        table = self.config_maps if config.kind is ConfigKind.CONFIG_MAP else self.secrets
        return table.get(namespace, config.name)

    def members(self, namespace: str, group: str) -> list[str]:
        """The names of the Rollouts of a group."""
        return sorted(key.name for key in self._references.referrers(references.group_key(namespace, group)))

    def routes_marked_by(self, split: Key) -> tuple[traffic_views.RouteBody, ...]:
        """The routes that carry the annotation of a TrafficSplit, which may name others by now or be gone."""
        found = (self.routes.get(split.namespace, name) for name in self._marked_by(split, kinds.HTTPROUTE.name))
        return tuple(route for route in found if route)

    def services_pinned_by(self, rollout: Key) -> tuple[ServiceView, ...]:
        """The Services that carry the annotation of a Rollout, which may name others by now or be gone."""
        marked = self._marked_by(rollout, kinds.SERVICE.name)
        found = (self.service(rollout.namespace, name) for name in marked)
        return tuple(service for service in found if service)

    def deployments_scaled_by(self, rollout: Key) -> tuple[DeploymentView, ...]:
        """The Deployments that a Rollout scaled down, which may name others by now or be gone."""
        marked = self._marked_by(rollout, kinds.DEPLOYMENT.name)
        found = (self.deployments.get(rollout.namespace, name) for name in marked)
        return tuple(deployment for deployment in found if deployment)

    def _marked_by(self, key: Key, kind: str) -> list[str]:
        return sorted(marked.name for marked in self._marks.referrers(key) if marked.kind == kind)

    def apply_error(self, key: Key) -> str:
        """What the API server refused when the last plan of this object was applied; empty when nothing."""
        return self._apply_errors.get(key, "")

    def note_apply_error(self, key: Key, message: str) -> bool:
        """Keep what was refused, for the next decision to tell; empty clears it. True when it is news."""
        news = self.apply_error(key) != message
        if message:
            self._apply_errors[key] = message
        else:
            self._apply_errors.pop(key, None)
        return news

    def webhook(self, key: Key) -> WebhookResult | None:
        """What came of the last try of a Rollout's call; None when none was made since the start."""
        return self._webhooks.get(key)

    def note_webhook(self, key: Key, result: WebhookResult) -> None:
        """Keep it for the next decision. Only status makes it last."""
        if self.meta(key) is not None:
            self._webhooks[key] = result

    def restart(self, replicaset: Key) -> RestartProgress | None:
        """What the last look at the pods of a ReplicaSet has shown; None when there was none since the start."""
        return self._restarts.get(replicaset)

    def note_restart(self, replicaset: Key, progress: RestartProgress) -> set[Key]:
        """Keep it for the next decision. Returns the keys that must be reconciled: no event would tell of it."""
        view = self.replicasets.get(replicaset.namespace, replicaset.name)
        if view is None:
            return set()
        before = self._restarts.get(replicaset)
        self._restarts[replicaset] = progress.after(before)
        owner = self._keys.get(view.meta.owner_uid or "")
        return {owner} if owner and progress.tells(before) else set()

    def _noted(self, kind: str, change: Change[Any] | None) -> set[Key]:
        if change is None or not change.tells:
            return set()
        self._index(kind, change)
        return {woken for view in change.both for woken in self._concerns(kind, view)}

    def _index(self, kind: str, change: Change[Any]) -> None:
        key = _key(kind, change.both[-1])
        if kind in REFERENCES:
            self._references.point(key, REFERENCES[kind](change.new) if change.new else ())
        if kind in OWNERS:
            self._index_owner(key, change)
        if kind == kinds.ENDPOINTSLICE.name:
            self._endpoints.note(change)
        if kind in MARKS:
            self._marks.point(key, MARKS[kind](change.new) if change.new else ())
        if kind == kinds.REPLICASET.name and change.new is None:
            self._restarts.pop(key, None)

    def _index_owner(self, key: Key, change: Change[Any]) -> None:
        if change.old:
            self._keys.pop(change.old.meta.uid, None)
        if change.new:
            self._keys[change.new.meta.uid] = key
        else:
            self._apply_errors.pop(key, None)
            self._webhooks.pop(key, None)

    def _concerns(self, kind: str, view: View) -> set[Key]:
        """Who must look again after this view came or went."""
        key = _key(kind, view)
        woken = {key, *self._references.referrers(key)}
        owner = self._keys.get(view.meta.owner_uid or "")
        if owner:
            woken.add(owner)
        if isinstance(view, traffic_views.SliceView):
            woken |= self._references.referrers(Key(kinds.SERVICE.name, view.meta.namespace, view.service))
        if isinstance(view, RolloutView) and view.spec and view.spec.group:
            woken |= self._references.referrers(references.group_key(view.meta.namespace, view.spec.group))
        if kind in MARKS:
            # Also one that is gone: it left the object as it was not, and somebody has to restore it.
            woken.update(MARKS[kind](view))
        for pinned in self._marks.referrers(key) if kind == kinds.REPLICASET.name else ():
            woken |= self._marks.targets(pinned)
        return {key for key in woken if key.kind in RECONCILED}


def _key(kind: str, view: View) -> Key:
    return Key(kind, view.meta.namespace, view.meta.name)
