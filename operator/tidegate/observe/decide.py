"""One pass, by kind: observe, then plan. The operator and the model cluster both decide through this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from tidegate import routes
from tidegate.core.actions import Plan
from tidegate.core.objects import Key
from tidegate.core.rollout.plan import plan as plan_rollout
from tidegate.core.rollout.workload import give_back
from tidegate.core.traffic.plan import plan_split
from tidegate.observe import kinds
from tidegate.observe.rollout import observe_pinned, observe_rollout
from tidegate.observe.split import observe_split
from tidegate.observe.store import Store

Decide = Callable[[Store, Key, datetime], Plan | None]
"""The plan of one pass; None when the object is gone and there is nothing to do about it."""


def decide_rollout(store: Store, key: Key, now: datetime) -> Plan | None:
    """One pass over a Rollout, also one that is gone and whose Services are still to be given back."""
    world = observe_rollout(store, key, now)
    if world is not None:
        return plan_rollout(world)
    pinned, scaled = observe_pinned(store, key), store.deployments_scaled_by(key)
    return give_back(pinned, scaled) if pinned or scaled else None


def decide_split(store: Store, key: Key, now: datetime) -> Plan | None:
    """One pass over a TrafficSplit, also one that is gone and whose routes are still to be restored."""
    world = observe_split(store, key, now)
    return plan_split(world, routes.TABLE) if world else None


TABLE: Mapping[str, Decide] = {kinds.ROLLOUT.name: decide_rollout, kinds.SPLIT.name: decide_split}


def decide(store: Store, key: Key, now: datetime) -> Plan | None:
    """One pass over an object of any kind that is in the table."""
    return TABLE[key.kind](store, key, now)
