"""Measure again, by itself, what had no data: the traffic or the Prometheus may be back, and nobody need be woken.

An analysis whose values decided nothing waits for a person: more of the same values are no better answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.api.rollout_status import PauseReason
from tidegate.core.actions import Event
from tidegate.core.rollout import analysis
from tidegate.core.rollout.scene import Scene
from tidegate.core.world import RunRole

FIRST = timedelta(seconds=30)
DOUBLINGS = 4
"""Later and later, up to eight minutes: each try is an AnalysisRun."""


def again_at(scene: Scene) -> datetime | None:
    """When the analysis begins anew by itself; None when nothing is undecided, or a person must decide."""
    found = [analysis.find(scene, role) for role in RunRole]
    undecided = [run for run in found if run is not None and analysis.verdict(run) is analysis.Verdict.UNDECIDED]
    if not scene.stepping or not undecided or not all(analysis.without_data(run) for run in undecided):
        return None
    reason = PauseReason.INCONCLUSIVE_ANALYSIS
    since = next((p.start_time for p in scene.status.pause_conditions if p.reason is reason), scene.now)
    return since + FIRST * (1 << min(scene.status.attempt, DOUBLINGS))


def measure_again(scene: Scene) -> Scene:
    """The scene with the undecided analysis begun anew, when its time has come."""
    at = again_at(scene)
    if at is None or at > scene.now or not analysis.undecided(scene):
        return scene
    kept = [p for p in scene.status.pause_conditions if p.reason is not PauseReason.INCONCLUSIVE_ANALYSIS]
    said = Event("MeasuringAgain", "the analysis had no data and begins anew")
    return scene.facts(said, attempt=scene.status.attempt + 1, pause_conditions=kept)
