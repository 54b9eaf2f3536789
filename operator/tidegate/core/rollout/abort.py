"""Taking a release back. It needs no metric, no webhook and no approval: only the API server."""

from __future__ import annotations

from tidegate.core.actions import Event
from tidegate.core.rollout.scene import Scene


def abort(scene: Scene, cause: str) -> Scene:
    """From here on the targets are the stable version's: weight 0 first, then the Service, then the pods."""
    return scene.facts(
        Event("Aborted", f"revision {scene.status.current_revision} is taken back: {cause}", warning=True),
        abort=True,
        aborted_at=scene.now,
        abort_cause=cause,
        current_step_index=0,
        current_step_started_at=scene.now,
        pause_conditions=[],
        promote_full=False,
    )
