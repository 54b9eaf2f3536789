"""What is in the cluster now, as far as a release has to do with it, and what manifests would make of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tidegate.cli.cluster import Cluster
from tidegate.cli.errors import AbsentError, CommandError
from tidegate.cli.planning.strangers import without_strangers
from tidegate.cli.simulation.given import KINDS
from tidegate.core.actions import merge_patch
from tidegate.core.objects import Key, key_of
from tidegate.observe import kinds
from tidegate.observe.kinds import Kind

Raw = dict[str, Any]
ALWAYS = (
    kinds.ROLLOUT,
    kinds.SPLIT,
    kinds.RUN,
    kinds.TEMPLATE,
    kinds.CLUSTER_TEMPLATE,
    kinds.REPLICASET,
    kinds.SERVICE,
    kinds.HTTPROUTE,
)
KIND = {kind.name: kind for kind in KINDS}
WHOLE = frozenset(kind.name for kind in (kinds.ROLLOUT, kinds.HTTPROUTE, kinds.TEMPLATE, kinds.CLUSTER_TEMPLATE))
"""Kinds whose manifest says all of the spec: a field that it leaves out is taken away."""
DRY_RUN = {"dryRun": "All", "fieldManager": "tidegate-plan"}


@dataclass(frozen=True, slots=True)
class Applied:
    """An object as it is, and as it would be; `before` is None for one that would be made."""

    before: Raw | None
    after: Raw

    @property
    def key(self) -> Key:
        """Its key."""
        return key_of(self.after)


def read(cluster: Cluster, manifests: Iterable[Raw]) -> list[Raw]:
    """All that a release of these Rollouts may meet. Raises CommandError."""
    rollouts = [raw for raw in manifests if raw["kind"] == kinds.ROLLOUT.name]
    namespaces = sorted({raw["metadata"]["namespace"] for raw in rollouts})
    wanted = [kind for kind in (*ALWAYS, *_asked_for(rollouts)) if kind.namespaced]
    found = [raw for namespace in namespaces for kind in wanted for raw in _list(cluster, kind, namespace)]
    return [*without_strangers(found, rollouts), *_list(cluster, kinds.CLUSTER_TEMPLATE, "")]


def _asked_for(rollouts: list[Raw]) -> Iterable[Kind]:
    """Kinds that nobody reads without need: one may have no right to see them."""
    if any(raw["spec"].get("workloadRef") for raw in rollouts):
        yield kinds.DEPLOYMENT
    if any(raw["spec"].get("versionedConfig") or raw["spec"].get("configRefs") for raw in rollouts):
        yield from (kinds.CONFIG_MAP, kinds.READABLE_SECRET)


def _list(cluster: Cluster, kind: Kind, namespace: str) -> list[Raw]:
    query = {"labelSelector": kind.selector} if kind.selector else {}
    try:
        return [_named(kind, raw) for raw in cluster.items(_path(kind, namespace), **query)]
    except AbsentError:
        if kind is not kinds.HTTPROUTE:
            raise
        # A cluster without the Gateway API: Rollouts without a router need none.
        return []


def _named(kind: Kind, raw: Raw) -> Raw:
    """In a list the objects do not say what they are."""
    return {**raw, "apiVersion": kind.api_version, "kind": kind.name}


def _path(kind: Kind, namespace: str, name: str = "") -> str:
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
    place = f"/namespaces/{namespace}" if kind.namespaced else ""
    return f"{root}{place}/{kind.plural}" + (f"/{name}" if name else "")


def dry_run(cluster: Cluster, there: Iterable[Raw], manifests: Iterable[Raw]) -> list[Applied]:
    """What the API server would make of the manifests: it judges and fills in, and writes nothing.

    Raises CommandError with its refusal.
    """
    by_key = {key_of(raw): raw for raw in there}
    return [_applied(cluster, KIND[raw["kind"]], by_key.get(key_of(raw)), raw) for raw in manifests]


def _applied(cluster: Cluster, kind: Kind, before: Raw | None, manifest: Raw) -> Applied:
    key = key_of(manifest)
    try:
        if before is None:
            after = cluster.create(_path(kind, key.namespace), manifest, **DRY_RUN)
        else:
            after = cluster.merge(_path(kind, key.namespace, key.name), _patch(kind, before, manifest), **DRY_RUN)
    except CommandError as error:
        raise CommandError(f"{kind.name} {key.name}: {error}") from None
    return Applied(before, _named(kind, after))


def _patch(kind: Kind, before: Raw, manifest: Raw) -> Raw:
    metadata = {name: manifest["metadata"][name] for name in ("labels", "annotations") if name in manifest["metadata"]}
    told = {name: value for name, value in manifest.items() if name not in ("apiVersion", "kind", "metadata")}
    if kind.name in WHOLE:
        # An autoscaler's size stays where the manifest leaves it to one.
        size = {"replicas": before["spec"]["replicas"]} if "replicas" in before["spec"] else {}
        told = {"spec": merge_patch(before["spec"], {**size, **manifest["spec"]})}
    return {**told, "metadata": metadata}
