"""The AnalysisRuns of a release: their names, what they say, which are stopped and which are deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    JUDGE,
    NEW,
    NOW,
    OWNER,
    PAUSE,
    STEP,
    aborted,
    ago,
    analysis_template,
    first,
    meta,
    over,
    pause,
    run,
    scene,
)
from tidegate.api.analysis import AnalysisPhase
from tidegate.api.analysis_status import MetricResult
from tidegate.api.rollout_analysis import OnFailure, RolloutAnalysis
from tidegate.api.rollout_status import PauseReason
from tidegate.api.strategy_status import RunStatus
from tidegate.core.actions import Create, Delete, Event, Merge, Resource
from tidegate.core.rollout import analysis
from tidegate.core.rollout.analysis import (
    Verdict,
    held_reason,
    meaning,
    notice,
    release_facts,
    undecided_message,
    without_data,
)
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.world import RunRole, RunView

PREFIX = f"web-{NEW}-2"
BACKGROUND = f"{PREFIX}-background"
PENDING, RUNNING = AnalysisPhase.PENDING, AnalysisPhase.RUNNING
SUCCESSFUL, FAILED = AnalysisPhase.SUCCESSFUL, AnalysisPhase.FAILED
INCONCLUSIVE, ERROR = AnalysisPhase.INCONCLUSIVE, AnalysisPhase.ERROR
WATCHED = {"canary": {"analysis": JUDGE}}


@pytest.mark.parametrize(
    ("phase", "verdict"),
    [
        (PENDING, Verdict.RUNNING),
        (RUNNING, Verdict.RUNNING),
        (SUCCESSFUL, Verdict.SUCCESSFUL),
        (FAILED, Verdict.FAILED),
        (INCONCLUSIVE, Verdict.UNDECIDED),
        (ERROR, Verdict.UNDECIDED),
    ],
)
def test_four_verdicts_never_mixed_up(phase: AnalysisPhase, verdict: Verdict) -> None:
    assert analysis.verdict(run("a", phase)) is verdict
    assert analysis.completed(run("a", phase)) is phase.completed


@pytest.mark.parametrize(
    ("role", "index", "attempt", "name"),
    [
        pytest.param(RunRole.STEP, 0, 0, f"{PREFIX}-0", id="of a step"),
        pytest.param(RunRole.STEP, 1, 2, f"{PREFIX}-1.2", id="of a step, tried again"),
        pytest.param(RunRole.BACKGROUND, 1, 0, BACKGROUND, id="in the background"),
        pytest.param(RunRole.BACKGROUND, 1, 1, f"{BACKGROUND}.1", id="in the background, tried again"),
    ],
)
def test_a_run_is_named_after_what_it_is_for(role: RunRole, index: int, attempt: int, name: str) -> None:
    here = scene(STEP, STEP, index=index, status={"attempt": attempt})
    assert analysis.run_name(here, role) == name
    runs = (run("another"), run(name))
    assert analysis.find(scene(STEP, STEP, index=index, status={"attempt": attempt}, runs=runs), role) == runs[1]
    assert analysis.find(here, role) is None


def test_a_long_name_leaves_room_for_the_rest() -> None:
    here = scene(STEP)
    rollout = replace(here.world.rollout, meta=meta("w" * 253))
    long = replace(here, world=replace(here.world, rollout=rollout))
    assert analysis.run_name(long, RunRole.BACKGROUND) == f"{'w' * 200}-{NEW}-2-background"


def test_the_run_has_the_labels_and_annotations_that_were_asked_for_and_its_own() -> None:
    asked = {**JUDGE, "analysisRunMetadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}}}
    wait = analysis.start(
        scene(FIFTH, templates=(analysis_template(),)), RunRole.BACKGROUND, RolloutAnalysis.model_validate(asked)
    )
    (create,) = wait.actions
    assert isinstance(create, Create)
    labels = {
        "team": "a",
        "tidegate.dev/pod-template-hash": NEW,
        "tidegate.dev/analysis-role": "background",
    }
    assert create.body["metadata"] == {
        "name": BACKGROUND,
        "namespace": "shop",
        "labels": labels,
        "annotations": {"note": "b"},
        "ownerReferences": [OWNER],
    }
    assert (create.resource, create.namespace, create.name, create.owner_uid) == (
        Resource.RUNS,
        "shop",
        BACKGROUND,
        "uid-web",
    )


def test_a_run_that_cannot_be_made_says_what_is_missing() -> None:
    wait = analysis.start(scene(FIFTH), RunRole.STEP, RolloutAnalysis.model_validate(JUDGE))
    assert wait == Wait("AnalysisInvalid", "AnalysisTemplate judge is not there: create it or mend the name")


def test_arguments_can_be_taken_from_the_rollout_as_it_was_written() -> None:
    rollout = {"labels": {"region": "eu"}, "annotations": {"note": "b"}}
    facts = analysis.release_facts(scene(FIFTH, rollout=rollout))
    assert (facts.name, facts.namespace) == ("web", "shop")
    assert (facts.canary_hash, facts.canary_service, facts.stable_service) == (NEW, "web-canary", "web")
    assert facts.stable_hash == scene(FIFTH).status.stable_rs
    assert facts.manifest["metadata"] == {"name": "web", "namespace": "shop", **rollout}
    spec = facts.manifest["spec"]
    assert spec["replicas"] == 5
    assert spec["strategy"]["canary"]["steps"] == [FIFTH]
    # A default that nobody wrote is not there: what is taken must be what the author sees.
    assert "paused" not in spec


@pytest.mark.parametrize(
    ("here", "wanted"),
    [
        pytest.param(scene(FIFTH, **WATCHED), True, id="from the first step"),
        pytest.param(scene(FIFTH), False, id="none is asked for"),
        pytest.param(scene(FIFTH, index=1, **WATCHED), False, id="all steps are done"),
        pytest.param(aborted(FIFTH, **WATCHED), False, id="taken back"),
        pytest.param(over(FIFTH, **WATCHED), False, id="over"),
        pytest.param(scene(FIFTH, PAUSE, canary={"analysis": {**JUDGE, "startingStep": 1}}), False, id="not yet"),
        pytest.param(scene(FIFTH, PAUSE, index=1, canary={"analysis": {**JUDGE, "startingStep": 1}}), True, id="now"),
    ],
)
def test_when_the_background_is_watched(here: Scene, wanted: bool) -> None:
    assert analysis.wants_background(here) is wanted


@pytest.mark.parametrize(
    ("view", "brief"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(run("a", FAILED, message="slow"), RunStatus(name="a", status="Failed", message="slow"), id="one"),
        pytest.param(run("a", PENDING), RunStatus(name="a", status="Pending"), id="it has not begun"),
    ],
)
def test_a_run_in_brief(view: RunView | None, brief: RunStatus | None) -> None:
    assert analysis.brief(view) == brief


def names(actions: Any) -> list[str]:
    return [action.meta.name for action in actions]


MINE, NEXT = run(f"{PREFIX}-0"), run(f"{PREFIX}-1")
BESIDE = run(BACKGROUND, role=RunRole.BACKGROUND)


def stopped(make: Any, *steps: Any, **fields: Any) -> list[str]:
    return names(analysis.stop_needless(make(*steps, runs=(MINE, NEXT, BESIDE), **fields)))


def test_what_is_stopped_is_asked_to_end() -> None:
    (action,) = analysis.stop_needless(aborted(STEP, runs=(MINE,)))
    assert action == Merge(Resource.RUNS, MINE.meta, {"spec": {"terminate": True}})


@pytest.mark.parametrize(
    ("needless", "wanted"),
    [
        pytest.param(stopped(scene, STEP, PAUSE, **WATCHED), [f"{PREFIX}-1"], id="the current ones go on"),
        pytest.param(stopped(scene, STEP, PAUSE), [f"{PREFIX}-1", BACKGROUND], id="the background is not asked for"),
        pytest.param(
            stopped(scene, STEP, PAUSE, index=1, **WATCHED), [f"{PREFIX}-0"], id="the step before was skipped"
        ),
        pytest.param(
            stopped(scene, STEP, PAUSE, index=2, **WATCHED), [f"{PREFIX}-0", f"{PREFIX}-1", BACKGROUND], id="steps done"
        ),
        pytest.param(
            stopped(aborted, STEP, PAUSE, **WATCHED), [f"{PREFIX}-0", f"{PREFIX}-1", BACKGROUND], id="taken back"
        ),
        pytest.param(stopped(over, STEP, PAUSE, **WATCHED), [f"{PREFIX}-0", f"{PREFIX}-1", BACKGROUND], id="over"),
        pytest.param(
            stopped(scene, STEP, PAUSE, status={"attempt": 1}, **WATCHED),
            [f"{PREFIX}-0", f"{PREFIX}-1", BACKGROUND],
            id="of the attempt before",
        ),
        pytest.param(
            stopped(scene, STEP, index=1), [f"{PREFIX}-0", f"{PREFIX}-1", BACKGROUND], id="of a step that is no more"
        ),
    ],
)
def test_runs_that_nobody_waits_for_are_stopped(needless: list[str], wanted: list[str]) -> None:
    assert needless == wanted


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(run("a", SUCCESSFUL), id="it is over"),
        pytest.param(run("a", ERROR), id="it could not be measured"),
        pytest.param(run("a", spec={"terminate": True}), id="it was asked already"),
        pytest.param(run("a", problem="spec.metrics: none"), id="it can't be read"),
        pytest.param(run("a", role=None), id="somebody else made it"),
    ],
)
def test_other_runs_are_left_alone(view: RunView) -> None:
    assert list(analysis.stop_needless(aborted(STEP, runs=(view,)))) == []


def ended(name: str, phase: AnalysisPhase, age: float, **fields: Any) -> RunView:
    return run(name, phase, created=ago(age), **fields)


LIMITS = {"spec": {"analysis": {"successfulRunHistoryLimit": 1, "unsuccessfulRunHistoryLimit": 2}}}


@pytest.mark.parametrize(
    ("make", "runs", "deleted"),
    [
        pytest.param(over, [ended("a", SUCCESSFUL, 2), ended("b", SUCCESSFUL, 1)], ["a"], id="good ones, the oldest"),
        pytest.param(
            over,
            [
                ended("a", FAILED, 1),
                ended("b", INCONCLUSIVE, 2),
                ended("c", ERROR, 4),
                ended("d", FAILED, 3),
                ended("e", SUCCESSFUL, 9),
            ],
            ["c", "d"],
            id="bad ones, counted together",
        ),
        pytest.param(
            over, [ended("a", SUCCESSFUL, 9), ended("b", FAILED, 9), ended("c", FAILED, 9)], [], id="within the limits"
        ),
        pytest.param(
            over,
            [ended("a", RUNNING, 9), ended("b", PENDING, 9), ended("c", RUNNING, 9), ended("d", SUCCESSFUL, 1)],
            [],
            id="not over yet",
        ),
        pytest.param(
            over,
            [ended("a", SUCCESSFUL, 9, role=None), ended("b", SUCCESSFUL, 9)],
            [],
            id="somebody else's are neither deleted nor counted",
        ),
        pytest.param(
            scene,
            [
                ended(f"{PREFIX}-0", SUCCESSFUL, 3),
                ended(f"{PREFIX}-1", SUCCESSFUL, 2),
                ended(BACKGROUND, SUCCESSFUL, 1),
            ],
            [],
            id="those of the release under way decide on it",
        ),
        pytest.param(
            scene,
            [ended(f"web-{NEW}-1-0", SUCCESSFUL, 3), ended(f"web-{NEW}-1-1", SUCCESSFUL, 2)],
            [f"web-{NEW}-1-0"],
            id="of the same version, when it was another revision",
        ),
        pytest.param(
            over,
            [ended(f"{PREFIX}-0", SUCCESSFUL, 3), ended(f"{PREFIX}-1", SUCCESSFUL, 2)],
            [f"{PREFIX}-0"],
            id="when it is over they count like any other",
        ),
        pytest.param(
            aborted,
            [ended(f"{PREFIX}-0", FAILED, 5), ended(f"{PREFIX}-1", FAILED, 4), ended(BACKGROUND, FAILED, 3)],
            [],
            id="one that was taken back may be tried again",
        ),
    ],
)
def test_ended_runs_are_deleted_beyond_the_limits(make: Any, runs: list[RunView], deleted: list[str]) -> None:
    here = make(STEP, PAUSE, runs=tuple(runs), **LIMITS)
    by_name = {view.meta.name: view.meta for view in runs}
    assert list(analysis.collect(here)) == [Delete(Resource.RUNS, by_name[name]) for name in deleted]


def test_a_limit_of_none_keeps_none() -> None:
    limits = {"analysis": {"successfulRunHistoryLimit": 0, "unsuccessfulRunHistoryLimit": 0}}
    runs = (ended("a", SUCCESSFUL, 1), ended("b", FAILED, 1))
    assert names(analysis.collect(over(STEP, runs=runs, spec=limits))) == ["a", "b"]


def test_runs_are_kept_until_the_promotion_is_written() -> None:
    """A status that may wait still calls the release unfinished: without its runs the steps would be measured again."""
    limits = {"analysis": {"successfulRunHistoryLimit": 0, "unsuccessfulRunHistoryLimit": 0}}
    here = scene(STEP, PAUSE, runs=(ended(f"{PREFIX}-0", SUCCESSFUL, 3),), spec=limits)
    assert list(analysis.collect(here.facts(stable_rs=NEW))) == []


def test_only_an_undecided_analysis_makes_a_release_undecided() -> None:
    reasons = [PauseReason.CANARY_PAUSE_STEP, PauseReason.REQUEST]
    assert not analysis.undecided(scene(STEP, status={"pause_conditions": [pause(reason) for reason in reasons]}))
    undecided = [pause(PauseReason.REQUEST), pause(PauseReason.INCONCLUSIVE_ANALYSIS, NOW)]
    assert analysis.undecided(scene(STEP, status={"pause_conditions": undecided}))


def test_the_first_release_has_no_runs_of_its_own() -> None:
    assert names(analysis.stop_needless(first(STEP, runs=(MINE,), status={"current_step_index": 0}, **WATCHED))) == [
        f"{PREFIX}-0"
    ]


@pytest.mark.parametrize(
    ("asked", "means", "held"),
    [
        (None, Verdict.FAILED, "AnalysisFailed"),
        (OnFailure.ABORT, Verdict.FAILED, "AnalysisFailed"),
        (OnFailure.PAUSE, Verdict.UNDECIDED, "AnalysisFailed"),
        (OnFailure.NOTIFY, Verdict.SUCCESSFUL, "AnalysisFailed"),
    ],
)
def test_what_a_failed_run_means_is_its_authors_to_say(asked: OnFailure | None, means: Verdict, held: str) -> None:
    written = RolloutAnalysis.model_validate({"templates": [{"templateName": "judge"}], "onFailure": asked})
    failed = run("r", AnalysisPhase.FAILED, message="metric ok: 0.5")
    assert meaning(failed, written) is means
    assert meaning(run("r", AnalysisPhase.ERROR), written) is Verdict.UNDECIDED
    assert held_reason(failed) == held
    assert held_reason(run("r", AnalysisPhase.ERROR)) == "AnalysisUndecided"


def test_who_wants_to_be_told_is_warned_of_a_failure_and_of_nothing_else() -> None:
    said = "AnalysisRun r is Failed: metric ok: 0.5"
    assert notice(run("r", AnalysisPhase.FAILED, message="metric ok: 0.5")) == (
        Event("AnalysisFailed", said, warning=True),
    )
    assert notice(run("r", AnalysisPhase.SUCCESSFUL)) == ()


def results(*found: tuple[AnalysisPhase, str | None, bool]) -> list[MetricResult]:
    return [
        MetricResult(name=f"m{n}", phase=phase, reason=reason, dry_run=dry)
        for n, (phase, reason, dry) in enumerate(found)
    ]


@pytest.mark.parametrize(
    ("found", "lacks"),
    [
        ([(AnalysisPhase.INCONCLUSIVE, "NoData", False)], True),
        ([(AnalysisPhase.INCONCLUSIVE, "NoData", False), (AnalysisPhase.SUCCESSFUL, None, False)], True),
        ([(AnalysisPhase.INCONCLUSIVE, "NoData", False), (AnalysisPhase.INCONCLUSIVE, None, True)], True),
        ([(AnalysisPhase.INCONCLUSIVE, "NoData", True)], False),
        ([(AnalysisPhase.INCONCLUSIVE, None, False)], False),
    ],
    ids=["no data", "another is content", "a dry run does not count", "only a dry run", "values"],
)
def test_a_run_lacks_data_when_all_that_count_do(
    found: list[tuple[AnalysisPhase, str | None, bool]], lacks: bool
) -> None:
    view = run("r", AnalysisPhase.INCONCLUSIVE, metric_results=results(*found))
    assert without_data(view) is lacks
    assert ("it is measured again after a while" in undecided_message(scene(FIFTH), view)) is lacks


def test_the_facts_of_a_release_are_plain_data() -> None:
    spec = {"restartAt": "2026-03-01T10:00:00Z"}
    assert release_facts(scene(FIFTH, spec=spec)).manifest["spec"]["restartAt"] == "2026-03-01T10:00:00.000Z"
