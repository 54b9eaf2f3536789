"""The AnalysisRuns of a release: which there must be, what they say, which are over.

A run's name follows from revision, step and attempt, so a restart finds it and nothing is measured twice or skipped.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from tidegate.api.analysis import AnalysisPhase
from tidegate.api.meta import API_VERSION
from tidegate.api.rollout_analysis import OnFailure, RolloutAnalysis
from tidegate.api.rollout_status import PauseReason
from tidegate.api.strategy_status import RunStatus
from tidegate.core.actions import Action, Create, Delete, Event, Merge, Resource
from tidegate.core.analysis.release import AnalysisError, ReleaseFacts, build_run
from tidegate.core.analysis.verdict import NO_DATA
from tidegate.core.rollout.ownership import owner_reference
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.world import HASH_LABEL, RUN_ROLE, RunRole, RunView


class Verdict(StrEnum):
    """What a run means for its release."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    UNDECIDED = "Undecided"
    """Inconclusive, or it could not be measured: the release is held, neither passed nor failed."""
    RUNNING = "Running"


_VERDICTS = {
    AnalysisPhase.SUCCESSFUL: Verdict.SUCCESSFUL,
    AnalysisPhase.FAILED: Verdict.FAILED,
    AnalysisPhase.INCONCLUSIVE: Verdict.UNDECIDED,
    AnalysisPhase.ERROR: Verdict.UNDECIDED,
}


def verdict(run: RunView) -> Verdict:
    """Four verdicts, never mixed up: no data is not success, and what could not be measured is not failure."""
    return _VERDICTS.get(run.status.phase, Verdict.RUNNING)


_FAILED_MEANS = {
    OnFailure.ABORT: Verdict.FAILED,
    OnFailure.PAUSE: Verdict.UNDECIDED,
    OnFailure.NOTIFY: Verdict.SUCCESSFUL,
}


def meaning(run: RunView, asked: RolloutAnalysis) -> Verdict:
    """What the verdict does to the release: of a failed run its author says by `onFailure`."""
    said = verdict(run)
    return _FAILED_MEANS[asked.on_failure or OnFailure.ABORT] if said is Verdict.FAILED else said


def notice(run: RunView) -> tuple[Event, ...]:
    """What is said of a run that failed, and whose author wants no more than to be told."""
    return (Event("AnalysisFailed", cause(run), warning=True),) if verdict(run) is Verdict.FAILED else ()


def held_reason(run: RunView) -> str:
    """Why a person must decide, in one word."""
    return "AnalysisFailed" if verdict(run) is Verdict.FAILED else "AnalysisUndecided"


def completed(run: RunView) -> bool:
    """Whether the run has a verdict."""
    return verdict(run) is not Verdict.RUNNING


def run_name(scene: Scene, role: RunRole) -> str:
    """`ROLLOUT-HASH-REVISION-STEP[.ATTEMPT]`, or `-background` in the place of the step."""
    where = "background" if role is RunRole.BACKGROUND else str(scene.index)
    attempt = f".{scene.status.attempt}" if scene.status.attempt else ""
    return f"{_prefix(scene)}{where}{attempt}"


def _prefix(scene: Scene) -> str:
    """How the names of all runs of this release begin."""
    return f"{scene.world.rollout.meta.name[:200]}-{scene.new_hash}-{scene.status.current_revision}-"


def find(scene: Scene, role: RunRole) -> RunView | None:
    """The run that this step, or the background, has now."""
    name = run_name(scene, role)
    return next((run for run in scene.world.runs if run.meta.name == name), None)


def start(scene: Scene, role: RunRole, asked: RolloutAnalysis) -> Wait:
    """Create the run; or say which template or argument is missing, and wait for it."""
    try:
        spec, metadata = build_run(asked, scene.world.templates, release_facts(scene))
    except AnalysisError as error:
        return Wait("AnalysisInvalid", str(error))
    name = run_name(scene, role)
    return Wait("Analysis", f"AnalysisRun {name} is starting", actions=(_create(scene, role, name, spec, metadata),))


def release_facts(scene: Scene) -> ReleaseFacts:
    """What the arguments of an analysis can be taken from."""
    rollout = scene.world.rollout
    return ReleaseFacts(
        name=rollout.meta.name,
        namespace=rollout.meta.namespace,
        canary_hash=scene.new_hash,
        stable_hash=scene.status.stable_rs,
        canary_service=scene.strategy.canary_service,
        stable_service=scene.strategy.stable_service,
        manifest={
            "metadata": {
                "name": rollout.meta.name,
                "namespace": rollout.meta.namespace,
                "labels": rollout.labels,
                "annotations": rollout.annotations,
            },
            "spec": scene.spec.model_dump(mode="json", exclude_unset=True),
        },
    )


