"""Whole releases, pass by pass: exactly what is done, in which order, and when somebody must look again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.core.rollout.life import Life
from tests.unit.core.rollout.making import (
    FIFTH,
    HALF,
    JUDGE,
    NEW,
    NOW,
    PAUSE,
    STEP,
    THIRD,
    Step,
    aborted,
    ago,
    analysis_template,
    first,
    meta,
    over,
    pause,
    rs,
    run,
    scene,
    seconds,
    service,
    services,
)
from tidegate.api.analysis import AnalysisPhase
from tidegate.api.rollout_status import Outcome, PauseReason, RolloutStatus, WaitingFor
from tidegate.core.actions import Plan
from tidegate.core.rollout import plan
from tidegate.core.rollout.plan import _told
from tidegate.core.rollout.steps.outcome import TURN, Wait
from tidegate.core.world import RolloutView, World

MINUTE: Step = {"pause": {"duration": "1m"}}
JUDGED: tuple[Step, ...] = (FIFTH, MINUTE, STEP, HALF, PAUSE)


def serving(**fields: Any) -> Life:
    """Version 1 has had all the traffic for an hour."""
    life = Life(templates=(analysis_template(),), now=NOW - seconds(3600), **fields)
    life.run()
    life.now = NOW
    return life


def outcomes(life: Life) -> list[Outcome | None]:
    return [release.outcome for release in life.status.history]


def test_the_first_release_goes_to_its_full_size_at_once() -> None:
    life = Life()
    assert life.run() == [
        ["create v1 of 5", "Progressing 0/0 PodsNotAvailable", "ReleaseStarted"],
        ["web-canary to v1", "web to v1"],
        ["weight 0"],
        ["Healthy 0/0", "ReleaseCompleted"],
    ]
    assert life.plan.wake_at is None


def test_a_release_from_its_first_pass_to_its_last() -> None:
    life = serving()
    life.change(*JUDGED)
    assert life.run() == [
        ["create v2 of 1", "Progressing 0/5 PodsNotAvailable", "ReleaseStarted"],
        ["web-canary to v2"],
        ["weight 20"],
        ["Paused 1/5 Paused", "StepCompleted"],
    ]
    assert life.plan.wake_at == NOW + seconds(60) + timedelta(milliseconds=1)
    assert life.later(59.9) == []
    assert life.later(0.2) == ["run 2-2"]
    assert life.step() == []
    life.verdicts = {"2-2": AnalysisPhase.SUCCESSFUL}
    assert life.step() == []
    assert life.run() == [
        ["v2 to 3"],
        ["weight 50"],
        ["Paused 4/5 Paused", "StepCompleted"],
    ]
    assert life.plan.wake_at is None
    assert life.later(9e6) == []
    life.ask("promote")
    assert life.run() == [
        ["v2 to 5", "Progressing 5/5 PodsNotAvailable", "RequestDone"],
        ["web to v2"],
        ["weight 0"],
        ["Healthy 5/5", "ReleaseCompleted"],
    ]
    assert life.plan.wake_at == life.now + seconds(30) + timedelta(milliseconds=1)
    assert life.later(29.9) == []
    assert life.later(0.2) == ["v1 to 0"]
    assert life.run() == []
    assert life.plan.wake_at is None
    assert outcomes(life) == [Outcome.PROMOTED, Outcome.PROMOTED]


def test_without_steps_it_is_promoted_at_once() -> None:
    life = serving()
    life.change()
    assert life.run() == [
        ["create v2 of 5", "Progressing 0/0 PodsNotAvailable", "ReleaseStarted"],
        ["web-canary to v2", "web to v2"],
        ["Healthy 0/0", "ReleaseCompleted"],
    ]


def test_where_the_old_version_does_not_linger_all_traffic_leaves_it_first() -> None:
    life = serving()
    life.change(canary={"scaleDownDelaySeconds": 9})
    assert life.run() == [
        ["create v2 of 5", "Progressing 0/0 PodsNotAvailable", "ReleaseStarted"],
        ["web-canary to v2"],
        ["weight 100"],
        ["web to v2"],
        ["weight 0"],
        ["Healthy 0/0", "ReleaseCompleted"],
    ]


def test_taken_back_traffic_goes_first_and_pods_last() -> None:
    life = serving()
    life.change(FIFTH, PAUSE)
    life.run()
    life.ask("abort", reason="too slow")
    assert life.run() == [
        ["weight 0", "Degraded 0/2 WeightNotSeen", "Aborted", "RequestDone"],
        ["web-canary to v1", "Degraded 0/2"],
    ]
    assert life.plan.wake_at == NOW + seconds(30) + timedelta(milliseconds=1)
    assert life.later(30) == ["v2 to 0"]
    assert life.run() == []
    assert outcomes(life) == [Outcome.PROMOTED, Outcome.ABORTED]
    life.ask("retry")
    assert life.run() == [
        ["web-canary to v2", "v2 to 1", "Progressing 0/2 PodsNotAvailable", "RequestDone"],
        ["weight 20"],
        ["Paused 1/2 Paused", "StepCompleted"],
    ]


def test_the_verdict_of_a_step_takes_it_back_and_its_run_is_kept() -> None:
    life = serving(verdicts={"2-1": AnalysisPhase.FAILED})
    life.change(FIFTH, STEP, HALF)
    assert life.run() == [
        ["create v2 of 1", "Progressing 0/3 PodsNotAvailable", "ReleaseStarted"],
        ["web-canary to v2"],
        ["weight 20"],
        ["Progressing 1/3 StepCompleted", "StepCompleted"],
        ["run 2-1"],
        ["weight 0", "Degraded 0/3 WeightNotSeen", "Aborted"],
        ["web-canary to v1", "Degraded 0/3"],
    ]
    assert life.status.abort_cause == f"AnalysisRun web-{NEW}-2-1 is Failed: no reason given"


def test_the_background_analysis_takes_it_back_at_any_step() -> None:
    life = serving()
    life.change(FIFTH, PAUSE, canary={"analysis": JUDGE})
    assert life.run() == [
        ["create v2 of 1", "run 2-background", "Progressing 0/2 PodsNotAvailable", "ReleaseStarted"],
        ["web-canary to v2"],
        ["weight 20"],
        ["Paused 1/2 Paused", "StepCompleted"],
    ]
    life.verdicts = {"background": AnalysisPhase.FAILED}
    assert life.step() == []
    assert life.run() == [
        ["weight 0", "Degraded 0/2 WeightNotSeen", "Aborted"],
        ["web-canary to v1", "Degraded 0/2"],
    ]


def test_the_background_analysis_is_stopped_when_the_steps_are_done() -> None:
    life = serving()
    life.change(FIFTH, canary={"analysis": JUDGE})
    assert life.run() == [
        ["create v2 of 1", "run 2-background", "Progressing 0/1 PodsNotAvailable", "ReleaseStarted"],
        ["web-canary to v2"],
        ["weight 20"],
        ["Progressing 1/1 StepCompleted", "StepCompleted"],
        ["v2 to 5", "stop 2-background"],
        ["web to v2"],
        ["weight 0"],
        ["Healthy 1/1", "ReleaseCompleted"],
    ]


def test_the_stable_template_again_goes_back_at_once() -> None:
    life = serving()
    life.change(FIFTH, PAUSE)
    life.run()
    life.change(FIFTH, PAUSE, image="web:1")
    assert life.run() == [
        ["weight 0", "v1 is revision 3", "Progressing 2/2 WeightNotSeen", "RollingBack"],
        ["web-canary to v1", "v2 to 0", "Healthy 2/2"],
    ]
    assert outcomes(life) == [Outcome.PROMOTED, Outcome.ROLLED_BACK]


def test_a_third_version_takes_over_from_the_second_and_is_compared_with_the_first() -> None:
    life = serving()
    life.change(HALF, PAUSE)
    life.run()
    life.change(HALF, PAUSE, image="web:3")
    assert life.run() == [
        ["weight 0", "create v3 of 3", "Progressing 0/2 PodsNotAvailable", "ReleaseStarted"],
        ["web-canary to v3", "v2 to 0"],
        ["weight 50"],
        ["Paused 1/2 Paused", "StepCompleted"],
    ]
    assert outcomes(life) == [Outcome.PROMOTED, Outcome.SUPERSEDED, None]


def test_all_steps_are_skipped_when_somebody_asks_for_it() -> None:
    life = serving()
    life.change(*JUDGED)
    life.run()
    life.ask("promoteFull")
    assert life.run()[-1] == ["Healthy 5/5", "ReleaseCompleted"]
    assert outcomes(life) == [Outcome.PROMOTED, Outcome.FAST_PROMOTED]
    assert life.runs == {}


def test_a_service_of_no_pods_takes_the_new_template_at_once() -> None:
    life = serving()
    life.change(*JUDGED, image="web:1", replicas=0)
    assert life.run() == [["v1 to 0", "Healthy 5/5"]]
    life.change(*JUDGED, replicas=0)
    assert life.run() == [
        ["create v2 of 0", "Progressing 5/5 EndpointsNotReady", "ReleaseStarted"],
        ["web-canary to v2", "web to v2"],
        ["Healthy 5/5", "ReleaseCompleted"],
    ]
    life.change(*JUDGED, replicas=5)
    assert life.run() == [["v2 to 5", "Progressing 5/5 PodsNotAvailable"], ["Healthy 5/5"]]
    assert life.runs == {}


def test_the_pods_of_a_version_that_crashes_never_get_traffic() -> None:
    life = serving(broken=frozenset({"v2"}))
    life.change(FIFTH, PAUSE, progressDeadlineSeconds=90, progressDeadlineAbort=True)
    assert life.run() == [
        ["create v2 of 1", "Progressing 0/2 PodsNotAvailable", "ReleaseStarted"],
        ["web-canary to v2"],
    ]
    assert life.plan.wake_at == NOW + seconds(90) + timedelta(milliseconds=1)
    assert life.later(89) == []
    # The weight is 0 still, so that it is over in the same pass.
    assert life.later(1) == ["web-canary to v1", "Degraded 0/2", "Aborted"]
    assert life.status.abort_cause.startswith("no progress for 90 s: 0 of 1 pods of ReplicaSet")


def test_a_release_without_steps_whose_pods_crash_is_taken_back_at_its_deadline_too() -> None:
    life = serving(broken=frozenset({"v2"}))
    life.change(progressDeadlineSeconds=90, progressDeadlineAbort=True)
    life.run()
    assert life.later(90) == ["web-canary to v1", "Degraded 0/0", "Aborted"]
    assert outcomes(life) == [Outcome.PROMOTED, Outcome.ABORTED]


def test_a_release_waits_until_its_services_are_there_and_says_so() -> None:
    life = serving()
    del life.selectors["web-canary"]
    life.change(FIFTH, PAUSE)
    assert life.run() == [["create v2 of 0", "Degraded 0/2 ServiceNotFound", "ReleaseStarted"]]
    life.selectors["web-canary"] = {"app": "web"}
    assert life.run() == [
        ["web-canary to v2", "v2 to 1", "Progressing 0/2 PodsNotAvailable"],
        ["weight 20"],
        ["Paused 1/2 Paused", "StepCompleted"],
    ]


def test_a_release_waits_until_its_analysis_can_be_made() -> None:
    life = serving()
    life.templates = ()
    life.change(FIFTH, STEP)
    assert life.run() == [
        ["create v2 of 0", "Degraded 0/2 AnalysisInvalid", "ReleaseStarted"],
        ["web-canary to v2"],
    ]
    assert life.status.current_step_index == 0


def test_the_manifest_applied_again_changes_nothing() -> None:
    life = serving()
    life.change(FIFTH, PAUSE)
    life.run()
    life.change(FIFTH, PAUSE)
    assert life.step() == ["Paused 1/2 Paused"]
    assert life.run() == []


# One pass


@pytest.mark.parametrize(
    "here",
    [
        pytest.param(first(FIFTH, new=None, weight=None), id="the first release"),
        pytest.param(scene(FIFTH, PAUSE), id="a release"),
        pytest.param(scene(FIFTH, STEP, index=1, weight=20, templates=(analysis_template(),)), id="an analysis"),
        pytest.param(aborted(FIFTH), id="taken back"),
        pytest.param(over(FIFTH), id="over"),
    ],
)
def test_the_same_world_gives_the_same_plan(here: Any) -> None:
    assert plan(here.world) == plan(here.world)


def test_what_is_being_deleted_is_left_to_the_garbage_collector() -> None:
    here = scene(FIFTH)
    rollout = replace(here.world.rollout, meta=meta("web", deleting=True))
    assert plan(replace(here.world, rollout=rollout)) == Plan()


def test_nothing_is_touched_when_the_spec_cannot_be_read() -> None:
    view = RolloutView(meta("web"), None, RolloutStatus(), spec_error="spec.replicas: -1 is less than 0")
    told = plan(World(NOW, view, replicasets=(rs(NEW, 3),)))
    assert told.actions == ()
    assert [event.reason for event in told.events] == ["InvalidSpec"]


def test_a_pass_that_ends_a_step_does_nothing_else() -> None:
    told = plan(scene(FIFTH, HALF, weight=20, old=rs(THIRD, 9)).world)
    assert told.actions == ()
    assert told.urgent


BESIDE = f"web-{NEW}-2-background"
WATCHED = {"canary": {"analysis": JUDGE}, "templates": (analysis_template(),)}


def reason(here: Any) -> str | None:
    """What the plan says the release waits for."""
    told = plan(here.world)
    assert told.status is not None
    waiting = told.status.patch["status"].get("waitingFor")
    return waiting["reason"] if waiting else None


def test_no_step_is_taken_without_the_analysis_that_should_guard_it() -> None:
    """Also in the middle, when somebody deleted the template before its run was made."""
    here = scene(FIFTH, HALF, HALF, index=1, new=3, weight=20, canary={"analysis": JUDGE})
    assert reason(here) == "AnalysisInvalid"
    assert plan(here.world).events == ()
    guarded = scene(FIFTH, HALF, HALF, index=1, new=3, weight=20, **WATCHED)
    assert reason(guarded) == "WeightNotSeen"
    created = [action for action in plan(guarded.world).actions if getattr(action, "name", "") == BESIDE]
    assert len(created) == 1


def test_a_missing_service_is_told_before_a_missing_template() -> None:
    assert reason(scene(FIFTH, HALF, index=1, services={}, canary={"analysis": JUDGE})) == "ServiceNotFound"


def test_a_background_that_is_only_starting_does_not_take_the_place_of_what_the_step_waits_for() -> None:
    assert reason(scene(FIFTH, new=None, **WATCHED)) == "PodsNotAvailable"


def test_no_run_is_created_for_a_release_that_is_taken_back_in_this_very_pass() -> None:
    runs = (run(f"web-{NEW}-2-0", AnalysisPhase.FAILED),)
    told = plan(scene(STEP, runs=runs, **WATCHED).world)
    assert [event.reason for event in told.events] == ["Aborted"]
    assert BESIDE not in {getattr(action, "name", "") for action in told.actions}


PODS_MISSING = {"waiting_for": WaitingFor(reason="PodsNotAvailable", message="", since=ago(100))}
A_WHILE = {"progressed_at": ago(100), **PODS_MISSING}


def promoted(age: float) -> dict[str, Any]:
    here = over().status.history[-1].model_copy(update={"outcome": Outcome.PROMOTED, "finished_at": ago(age)})
    return {"history": [here]}


BOTH_NEW = services(service("web-canary", NEW, {f"web-{NEW}": 5}), service("web", NEW, {f"web-{NEW}": 5}))


@pytest.mark.parametrize(
    ("here", "at"),
    [
        pytest.param(scene(FIFTH), None, id="gateways tell themselves when they have a weight"),
        pytest.param(scene(FIFTH, new=rs(NEW, 1, 0), status=A_WHILE), NOW + seconds(500), id="the deadline for pods"),
        pytest.param(
            scene(FIFTH, new=rs(NEW, 1, 0), status=A_WHILE, spec={"progressDeadlineSeconds": 100}),
            None,
            id="that is over",
        ),
        pytest.param(scene(PAUSE), None, id="a pause without an end"),
        pytest.param(
            scene(MINUTE, status={"pause_conditions": [pause(PauseReason.CANARY_PAUSE_STEP, ago(20))]}),
            NOW + seconds(40),
            id="the end of a pause",
        ),
        pytest.param(aborted(FIFTH), NOW + seconds(20), id="the pods of a version that was taken back"),
        pytest.param(aborted(FIFTH, new=0), None, id="they are gone"),
        pytest.param(aborted(FIFTH, new=None), None, id="there were none"),
        pytest.param(aborted(FIFTH, canary={"abortScaleDownDelaySeconds": 0}), None, id="they stay"),
        pytest.param(over(FIFTH, status=promoted(10)), NOW + seconds(20), id="the pods of the version before"),
        pytest.param(over(FIFTH, old=0, status=promoted(10)), None, id="those are gone"),
        pytest.param(over(FIFTH, status=promoted(31)), None, id="those should be gone"),
        pytest.param(
            scene(
                MINUTE,
                image="web:3",
                new=2,
                others=[rs(THIRD, 1)],
                status={**promoted(10), "pause_conditions": [pause(PauseReason.CANARY_PAUSE_STEP, ago(20))]},
            ),
            NOW + seconds(20),
            id="the first of two",
        ),
    ],
)
def test_when_somebody_must_look_again(here: Any, at: datetime | None) -> None:
    """A millisecond later than that: the status keeps milliseconds, and a pass that comes too early does nothing."""
    assert plan(here.world).wake_at == (at + timedelta(milliseconds=1) if at else None)


@pytest.mark.parametrize(
    ("waits", "told"),
    [
        ((None, None), None),
        ((Wait("A", "a"), None), Wait("A", "a")),
        ((None, Wait("B", "b")), Wait("B", "b")),
        ((Wait("A", "a"), Wait("B", "b")), Wait("A", "a; b")),
        ((TURN, Wait("B", "b")), TURN),
        ((Wait("A", "a"), TURN), Wait("A", f"a; {TURN.message}")),
    ],
)
def test_two_waits_are_told_as_the_first_with_both_sentences(waits: tuple[Wait | None, ...], told: Wait | None) -> None:
    assert _told(*waits) == told


CONFIGURED = {
    "template": {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": [{"name": "web", "image": "web:3", "envFrom": [{"configMapRef": {"name": "settings"}}]}]
        },
    },
    "versionedConfig": True,
}


def paused_life() -> Life:
    """Version 2 has 20 % and waits at a pause."""
    life = serving()
    life.change(FIFTH, PAUSE, HALF)
    life.run()
    assert life.split is not None
    return life


def test_nothing_begins_as_long_as_the_config_of_a_version_is_missing() -> None:
    life = paused_life()
    before, sizes = life.status, {name: rs.size for name, rs in life.sets.items()}
    life.change(FIFTH, PAUSE, HALF, **CONFIGURED)
    life.run()
    assert life.status.waiting_for is not None
    assert life.status.waiting_for.reason == "ConfigMissing"
    kept = ("current_pod_hash", "current_revision", "current_step_hash", "current_step_index", "history")
    assert [getattr(life.status, name) for name in kept] == [getattr(before, name) for name in kept]
    assert {name: rs.size for name, rs in life.sets.items()} == sizes


def test_steps_that_change_meanwhile_are_gone_on_from_at_the_same_weight() -> None:
    # By the old index the release would stand behind the analysis, at 80 %.
    life = paused_life()
    life.change({"setWeight": 30}, STEP, {"setWeight": 80}, PAUSE, **CONFIGURED)
    life.status = life.status.model_copy(update={"current_step_index": 2})
    life.run()
    assert life.status.waiting_for is not None
    assert life.status.waiting_for.reason == "ConfigMissing"
    assert life.status.current_step_index == 0
    assert life.split is not None
    assert life.split["backends"][1]["weight"] == 30
