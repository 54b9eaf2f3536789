"""What a release goes through, whole: each strategy with all its fields, and with none but those it needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.core.rollout.making import FIFTH, HALF, JUDGE, PAUSE, STEP, make_spec
from tests.unit.core.rollout.switching import blue_green_spec
from tidegate.api.pods import AntiAffinity, PodMetadata
from tidegate.api.rollout_analysis import RolloutAnalysis, RolloutAnalysisBackground
from tidegate.api.routing import RouteReference
from tidegate.api.sizing import ReplicaProgressThreshold
from tidegate.api.steps import CanaryStep
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.rollout.strategy import LINGER, ReleaseStrategy, Routing

NEW_METADATA, STABLE_METADATA = {"labels": {"role": "new"}}, {"labels": {"role": "stable"}}
APART = {"preferredDuringSchedulingIgnoredDuringExecution": {"weight": 7}}
ROUTED = {"gatewayAPI": {"httpRoutes": [{"name": "web"}, {"name": "inner", "rule": "all"}]}}
MANAGED = {**ROUTED, "managedRoutes": [{"name": "testers"}, {"name": "copies"}]}
ROUTES = (RouteReference(name="web"), RouteReference(name="inner", rule="all"))
THRESHOLD = {"type": "Pods", "value": 2}
UNROUTED: dict[str, Any] = {"trafficRouting": None, "canaryService": None, "stableService": None}


def steps(*written: dict[str, Any]) -> tuple[CanaryStep, ...]:
    return tuple(CanaryStep.model_validate(step) for step in written)


def seconds(number: int) -> timedelta:
    return timedelta(seconds=number)


def test_a_canary_with_a_router_and_every_field() -> None:
    spec = make_spec(
        FIFTH,
        STEP,
        canary={
            "trafficRouting": MANAGED,
            "analysis": {**JUDGE, "startingStep": 1},
            "postPromotionAnalysis": JUDGE,
            "scaleDownDelaySeconds": 3,
            "abortScaleDownDelaySeconds": 4,
            "scaleDownDelayRevisionLimit": 5,
            "maxUnavailable": 1,
            "canaryMetadata": NEW_METADATA,
            "stableMetadata": STABLE_METADATA,
            "antiAffinity": APART,
            "minPodsPerReplicaSet": 6,
            "replicaProgressThreshold": THRESHOLD,
        },
    )
    at = ("strategy", "canary")
    assert strategy_of(spec) == ReleaseStrategy(
        routing=Routing.ROUTES,
        path=at,
        stable_service="web",
        canary_service="web-canary",
        service_fields=("stableService", "canaryService"),
        steps=steps(FIFTH, STEP, {"setWeight": 100}, STEP),
        step_paths=(
            (*at, "steps", 0),
            (*at, "steps", 1, "analysis"),
            (*at, "postPromotionAnalysis"),
            (*at, "postPromotionAnalysis"),
        ),
        routes=ROUTES,
        background=RolloutAnalysisBackground.model_validate({**JUDGE, "startingStep": 1}),
        scale_down_delay=seconds(3),
        abort_scale_down_delay=seconds(4),
        scale_down_delay_revision_limit=5,
        max_surge=None,
        max_unavailable=1,
        new_metadata=PodMetadata.model_validate(NEW_METADATA),
        stable_metadata=PodMetadata.model_validate(STABLE_METADATA),
        anti_affinity=AntiAffinity.model_validate(APART),
        min_pods=6,
        threshold=ReplicaProgressThreshold.model_validate(THRESHOLD),
        managed_routes=("testers", "copies"),
    )


def test_a_canary_with_a_router_and_nothing_else() -> None:
    assert strategy_of(make_spec()) == ReleaseStrategy(
        routing=Routing.ROUTES,
        path=("strategy", "canary"),
        stable_service="web",
        canary_service="web-canary",
        service_fields=("stableService", "canaryService"),
        steps=(),
        step_paths=(),
        routes=ROUTES[:1],
        background=None,
        scale_down_delay=seconds(30),
        abort_scale_down_delay=seconds(30),
        scale_down_delay_revision_limit=None,
        max_surge=None,
        max_unavailable="25%",
    )


def test_a_canary_without_a_router_replaces_pods_as_a_deployment_does() -> None:
    assert strategy_of(make_spec(HALF, canary=UNROUTED)) == ReleaseStrategy(
        routing=Routing.PODS,
        path=("strategy", "canary"),
        stable_service="",
        canary_service="",
        service_fields=("stableService", "canaryService"),
        steps=steps(HALF),
        step_paths=(("strategy", "canary", "steps", 0),),
        routes=(),
        background=None,
        scale_down_delay=seconds(0),
        abort_scale_down_delay=seconds(0),
        scale_down_delay_revision_limit=None,
        max_surge="25%",
        max_unavailable="25%",
    )


def test_what_the_author_says_of_max_surge_holds_with_a_router_and_without() -> None:
    assert strategy_of(make_spec(canary={**UNROUTED, "maxSurge": 0})).max_surge == 0
    assert strategy_of(make_spec(canary={"maxSurge": 2})).max_surge == 2
    assert strategy_of(make_spec(canary={**UNROUTED, "dynamicStableScale": True})).dynamic_stable_scale


@pytest.mark.parametrize(
    ("canary", "delay", "lingers", "shrinks"),
    [
        ({}, 30, True, False),
        ({"scaleDownDelaySeconds": 10}, 10, True, False),
        ({"scaleDownDelaySeconds": 9}, 9, False, False),
        ({"scaleDownDelaySeconds": 0}, 0, False, False),
        ({"dynamicStableScale": True}, 0, False, True),
        ({"maxSurge": 1}, 30, False, True),
        ({**UNROUTED, "maxSurge": 1}, 0, False, False),
    ],
)
def test_how_long_the_old_version_stands(canary: dict[str, Any], delay: int, lingers: bool, shrinks: bool) -> None:
    strategy = strategy_of(make_spec(canary=canary))
    assert seconds(10) == LINGER
    assert strategy.scale_down_delay == seconds(delay)
    assert (strategy.lingers, strategy.shrinks_stable) == (lingers, shrinks)


def test_blue_green_with_every_field() -> None:
    spec = blue_green_spec(
        blue_green={
            "previewReplicaCount": 2,
            "prePromotionAnalysis": JUDGE,
            "autoPromotionSeconds": 9,
            "postPromotionAnalysis": JUDGE,
            "trafficRouting": ROUTED,
            "scaleDownDelaySeconds": 3,
            "abortScaleDownDelaySeconds": 4,
            "scaleDownDelayRevisionLimit": 5,
            "maxUnavailable": 1,
            "previewMetadata": NEW_METADATA,
            "activeMetadata": STABLE_METADATA,
            "antiAffinity": APART,
        }
    )
    fields = (
        "previewReplicaCount",
        "prePromotionAnalysis",
        "autoPromotionSeconds",
        "activeService",
        "activeService",
        "postPromotionAnalysis",
    )
    assert strategy_of(spec) == ReleaseStrategy(
        routing=Routing.ROUTES,
        path=("strategy", "blueGreen"),
        stable_service="web",
        canary_service="web-preview",
        service_fields=("activeService", "previewService"),
        steps=steps(
            {"setCanaryScale": {"replicas": 2}},
            {"analysis": JUDGE},
            {"pause": {"duration": "9s"}},
            {"setCanaryScale": {"weight": 100}},
            {"setWeight": 100},
            {"analysis": JUDGE},
        ),
        step_paths=tuple(("strategy", "blueGreen", field) for field in fields),
        routes=ROUTES,
        background=None,
        scale_down_delay=seconds(3),
        abort_scale_down_delay=seconds(4),
        scale_down_delay_revision_limit=5,
        max_surge=None,
        max_unavailable=1,
        instant=True,
        new_metadata=PodMetadata.model_validate(NEW_METADATA),
        stable_metadata=PodMetadata.model_validate(STABLE_METADATA),
        anti_affinity=AntiAffinity.model_validate(APART),
    )


def test_blue_green_with_nothing_but_the_active_service() -> None:
    assert strategy_of(blue_green_spec(blue_green={"previewService": None})) == ReleaseStrategy(
        routing=Routing.SERVICE,
        path=("strategy", "blueGreen"),
        stable_service="web",
        canary_service="",
        service_fields=("activeService", "previewService"),
        steps=steps({"setCanaryScale": {"weight": 100}}, {"setWeight": 100}),
        step_paths=(("strategy", "blueGreen", "previewReplicaCount"), ("strategy", "blueGreen", "activeService")),
        routes=(),
        background=None,
        scale_down_delay=seconds(30),
        abort_scale_down_delay=seconds(30),
        scale_down_delay_revision_limit=None,
        max_surge=None,
        max_unavailable="25%",
        instant=True,
    )


def test_blue_green_that_waits_for_a_person() -> None:
    strategy = strategy_of(blue_green_spec(blue_green={"autoPromotionEnabled": False}))
    assert strategy.steps == steps({"setCanaryScale": {"weight": 100}}, PAUSE, {"setWeight": 100})
    assert [path[-1] for path in strategy.step_paths] == [
        "previewReplicaCount",
        "autoPromotionEnabled",
        "activeService",
    ]


def test_all_analyses_of_a_release_with_their_places() -> None:
    at = ("strategy", "canary")
    canary = {"analysis": {**JUDGE, "startingStep": 0}, "postPromotionAnalysis": JUDGE}
    strategy = strategy_of(make_spec(FIFTH, STEP, canary=canary))
    judge = RolloutAnalysis.model_validate(JUDGE)
    assert list(strategy.analyses()) == [
        ((*at, "analysis"), RolloutAnalysisBackground.model_validate({**JUDGE, "startingStep": 0})),
        ((*at, "steps", 1, "analysis"), judge),
        ((*at, "postPromotionAnalysis"), judge),
    ]
    assert list(strategy_of(make_spec(FIFTH)).analyses()) == []
