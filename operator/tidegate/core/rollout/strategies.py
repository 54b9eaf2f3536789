"""What a release goes through, whichever strategy its author wrote: blue/green is a canary with steps of its own.

canary with a router       the steps as written; weights in the user's routes
canary without a router    the steps as written; the share of the pods is the share of the traffic
blue/green                 preview up, prePromotionAnalysis, pause, full size, the switch, postPromotionAnalysis;
                           the active Service's selector is switched, or a route's weights where there is a router
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from tidegate.api.blue_green import BlueGreenStrategy
from tidegate.api.canary import CanaryStrategy
from tidegate.api.location import Location
from tidegate.api.ping_pong import PingPong
from tidegate.api.rollout import RolloutSpec
from tidegate.api.routing import RouteReference, TrafficRouting, all_traffic
from tidegate.api.steps import CanaryStep, GroupStep, Pause, SetCanaryScale
from tidegate.api.strategy_status import PingPongRole
from tidegate.core.rollout.strategy import FULL, ReleaseStrategy, Routing

DELAY_SECONDS = 30
SURGE = "25%"
GROUP: Location = ("group",)


def strategy_of(spec: RolloutSpec, stable_ping_pong: PingPongRole | None = None) -> ReleaseStrategy:
    """The one strategy that the spec names; of two Services that take turns, `stable_ping_pong` has its turn now."""
    written = spec.strategy
    if written.blue_green is not None:
        return _blue_green(written.blue_green, spec.group)
    assert written.canary is not None  # noqa: S101 - the model takes exactly one of the two
    strategy = _canary(written.canary, spec.group)
    turns = written.canary.ping_pong
    return strategy if turns is None else _in_turn(strategy, turns, stable_ping_pong or PingPongRole.PING)


def _in_turn(strategy: ReleaseStrategy, written: PingPong, stable: PingPongRole) -> ReleaseStrategy:
    services = {PingPongRole.PING: written.ping_service, PingPongRole.PONG: written.pong_service}
    return replace(
        strategy,
        stable_service=services[stable],
        canary_service=services[stable.other],
        service_fields=(f"pingPong.{stable}Service", f"pingPong.{stable.other}Service"),
        stable_ping_pong=stable,
    )


def _canary(canary: CanaryStrategy, group: str | None) -> ReleaseStrategy:
    routed = canary.traffic_routing is not None
    path: Location = ("strategy", "canary")
    steps = tuple(_canary_steps(path, canary, group))
    return ReleaseStrategy(
        routing=Routing.ROUTES if routed else Routing.PODS,
        path=path,
        stable_service=canary.stable_service or "",
        canary_service=canary.canary_service or "",
        service_fields=("stableService", "canaryService"),
        steps=tuple(step for _, step in steps),
        step_paths=tuple(place for place, _ in steps),
        routes=_routes(canary.traffic_routing),
        background=canary.analysis,
        scale_down_delay=_seconds(canary.scale_down_delay_seconds, delays=routed and not canary.dynamic_stable_scale),
        abort_scale_down_delay=_seconds(canary.abort_scale_down_delay_seconds, delays=routed),
        scale_down_delay_revision_limit=canary.scale_down_delay_revision_limit,
        max_surge=canary.max_surge if routed or canary.max_surge is not None else SURGE,
        max_unavailable=canary.max_unavailable,
        dynamic_stable_scale=canary.dynamic_stable_scale,
        new_metadata=canary.canary_metadata,
        stable_metadata=canary.stable_metadata,
        anti_affinity=canary.anti_affinity,
        min_pods=canary.min_pods_per_replica_set or 0,
        threshold=canary.replica_progress_threshold,
        managed_routes=_managed_routes(canary.traffic_routing),
        full=all_traffic(canary.traffic_routing),
    )


def _canary_steps(path: Location, canary: CanaryStrategy, group: str | None) -> Iterable[tuple[Location, CanaryStep]]:
    """The steps as written, and those that judge the new version while it has all the traffic."""
    for index, step in enumerate(canary.steps):
        yield _step_path(path, index, step), step
    if group:
        yield GROUP, _could_take_all(canary)
        yield GROUP, GroupStep(await_group=True)
    if canary.post_promotion_analysis is not None:
        bake: Location = (*path, "postPromotionAnalysis")
        yield bake, CanaryStep(set_weight=all_traffic(canary.traffic_routing))
        yield bake, CanaryStep(analysis=canary.post_promotion_analysis)


def _could_take_all(canary: CanaryStrategy) -> CanaryStep:
    """What a member does before it meets the others: one that would break under all users must not be waited for.

    Its pods stand ready beside those of the stable version; where there is no room for that, they take its place.
    """
    if canary.traffic_routing is not None and canary.max_surge is None:
        return CanaryStep(set_canary_scale=SetCanaryScale(weight=FULL))
    return CanaryStep(set_weight=all_traffic(canary.traffic_routing))


def _step_path(path: Location, index: int, step: CanaryStep) -> Location:
    return (*path, "steps", index, *(("analysis",) if step.analysis is not None else ()))


def _seconds(written: int | None, *, delays: bool) -> timedelta:
    return timedelta(seconds=(DELAY_SECONDS if delays else 0) if written is None else written)


def _routes(routing: TrafficRouting | None) -> tuple[RouteReference, ...]:
    return tuple(routing.gateway_api.http_routes) if routing else ()


def _managed_routes(routing: TrafficRouting | None) -> tuple[str, ...]:
    return tuple(route.name for route in (routing.managed_routes or ())) if routing else ()


def _blue_green(written: BlueGreenStrategy, group: str | None) -> ReleaseStrategy:
    path: Location = ("strategy", "blueGreen")
    steps = tuple(_steps(path, written, group))
    return ReleaseStrategy(
        routing=Routing.SERVICE if written.traffic_routing is None else Routing.ROUTES,
        path=path,
        stable_service=written.active_service,
        canary_service=written.preview_service or "",
        service_fields=("activeService", "previewService"),
        steps=tuple(step for _, step in steps),
        step_paths=tuple(place for place, _ in steps),
        routes=_routes(written.traffic_routing),
        background=None,
        scale_down_delay=timedelta(seconds=written.scale_down_delay_seconds),
        abort_scale_down_delay=timedelta(seconds=written.abort_scale_down_delay_seconds),
        scale_down_delay_revision_limit=written.scale_down_delay_revision_limit,
        max_surge=None,
        max_unavailable=written.max_unavailable,
        new_metadata=written.preview_metadata,
        stable_metadata=written.active_metadata,
        anti_affinity=written.anti_affinity,
        instant=True,
        full=all_traffic(written.traffic_routing),
    )


def _steps(path: Location, written: BlueGreenStrategy, group: str | None) -> Iterable[tuple[Location, CanaryStep]]:
    """The order in which Argo Rollouts does it: the timer starts only when the new version is ready and judged."""
    yield (*path, "previewReplicaCount"), CanaryStep(set_canary_scale=_preview_size(written))
    if written.pre_promotion_analysis is not None:
        yield (*path, "prePromotionAnalysis"), CanaryStep(analysis=written.pre_promotion_analysis)
    if not written.auto_promotion_enabled:
        yield (*path, "autoPromotionEnabled"), CanaryStep(pause=Pause())
    elif written.auto_promotion_seconds:
        wait = timedelta(seconds=written.auto_promotion_seconds)
        yield (*path, "autoPromotionSeconds"), CanaryStep(pause=Pause(duration=wait))
    if written.preview_replica_count is not None:
        yield (*path, "activeService"), CanaryStep(set_canary_scale=SetCanaryScale(weight=FULL))
    if group:
        yield GROUP, GroupStep(await_group=True)
    yield (*path, "activeService"), CanaryStep(set_weight=all_traffic(written.traffic_routing))
    if written.post_promotion_analysis is not None:
        yield (*path, "postPromotionAnalysis"), CanaryStep(analysis=written.post_promotion_analysis)


def _preview_size(written: BlueGreenStrategy) -> SetCanaryScale:
    if written.preview_replica_count is None:
        return SetCanaryScale(weight=FULL)
    return SetCanaryScale(replicas=written.preview_replica_count)
