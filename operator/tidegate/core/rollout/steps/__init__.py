"""The steps of a release: a module each, and one line in this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tidegate.api.rollout import CanaryStep
from tidegate.api.rollout_status import PauseReason
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps import (
    analysis,
    approval,
    await_group,
    pause,
    set_canary_scale,
    set_header_route,
    set_mirror_route,
    set_weight,
    webhook,
)
from tidegate.core.rollout.steps.outcome import TURN, Done, Fail, Outcome, Wait

STEPS: Mapping[str, Callable[[Scene], Outcome]] = {
    "set_weight": set_weight.advance,
    "set_canary_scale": set_canary_scale.advance,
    "set_header_route": set_header_route.advance,
    "set_mirror_route": set_mirror_route.advance,
    "pause": pause.advance,
    "analysis": analysis.advance,
    "approval": approval.advance,
    "webhook": webhook.advance,
    "await_group": await_group.advance,
}
PAUSES = frozenset({PauseReason.CANARY_PAUSE_STEP, PauseReason.APPROVAL, PauseReason.WEBHOOK})
"""The pauses that a step is by itself: they end with it."""
_LETS_TIME_PASS = ("pause", "approval")


def kind_of(step: CanaryStep) -> str:
    """The one field of the step that is set."""
    return next(kind for kind in STEPS if getattr(step, kind, None) is not None)


def acts(scene: Scene) -> bool:
    """Whether the current step changes the world, or merely lets time pass."""
    return scene.steps_done or kind_of(scene.steps[scene.index]) not in _LETS_TIME_PASS


def advance(scene: Scene) -> Outcome:
    """Ask the current step how far it is."""
    return STEPS[kind_of(scene.steps[scene.index])](scene)


__all__ = ["PAUSES", "STEPS", "TURN", "Done", "Fail", "Outcome", "Wait", "acts", "advance", "kind_of"]
