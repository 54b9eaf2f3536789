"""The table of steps: each kind has its module, and one that only lets time pass is told from one that acts."""

from __future__ import annotations

import pytest

from tests.unit.core.rollout.making import FIFTH, PAUSE, STEP, Step, scene
from tidegate.api.steps import CanaryStep
from tidegate.core.rollout.steps import STEPS, acts, kind_of

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
    assert set(CanaryStep.model_fields) - refused == set(STEPS)


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
