"""What to do: a closed set of actions. Each is idempotent and carries the precondition under which it was decided.

`resource_version` is that of the object as the decision saw it: when it has changed meanwhile, the API server answers
with a conflict, the plan is dropped, and the next pass decides anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tidegate.core.config.views import Config
from tidegate.core.objects import Meta
from tidegate.core.webhook.call import WebhookCall


class Resource(StrEnum):
    """The kinds that are written, by the plural name in their URL."""

    ROLLOUTS = "rollouts"
    REPLICASETS = "replicasets"
    DEPLOYMENTS = "deployments"
    SERVICES = "services"
    SPLITS = "trafficsplits"
    RUNS = "analysisruns"
    HTTPROUTES = "httproutes"


@dataclass(frozen=True, slots=True)
class Create:
    """POST an object whose name follows from what it is for: that it exists already is success, when it is ours."""

    resource: Resource
    namespace: str
    name: str
    body: Mapping[str, Any]
    owner_uid: str
    """An object of this name that has another owner is not ours: the apply stops with a condition."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A JSON merge patch (RFC 7386) of an object that was seen; the resourceVersion of `meta` is its precondition."""

    resource: Resource
    meta: Meta
    patch: Mapping[str, Any]
    status: bool = field(default=False, kw_only=True)
    unconditional: bool = field(default=False, kw_only=True)
    """The uid alone is the precondition: what it says is right whatever became of the object meanwhile."""


@dataclass(frozen=True, slots=True)
class PatchList:
    """A JSON Patch (RFC 6902) whose `test` operations are the precondition; for lists that are atomic in the API."""

    resource: Resource
    meta: Meta
    operations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE with the uid as precondition; that it is gone already is success."""

    resource: Resource
    meta: Meta


@dataclass(frozen=True, slots=True)
class CopyConfig:
    """Create a copy of a ConfigMap or Secret. Its content is read when this is done, and held by nobody.

    When the content is no longer the one that was decided on, it is a conflict. A copy of this owner that is there
    already is success.
    """

    namespace: str
    config: Config
    content_hash: str
    name: str
    """Of the copy."""
    pod_hash: str
    owner: Mapping[str, Any]
    """The ownerReference."""


@dataclass(frozen=True, slots=True)
class MarkPods:
    """Merge `metadata` (labels and annotations; None removes one) into the pods of a ReplicaSet, those that differ."""

    meta: Meta
    """Of the ReplicaSet."""
    pod_hash: str
    metadata: Mapping[str, Mapping[str, str | None]]


@dataclass(frozen=True, slots=True)
class RestartPods:
    """Look at the pods of a ReplicaSet, and evict the oldest of those that are older than a moment.

    What was seen, and what the API server refused, is kept in the store for the next decision.
    """

    meta: Meta
    """Of the ReplicaSet."""
    pod_hash: str
    older_than: datetime
    size: int
    """How many pods the ReplicaSet should have."""
    available: int
    """How many of them were ready for long enough, as its controller counted."""
    most: int
    """How many may be missing. They are counted when the pods are listed: its status may not tell of the last yet."""
    at: datetime
    """When it was decided."""


Action = Create | Merge | PatchList | Delete | CopyConfig | MarkPods | RestartPods


def merged(actions: Iterable[Action], resource: Resource) -> frozenset[str]:
    """The names of the objects of a kind that these change."""
    return frozenset(each.meta.name for each in actions if isinstance(each, Merge) and each.resource is resource)


@dataclass(frozen=True, slots=True)
class Event:
    """One decision in words, for `kubectl describe`."""

    reason: str
    message: str
    warning: bool = field(default=False, kw_only=True)
    routine: bool = field(default=False, kw_only=True)
    """One of many that are expected: it may be told half a minute later, together with the others."""
    instead_of: str = field(default="", kw_only=True)
    """The reason of routine Events that need not be told any more, where they were not: this one says it all."""


STATUS_LAG = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one pass does: actions in order (additive first, destructive last), then the status, then the Events.

    `status` is a Merge of the status subresource, None when nothing about it changed. `urgent` tells whether it holds
    a decision that must not be lost; otherwise it may wait for the next stop point, at most `lag`.
    `wake_at` is when time alone changes something; None when only an event does.
    """

    actions: tuple[Action, ...] = ()
    status: Merge | None = None
    urgent: bool = field(default=False, kw_only=True)
    events: tuple[Event, ...] = ()
    wake_at: datetime | None = None
    call: WebhookCall | None = None
    """Another system that is to be called, unless that is under way. It goes out only when it stands in status."""
    lag: timedelta = STATUS_LAG


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest merge patch (RFC 7386) that turns `old` into `new`; empty when they are the same."""
    patch: dict[str, Any] = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inner := merge_patch(before, value):
                patch[name] = inner
        elif value != before:
            patch[name] = value
    return patch


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """One merge patch that does what both do; where they name the same field, `other` wins."""
    result = dict(one)
    for name, value in other.items():
        before = result.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[name] = joined(before, value)
        else:
            result[name] = value
    return result
