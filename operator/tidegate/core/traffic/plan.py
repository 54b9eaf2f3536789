"""What one pass does for a TrafficSplit: write its routes, put them right, give them back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tidegate.api.trafficsplit import TrafficSplitSpec, TrafficSplitStatus
from tidegate.core.actions import PatchList, Plan
from tidegate.core.objects import Key
from tidegate.core.traffic.contest import is_war, may_correct_at, peace_at, remembered
from tidegate.core.traffic.kinds import Edit, RouteKinds
from tidegate.core.traffic.report import events, is_urgent, lag_of, report, routes_of, write
from tidegate.core.traffic.shares import Weights, clamp
from tidegate.core.traffic.standing import Sight, invalid, stand
from tidegate.core.traffic.world import SplitWorld, observe_routes, route_key
from tidegate.core.world import SplitView


def plan_split(world: SplitWorld, kinds: RouteKinds) -> Plan:
    """What to do for one TrafficSplit. One that is gone, or going, gives its routes back to their authors."""
    split = world.split
    if split is None or split.meta.deleting:
        return Plan(_patches(world, _restored(world, world.routes, kinds), kinds))
    if split.spec is not None:
        return _steer(world, split, split.spec, kinds)
    # The routes stay as they are: a spec that can't be read is no reason to move traffic.
    before = split.status
    status = report(split, invalid(split.spec_error), world.now, before.routes, before.corrected_at)
    return _reported(Plan(), split, status, world.now)


def _steer(world: SplitWorld, split: SplitView, spec: TrafficSplitSpec, kinds: RouteKinds) -> Plan:
    carried = _carried(world, spec)
    answering = {name for name, service in world.services.items() if service.ready_endpoints}
    honoured = _honoured(spec, carried, answering)
    edits = _edits(world, honoured, kinds)
    due = _due(edits, split.status.corrected_at, world.now)
    times = _corrected_at(split, due, world.now)
    views = observe_routes(world.key, honoured, world.routes, kinds)
    sight = Sight(world, spec, carried, views, edits, times)
    status = report(split, stand(sight), world.now, routes_of(sight), times)
    wake_at = _wake_at(times, world.now, waiting=len(edits) - len(due))
    return _reported(Plan(_patches(world, due, kinds), wake_at=wake_at), split, status, world.now)


def _carried(world: SplitWorld, spec: TrafficSplitSpec) -> Weights:
    asked = {backend.service: backend.weight for backend in spec.backends}
    return clamp(asked, {name: service.ready_endpoints for name, service in world.services.items()})


def _honoured(spec: TrafficSplitSpec, weights: Weights, answering: set[str]) -> TrafficSplitSpec:
    backends = [backend.model_copy(update={"weight": weights[backend.service]}) for backend in spec.backends]
    # A lane to a Service without endpoints would send people to nobody.
    lanes = [lane for lane in spec.lanes if answering.issuperset(lane.needs)]
    return spec.model_copy(update={"backends": backends, "lanes": lanes})


def _edits(world: SplitWorld, spec: TrafficSplitSpec, kinds: RouteKinds) -> dict[Key, Edit]:
    """What must be written: into the routes that are named, and into those that were named once."""
    named = {route_key(world.key, entry) for entry in spec.routes}
    wanted = {
        key: kinds[key.kind].patch_for(route.raw, world.key, spec)
        for key, route in world.routes.items()
        if key in named
    }
    return {key: edit for key, edit in wanted.items() if edit} | _restored(world, world.routes.keys() - named, kinds)


def _restored(world: SplitWorld, keys: Iterable[Key], kinds: RouteKinds) -> dict[Key, Edit]:
    edits = {key: kinds[key.kind].restore(world.routes[key].raw, world.key) for key in sorted(keys, key=_name)}
    return {key: edit for key, edit in edits.items() if edit}


def _name(key: Key) -> tuple[str, str]:
    return key.kind, key.name


def _due(edits: Mapping[Key, Edit], corrected_at: Sequence[datetime], now: datetime) -> Mapping[Key, Edit]:
    """What is written in this pass. A war slows down corrections alone: new weights, such as an abort's, go at once."""
    if may_correct_at(corrected_at, now) <= now:
        return edits
    return {key: edit for key, edit in edits.items() if edit.moves or not edit.corrects}


def _corrected_at(split: SplitView, due: Mapping[Key, Edit], now: datetime) -> Sequence[datetime]:
    before = split.status.corrected_at
    return remembered(before, now) if any(edit.corrects for edit in due.values()) else before


def _wake_at(corrected_at: Sequence[datetime], now: datetime, *, waiting: int) -> datetime | None:
    """When time alone changes something: corrections of a war that wait may be written, or the war is over."""
    if waiting:
        return may_correct_at(corrected_at, now)
    return peace_at(corrected_at) if is_war(corrected_at, now) else None


def _patches(world: SplitWorld, edits: Mapping[Key, Edit], kinds: RouteKinds) -> tuple[PatchList, ...]:
    return tuple(
        PatchList(kinds[key.kind].resource, world.routes[key].meta, edit.operations) for key, edit in edits.items()
    )


def _reported(plan: Plan, split: SplitView, status: TrafficSplitStatus, now: datetime) -> Plan:
    """The plan with its status and Events. A pass that moves traffic leaves the status to one that sees it moved."""
    urgent = is_urgent(split.status, status)
    said = write(split, status) if urgent or not plan.actions else None
    told = events(split.status, status, now)
    return replace(plan, status=said, urgent=urgent, events=told, lag=lag_of(split))