def _create(scene: Scene, role: RunRole, name: str, spec: dict[str, Any], metadata: dict[str, Any]) -> Create:
    rollout = scene.world.rollout.meta
    labels = {**metadata.get("labels", {}), HASH_LABEL: scene.new_hash, RUN_ROLE: str(role)}
    body = {
        "apiVersion": API_VERSION,
        "kind": "AnalysisRun",
        "metadata": {
            **metadata,
            "name": name,
            "namespace": rollout.namespace,
            "labels": labels,
            "ownerReferences": [owner_reference(rollout)],
        },
        "spec": spec,
    }
    return Create(Resource.RUNS, rollout.namespace, name, body, rollout.uid)


def wants_background(scene: Scene) -> bool:
    """From `startingStep` until the steps are done; with `initial` in the first deployment too."""
    asked = scene.strategy.background
    if scene.first_release:
        return asked is not None and asked.initial and not scene.status.promote_full
    return asked is not None and scene.stepping and not scene.steps_done and scene.index >= (asked.starting_step or 0)


def without_data(run: RunView) -> bool:
    """The run is undecided because there was nothing to measure, and for no other reason."""
    undecided = (AnalysisPhase.INCONCLUSIVE, AnalysisPhase.ERROR)
    results = [r for r in run.status.metric_results if not r.dry_run and r.phase in undecided]
    return bool(results) and all(r.reason == NO_DATA for r in results)


def undecided_message(scene: Scene, run: RunView) -> str:
    """Why nothing was decided, and what a person can do."""
    name = scene.world.rollout.meta.name
    itself = "it is measured again after a while; " if without_data(run) else ""
    return (
        f"AnalysisRun {run.meta.name} is {run.status.phase}: {run.status.message or 'no reason given'}; {itself}"
        f"`tidegate resume {name}` measures again, `tidegate promote {name}` goes on without it"
    )


def running_message(run: RunView) -> str:
    """What the run says of itself: the provider that gives no answer, the measurements so far."""
    said = run.spec_error or run.status.message
    return f"AnalysisRun {run.meta.name} is measuring" + (f": {said}" if said else "")


def cause(run: RunView) -> str:
    """Why the release is taken back."""
    return f"AnalysisRun {run.meta.name} is {run.status.phase}: {run.status.message or 'no reason given'}"


def brief(run: RunView | None) -> RunStatus | None:
    """A run as the Rollout's status tells of it."""
    if run is None:
        return None
    return RunStatus(name=run.meta.name, status=str(run.status.phase), message=run.status.message or "")


def stop_needless(scene: Scene) -> Iterable[Action]:
    """Ask runs to end that nobody waits for any more: aborted, skipped, superseded, or the release is over."""
    needed = {run_name(scene, RunRole.BACKGROUND)} if wants_background(scene) else set()
    if scene.stepping and not scene.steps_done:
        needed.add(run_name(scene, RunRole.STEP))
    for run in scene.world.runs:
        stopped = completed(run) or run.spec is None or run.spec.terminate
        if run.role is not None and not stopped and run.meta.name not in needed:
            yield Merge(Resource.RUNS, run.meta, {"spec": {"terminate": True}})


def collect(scene: Scene) -> Iterable[Action]:
    """Delete ended runs beyond the limits, oldest first."""
    limits = scene.spec.analysis
    ended = sorted((run for run in scene.world.runs if run.role and completed(run)), key=lambda r: r.meta.created_at)
    mine = [run for run in ended if run.meta.name not in _current(scene)]
    good = [run for run in mine if verdict(run) is Verdict.SUCCESSFUL]
    bad = [run for run in mine if verdict(run) is not Verdict.SUCCESSFUL]
    beyond = [
        *good[: max(0, len(good) - limits.successful_run_history_limit)],
        *bad[: max(0, len(bad) - limits.unsuccessful_run_history_limit)],
    ]
    return [Delete(Resource.RUNS, run.meta) for run in beyond]


def _current(scene: Scene) -> set[str]:
    """Runs of this release decide on it: never collected while it lasts, else they would be measured again."""
    names = {run.meta.name for run in scene.world.runs if run.meta.name.startswith(_prefix(scene))}
    written = scene.world.rollout.status.stable_rs
    return names if scene.releasing or scene.first_release or written != scene.status.stable_rs else set()


def undecided(scene: Scene) -> bool:
    """An undecided analysis holds the release until a person decides."""
    return any(p.reason is PauseReason.INCONCLUSIVE_ANALYSIS for p in scene.status.pause_conditions)
