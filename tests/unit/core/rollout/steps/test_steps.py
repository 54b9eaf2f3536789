"""The table of steps: each kind has its module, and one that only lets time pass is told from one that acts."""

from __future__ import annotations

import pytest

from tests.unit.core.rollout.making import FIFTH, PAUSE, STEP, Step, analysis_template, route, scene
from tidegate.api.steps import CanaryStep
from tidegate.core.rollout.steps import STEPS, Wait, acts, advance, kind_of

APPROVAL: Step = {"approval": {"approvers": {"users": ["ann"]}}}
WEBHOOK: Step = {"webhook": {"url": "https://gate.example.com/"}}
SCALE: Step = {"setCanaryScale": {"replicas": 2}}


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (FIFTH, "set_weight"),
        ({"setWeight": 0}, "set_weight"),
        (SCALE, "set_canary_scale"),
        ({"setHeaderRoute": {"name": "testers"}}, "set_header_route"),
        ({"setMirrorRoute": {"name": "copies"}}, "set_mirror_route"),
        (PAUSE, "pause"),
        (STEP, "analysis"),
        (APPROVAL, "approval"),
        (WEBHOOK, "webhook"),
    ],
)
def test_the_kind_is_the_field_that_is_set(step: Step, kind: str) -> None:
    assert kind_of(CanaryStep.model_validate(step)) == kind


def test_every_kind_that_a_user_may_write_is_in_the_table() -> None:
    refused = {name for name, field in CanaryStep.model_fields.items() if field.annotation is type(None)}
    assert set(CanaryStep.model_fields) - refused == set(STEPS) - {"await_group"}


@pytest.mark.parametrize(
    ("steps", "index", "does"),
    [
        pytest.param([PAUSE, FIFTH], 0, False, id="a pause lets time pass"),
        pytest.param([PAUSE, FIFTH], 1, True, id="a weight acts"),
        pytest.param([STEP], 0, True, id="an analysis starts a run"),
        pytest.param([APPROVAL, FIFTH], 0, False, id="an approval lets time pass"),
        pytest.param([WEBHOOK], 0, True, id="a webhook calls"),
        pytest.param([PAUSE], 1, True, id="the end promotes"),
    ],
)
def test_which_steps_act(steps: list[Step], index: int, does: bool) -> None:
    assert acts(scene(*steps, index=index)) is does


SAMPLES: dict[str, tuple[Step, str]] = {
    "set_weight": (FIFTH, "WeightNotSeen"),
    "set_canary_scale": (SCALE, "PodsNotAvailable"),
    "set_header_route": ({"setHeaderRoute": {"name": "testers"}}, "ManagedRouteNotSeen"),
    "set_mirror_route": ({"setMirrorRoute": {"name": "testers"}}, "ManagedRouteNotSeen"),
    "pause": (PAUSE, "Paused"),
    "analysis": (STEP, "Analysis"),
    "approval": (APPROVAL, "Approval"),
    "webhook": (WEBHOOK, "Webhook"),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_row_of_the_table_is_asked(kind: str) -> None:
    """By what only that step waits for, in a release that has just begun."""
    step, reason = SAMPLES[kind]
    stray = (route(50, strays=("testers",)),)
    managed = {"gatewayAPI": {"httpRoutes": [{"name": "web"}]}, "managedRoutes": [{"name": "testers"}]}
    here = scene(step, canary={"trafficRouting": managed}, templates=(analysis_template(),), routes=stray)
    outcome = advance(here)
    assert isinstance(outcome, Wait)
    assert outcome.reason == reason
