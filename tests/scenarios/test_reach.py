"""What the stories reach together: every kind of step, and enough of them on both stages."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios import (
    test_analysis,
    test_approvals,
    test_canary,
    test_changed_minds,
    test_groups,
    test_managed_routes,
    test_webhooks,
)
from tests.scenarios.scenario import Scenario
from tests.scenarios.stages.model import ModelStage
from tests.scenarios.story import Story
from tidegate.core.rollout import steps
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps import STEPS, Done, Outcome

PASSED_IN: dict[str, Any] = {
    "set_weight": test_canary.test_a_release_walks_to_the_end_within_its_budget,
    "set_canary_scale": test_changed_minds.test_the_canary_has_the_size_that_a_step_gives_it,
    "set_header_route": test_managed_routes.test_a_header_leads_to_the_canary_while_its_weight_is_0,
    "set_mirror_route": test_managed_routes.test_a_mirror_copies_at_the_weights_in_force_and_goes_when_it_is_taken_away,
    "pause": test_canary.test_a_release_walks_to_the_end_within_its_budget,
    "analysis": test_analysis.test_an_analysis_a_step_within_its_budget,
    "approval": test_approvals.test_one_of_the_list_lets_it_go_on_and_nobody_else,
    "webhook": test_webhooks.test_it_is_called_once_and_told_of_the_release,
    "await_group": test_groups.test_the_fast_one_waits_for_the_slow_one,
}


@pytest.mark.parametrize("kind", STEPS)
def test_a_story_passes_each_kind_of_step(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[Outcome] = []

    def noting(advance: Callable[[Scene], Outcome]) -> Callable[[Scene], Outcome]:
        def noted(scene: Scene) -> Outcome:
            passed.append(outcome := advance(scene))
            return outcome

        return noted

    monkeypatch.setattr(steps, "STEPS", {**STEPS, kind: noting(STEPS[kind])})
    PASSED_IN[kind].scenario.tell(Story(ModelStage()))
    assert any(isinstance(outcome, Done) for outcome in passed), "no step of this kind is ever done"


def test_sixty_stories_have_the_same_course_on_the_model_and_on_a_real_api_server() -> None:
    told = [scenario for name in _modules() for scenario in _scenarios(import_module(name))]
    assert len(told) >= 110
    assert sum(scenario.alike for scenario in told) >= 60


def _modules() -> list[str]:
    return [f"tests.scenarios.{file.stem}" for file in sorted(Path(__file__).parent.glob("test_*.py"))]


def _scenarios(module: Any) -> list[Scenario]:
    found = (getattr(each, "scenario", None) for name, each in vars(module).items() if name.startswith("test_"))
    return [scenario for scenario in found if isinstance(scenario, Scenario)]
