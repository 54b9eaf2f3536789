"""Who may let a release pass its approvals, and who did.

Only a name that is proven counts: an annotation says what its writer likes.
"""

from __future__ import annotations

from tidegate.api.approval import Approvers
from tidegate.api.rollout_status import Approval
from tidegate.core.rollout.scene import Scene

SHOWN = 5
KEPT = 20
UNPROVEN = (
    "nothing proves who writes a request here, so no approval counts: whoever runs the operator can switch the "
    "chart's policy on (requests.policy)"
)


def given(scene: Scene, index: int) -> Approval | None:
    """The approval of a step; one that was given before the steps were changed is none."""
    history = scene.status.history
    found = history[-1].approvals if history else []
    steps = scene.status.current_step_hash
    return next((each for each in found if (each.step, each.step_hash) == (index, steps)), None)


def refusal(scene: Scene, index: int) -> str:
    """Why whoever asks may not approve a step; empty when they may, or when it is no approval or was given."""
    asked = scene.steps[index].approval
    if asked is None or given(scene, index) is not None:
        return ""
    if not scene.world.names_proven:
        return UNPROVEN
    rollout = scene.world.rollout
    if rollout.requested_by in asked.approvers.users or set(rollout.requested_groups) & set(asked.approvers.groups):
        return ""
    return f"{rollout.requested_by or 'nobody'} is not among its approvers: {told(asked.approvers)}"


def give(scene: Scene, reason: str) -> Scene:
    """Write the approval of the current step into the release's line of history: there it stays."""
    approval = Approval(
        step=scene.index,
        step_hash=scene.status.current_step_hash,
        by=scene.world.rollout.requested_by or "",
        reason=reason,
        at=scene.now,
    )
    *before, line = scene.status.history
    return scene.facts(history=[*before, line.model_copy(update={"approvals": [*line.approvals, approval][-KEPT:]})])


def told(approvers: Approvers) -> str:
    """The approvers in words."""
    return " or ".join(
        f"{word} {', '.join(names[:SHOWN])}{f' and {len(names) - SHOWN} more' if len(names) > SHOWN else ''}"
        for word, names in (("users", approvers.users), ("groups", approvers.groups))
        if names
    )
