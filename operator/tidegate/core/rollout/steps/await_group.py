"""The step that `spec.group` adds: nobody gets all the traffic before all of the group can."""

from __future__ import annotations

from tidegate.core.rollout.group import GROUP_NOT_READY, as_far
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Done, Outcome, Wait


def advance(scene: Scene) -> Outcome:
    """The traffic can be taken back from a member as long as its stable version stands: so they meet before its end."""
    behind = [view for view in scene.world.members.values() if not as_far(view)]
    if not behind:
        return Done(fleeting=True)
    name, stands = behind[0].meta.name, behind[0].status.message or "it was not looked at yet"
    others = f" and {len(behind) - 1} more" if len(behind) > 1 else ""
    group = f"the group {scene.spec.group} takes all the traffic together"
    return Wait(GROUP_NOT_READY, f"{group}: {name}{others} is not as far: {stands[:300]}")
