"""The status: what was seen and what was decided, and which of it must be written at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.unit.core.rollout.making import (
    FIFTH,
    FIRST,
    HALF,
    JUDGE,
    NEW,
    NOW,
    OLD,
    PAUSE,
    SECOND,
    STEP,
    Step,
    aborted,
    after,
    ago,
    analysis_template,
    first,
    line,
    meta,
    over,
    pause,
    route,
    rs,
    run,
    scene,
    seconds,
    service,
    services,
    split,
)
from tests.unit.core.rollout.switching import ACTIVE_NEW, PREVIEW_NEW, switched
from tidegate.api.analysis import AnalysisPhase
from tidegate.api.meta import Condition, ConditionStatus
from tidegate.api.rollout_status import (
    LastRequest,
    Outcome,
    PauseReason,
    Phase,
    RequestOutcome,
    RolloutStatus,
    WaitingFor,
)
from tidegate.api.strategy_status import BlueGreenStatus, CanaryStatus, RunStatus, WeightDestination, Weights
from tidegate.core.actions import Event, Merge, Plan, Resource
from tidegate.core.deployments import DeploymentView
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.status import invalid, report
from tidegate.core.rollout.steps.outcome import TURN, Wait
from tidegate.core.world import RolloutView, RouteView, World

STEPS: tuple[Step, ...] = (FIFTH, PAUSE, HALF)
WEIGHT = Wait("WeightNotSeen", "20 % is not in force yet")
PODS = Wait("PodsNotAvailable", "1 of 3 pods are available", on_pods=True)
PAUSED = Wait("Paused", "step 2 of 3 is a pause", NOW + seconds(60), PauseReason.CANARY_PAUSE_STEP)


def written(here: Scene, wait: Wait | None) -> RolloutStatus:
    """The status when what this pass says was written."""
    write, _ = report(here, wait)
    return after(here.world.rollout.status, write)


def known(here: Scene, wait: Wait | None) -> Scene:
    """The scene of the next pass: its status says all that there is to say."""
    status = written(here, wait)
    world = replace(here.world, rollout=replace(here.world.rollout, status=status))
    return replace(here, world=world, status=status)


def test_the_first_report_says_everything() -> None:
    here = scene(*STEPS, status={"history": []})
    write, urgent = report(here, WEIGHT)
    told = {"lastTransitionTime": "2026-03-01T12:00:00.000Z", "observedGeneration": 3}
    why = {"reason": "WeightNotSeen", "message": "20 % is not in force yet"}
    served = {"reason": "PodsAvailable", "message": "the version that serves has its 5 pods"}
    status = {
        "phase": "Progressing",
        "message": "20 % is not in force yet",
        "waitingFor": {**why, "since": "2026-03-01T12:00:00.000Z"},
        "observedGeneration": 3,
        "replicas": 6,
        "updatedReplicas": 1,
        "readyReplicas": 6,
        "availableReplicas": 6,
        "HPAReplicas": 6,
        "selector": "app=web",
        "step": "0/3",
        "progressedAt": "2026-03-01T12:00:00.000Z",
        "canary": {
            "weights": {
                "canary": {"weight": 0, "podTemplateHash": NEW, "serviceName": "web-canary"},
                "stable": {"weight": 100, "podTemplateHash": OLD, "serviceName": "web"},
                "asked": 0,
                "verified": True,
            }
        },
        "conditions": [
            {"type": "Ready", "status": "False", **why, **told},
            {"type": "Reconciling", "status": "True", **why, **told},
            {"type": "Stalled", "status": "False", **why, **told},
            {"type": "Available", "status": "True", **served, **told},
            {"type": "Progressing", "status": "True", **why, **told},
            {"type": "Paused", "status": "False", "reason": "NotPaused", "message": "", **told},
            {"type": "Completed", "status": "False", "reason": "ReleaseOnItsWay", "message": "", **told},
            {"type": "Healthy", "status": "False", "reason": "WeightNotSeen", "message": "", **told},
            {"type": "InvalidSpec", "status": "False", "reason": "Valid", "message": "", **told},
        ],
    }
    assert write == Merge(Resource.ROLLOUTS, meta("web", generation=3), {"status": status}, status=True)
    assert urgent


def test_what_was_said_is_not_said_again() -> None:
    assert report(known(scene(*STEPS), WEIGHT), WEIGHT) == (None, False)
    assert report(known(over(*STEPS), None), None) == (None, False)


def test_only_what_changed_is_written() -> None:
    here = known(scene(*STEPS, status={"pause_conditions": [pause(PauseReason.REQUEST)]}), WEIGHT)
    write, urgent = report(here.facts(current_step_index=1, pause_conditions=[]), WEIGHT)
    assert write is not None
    assert write.patch == {"status": {"currentStepIndex": 1, "step": "1/3", "pauseConditions": []}}
    assert not urgent


def test_what_is_no_more_is_taken_away() -> None:
    here = known(scene(*STEPS), PAUSED)
    write, _ = report(here, WEIGHT)
    assert write is not None
    assert write.patch["status"]["waitingFor"] == {
        "reason": "WeightNotSeen",
        "message": "20 % is not in force yet",
        "until": None,
    }


STUCK = {"waiting_for": WaitingFor(reason="PodsNotAvailable", message="", since=ago(600)), "progressed_at": ago(600)}
UNTIL_ABORTED = (
    "revision 2 was taken back: it hurts. The manifest still names it: change the template "
    "(`tidegate undo web --print` gives the stable one), or `tidegate retry web`"
)


@pytest.mark.parametrize(
    ("here", "wait", "expected"),
    [
        pytest.param(over(), None, ("Healthy", "Healthy", "revision 2 has all the traffic"), id="well"),
        pytest.param(scene(*STEPS), WEIGHT, ("Progressing", "WeightNotSeen", WEIGHT.message), id="on its way"),
        pytest.param(scene(*STEPS), TURN, ("Progressing", "StepCompleted", TURN.message), id="between two steps"),
        pytest.param(first(*STEPS), PODS, ("Progressing", "PodsNotAvailable", PODS.message), id="the first release"),
        pytest.param(
            over(*STEPS), WEIGHT, ("Progressing", "WeightNotSeen", WEIGHT.message), id="promoted, not settled"
        ),
        pytest.param(scene(*STEPS), PAUSED, ("Paused", "Paused", PAUSED.message), id="a pause"),
        pytest.param(
            scene(*STEPS),
            Wait("PausedBySpec", "set it to false"),
            ("Paused", "PausedBySpec", "set it to false"),
            id="spec",
        ),
        pytest.param(
            scene(*STEPS), Wait("PausedByRequest", "resume"), ("Paused", "PausedByRequest", "resume"), id="a person"
        ),
        pytest.param(
            scene(*STEPS),
            Wait("AnalysisUndecided", "no data"),
            ("Paused", "AnalysisUndecided", "no data"),
            id="an analysis that can't decide",
        ),
        pytest.param(
            scene(*STEPS), Wait("Analysis", "measuring"), ("Progressing", "Analysis", "measuring"), id="an analysis"
        ),
        pytest.param(
            scene(*STEPS),
            Wait("ServiceNotFound", "create it"),
            ("Degraded", "ServiceNotFound", "create it"),
            id="no Service",
        ),
        pytest.param(
            scene(*STEPS),
            Wait("AnalysisInvalid", "no template"),
            ("Degraded", "AnalysisInvalid", "no template"),
            id="an analysis that can't be made",
        ),
        pytest.param(
            scene(*STEPS, status=STUCK),
            PODS,
            (
                "Degraded",
                "ProgressDeadlineExceeded",
                "no progress for 600 s: 1 of 3 pods are available",
            ),
            id="stuck",
        ),
        pytest.param(aborted(*STEPS), None, ("Degraded", "Aborted", UNTIL_ABORTED), id="taken back"),
        pytest.param(aborted(*STEPS), WEIGHT, ("Degraded", "Aborted", UNTIL_ABORTED), id="on its way back"),
        pytest.param(
            aborted(*STEPS, status=STUCK), PODS, ("Degraded", "Aborted", UNTIL_ABORTED), id="taken back, not stuck"
        ),
        pytest.param(
            scene(*STEPS, apply_error="quota exceeded"),
            WEIGHT,
            ("Degraded", "Refused", "quota exceeded"),
            id="the API server refuses",
        ),
        pytest.param(
            aborted(*STEPS, apply_error="quota exceeded"),
            None,
            ("Degraded", "Refused", "quota exceeded"),
            id="it refuses to take it back",
        ),
    ],
)
def test_the_phase_is_the_first_that_fits(here: Scene, wait: Wait | None, expected: tuple[str, str, str]) -> None:
    status = written(here, wait)
    ready = next(c for c in status.conditions if c.type == "Ready")
    assert (status.phase, ready.reason, status.message) == expected
    assert (ready.status is ConditionStatus.TRUE) == (status.phase is Phase.HEALTHY)


TRUE = ConditionStatus.TRUE


@pytest.mark.parametrize(
    ("here", "wait", "stalled", "completed"),
    [
        pytest.param(over(), None, False, True, id="well"),
        pytest.param(scene(*STEPS), WEIGHT, False, False, id="on its way"),
        pytest.param(first(*STEPS), WEIGHT, False, False, id="the first on its way"),
        pytest.param(over(*STEPS), WEIGHT, False, True, id="promoted: that release is over"),
        pytest.param(scene(*STEPS), PAUSED, False, False, id="paused"),
        pytest.param(scene(*STEPS), Wait("ServiceNotFound", "create it"), True, False, id="no Service"),
        pytest.param(over(*STEPS), Wait("ServiceNotFound", "create it"), True, True, id="no Service, no release"),
        pytest.param(scene(*STEPS, status=STUCK), PODS, True, False, id="stuck"),
        pytest.param(aborted(*STEPS), None, True, True, id="taken back"),
        pytest.param(aborted(*STEPS), WEIGHT, False, True, id="on its way back: nobody need do anything yet"),
        pytest.param(
            aborted(*STEPS), Wait("ServiceNotFound", "no Service"), True, True, id="taken back, and it can not go on"
        ),
        pytest.param(scene(*STEPS, apply_error="quota"), WEIGHT, True, False, id="refused in a release"),
        pytest.param(over(*STEPS, apply_error="quota"), None, True, True, id="refused, no release"),
        pytest.param(aborted(*STEPS, apply_error="quota"), None, True, True, id="refused, taken back"),
    ],
)
def test_whether_a_person_is_needed_and_whether_a_release_is_on_its_way(
    here: Scene, wait: Wait | None, stalled: bool, completed: bool
) -> None:
    told = {c.type: c.status is TRUE for c in written(here, wait).conditions}
    assert (told["Stalled"], told["Completed"]) == (stalled, completed)


@pytest.mark.parametrize(
    ("before", "wait", "waiting"),
    [
        pytest.param(None, None, None, id="for nothing"),
        pytest.param(
            None, WEIGHT, WaitingFor(reason="WeightNotSeen", message=WEIGHT.message, since=NOW), id="from now on"
        ),
        pytest.param(
            WaitingFor(reason="WeightNotSeen", message="another", since=ago(9)),
            WEIGHT,
            WaitingFor(reason="WeightNotSeen", message=WEIGHT.message, since=ago(9)),
            id="the same, in other words",
        ),
        pytest.param(
            WaitingFor(reason="PodsNotAvailable", message="", since=ago(9)),
            WEIGHT,
            WaitingFor(reason="WeightNotSeen", message=WEIGHT.message, since=NOW),
            id="for something else",
        ),
        pytest.param(
            WaitingFor(reason="WeightNotSeen", message=""),
            WEIGHT,
            WaitingFor(reason="WeightNotSeen", message=WEIGHT.message, since=NOW),
            id="nobody knows since when",
        ),
        pytest.param(
            None,
            PAUSED,
            WaitingFor(reason="Paused", message=PAUSED.message, since=NOW, until=NOW + seconds(60)),
            id="until when",
        ),
        pytest.param(WaitingFor(reason="Paused", message="", since=ago(9)), None, None, id="no more"),
    ],
)
def test_what_it_waits_for_and_since_when(before: WaitingFor | None, wait: Wait | None, waiting: Any) -> None:
    assert written(scene(*STEPS, status={"waiting_for": before}), wait).waiting_for == waiting


def test_pods_are_counted_over_all_versions() -> None:
    sets = (rs(OLD, 5, 4, replicas=6, ready=5), rs(NEW, 3, 1, replicas=3, ready=2))
    labels = {"app": "web", "a": "1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:2"}]}}
    here = scene(*STEPS, spec={"selector": {"matchLabels": labels}, "template": template})
    sets = (sets[0], replace(sets[1], pod_hash=here.new_hash))
    status = written(replace(here, world=replace(here.world, replicasets=sets)), WEIGHT)
    assert (status.replicas, status.hpa_replicas, status.updated_replicas) == (9, 9, 3)
    assert (status.ready_replicas, status.available_replicas) == (7, 5)
    assert status.selector == "a=1,app=web"


def test_no_version_at_all_is_counted_as_none() -> None:
    status = written(scene(*STEPS, new=None, old=None), WEIGHT)
    assert (status.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("available", "updated", "progressed"),
    [
        pytest.param(6, 1, ago(60), id="as it was"),
        pytest.param(5, 1, NOW, id="one more is available"),
        pytest.param(6, 0, NOW, id="one more is of the new version"),
        pytest.param(7, 2, ago(60), id="fewer"),
    ],
)
def test_progress_is_more_pods_than_were_seen(available: int, updated: int, progressed: datetime) -> None:
    seen = {"available_replicas": available, "updated_replicas": updated}
    assert written(scene(*STEPS, status=seen), WEIGHT).progressed_at == progressed


CANARY = WeightDestination(weight=20, pod_template_hash=NEW, service_name="web-canary")
STABLE = WeightDestination(weight=80, pod_template_hash=OLD, service_name="web")


@pytest.mark.parametrize(
    ("fields", "weights"),
    [
        pytest.param({"weight": 20}, Weights(canary=CANARY, stable=STABLE, asked=20, verified=True), id="in force"),
        pytest.param(
            {"split": split(50), "routes": (route(20),)},
            Weights(canary=CANARY, stable=STABLE, asked=50),
            id="what is seen is told, not what is asked for",
        ),
        pytest.param(
            {"split": split(20), "routes": (route(20, accepted=False),)},
            Weights(canary=CANARY, stable=STABLE, asked=20),
            id="not verified",
        ),
        pytest.param(
            {"split": None, "routes": (route(20),)}, Weights(canary=CANARY, stable=STABLE), id="there is no split"
        ),
        pytest.param({"weight": 20, "routes": ()}, None, id="no route was seen"),
        pytest.param({"weight": 20, "routes": (RouteView("web", problem="gone"),)}, None, id="nor does it carry any"),
        pytest.param(
            {"weight": 20, "services": {}},
            Weights(
                canary=WeightDestination(weight=20, service_name="web-canary"),
                stable=WeightDestination(weight=80, service_name="web"),
                asked=20,
                verified=True,
            ),
            id="there are no Services",
        ),
        pytest.param(
            {"weight": 20, "services": services(service("web-canary", OLD), service("web", NEW))},
            Weights(
                canary=CANARY.model_copy(update={"pod_template_hash": OLD}),
                stable=STABLE.model_copy(update={"pod_template_hash": NEW}),
                asked=20,
                verified=True,
            ),
            id="where the Services lead",
        ),
    ],
)
def test_the_weights_are_those_that_were_seen(fields: dict[str, Any], weights: Weights | None) -> None:
    assert written(scene(*STEPS, **fields), WEIGHT).canary == CanaryStatus(weights=weights)


STEP_RUN, BESIDE = f"web-{NEW}-2-0", f"web-{NEW}-2-background"
RUNS = (run(STEP_RUN, AnalysisPhase.FAILED, message="slow"), run(BESIDE))
BRIEFLY = {
    "current_step_analysis_run_status": RunStatus(name=STEP_RUN, status="Failed", message="slow"),
    "current_background_analysis_run_status": RunStatus(name=BESIDE, status="Running"),
}


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        pytest.param(scene(STEP, runs=RUNS, weight=None), BRIEFLY, id="in a release"),
        pytest.param(scene(STEP, weight=None), {}, id="none has begun"),
        pytest.param(scene(STEP, index=1, runs=RUNS, weight=None), {}, id="the steps are done"),
        pytest.param(aborted(STEP, runs=RUNS, weight=None), {}, id="taken back"),
        pytest.param(over(STEP, runs=RUNS, weight=None, status={"current_step_index": 0}), {}, id="no release"),
    ],
)
def test_the_runs_of_the_release_are_told_in_brief(here: Scene, expected: dict[str, Any]) -> None:
    assert written(here, WEIGHT).canary == CanaryStatus(**expected)


REQUEST = LastRequest(id="r1", action="pause", outcome=RequestOutcome.DONE, at=NOW)
CLOSED = line(2, outcome=Outcome.PROMOTED, finished_at=NOW)


@pytest.mark.parametrize(
    ("facts", "urgent"),
    [
        pytest.param({"abort": True}, True, id="taken back"),
        pytest.param({"attempt": 1}, True, id="tried again"),
        pytest.param({"current_pod_hash": "another"}, True, id="another release"),
        pytest.param({"current_step_hash": "another"}, True, id="other steps"),
        pytest.param({"last_request": REQUEST}, True, id="somebody waits for the answer"),
        pytest.param({"promote_full": True}, True, id="steps are skipped"),
        pytest.param({"pause_conditions": [pause(PauseReason.CANARY_PAUSE_STEP)]}, True, id="a pause begins"),
        pytest.param({"history": [FIRST, CLOSED]}, True, id="a release is over"),
        pytest.param({"history": [FIRST, SECOND, line(3)]}, True, id="a release begins"),
        pytest.param({"pause_conditions": []}, False, id="a pause is over"),
        pytest.param({"pause_conditions": [pause(PauseReason.REQUEST, ago(1))]}, True, id="a pause began anew"),
        pytest.param({"current_step_index": 1}, False, id="a step follows from a pause that is over"),
        pytest.param({"current_step_started_at": NOW, "progressed_at": NOW}, False, id="when a step began"),
        pytest.param({"stable_rs": NEW}, False, id="what is stable follows from the Services"),
        pytest.param({"history": [FIRST, line(2, step_seconds=[1.0])]}, False, id="how long a step took"),
    ],
)
def test_a_decision_is_written_at_once_and_what_can_be_seen_again_may_wait(facts: dict[str, Any], urgent: bool) -> None:
    paused = {"pause_conditions": [pause(PauseReason.REQUEST, ago(9))]}
    here = known(scene(*STEPS, status=paused), PAUSED)
    write, told = report(here.facts(**facts), PAUSED)
    assert write is not None
    assert told is urgent


@pytest.mark.parametrize(
    ("before", "wait", "urgent"),
    [
        pytest.param(WEIGHT, PAUSED, False, id="what it waits for"),
        pytest.param(WEIGHT, TURN, True, id="a step that is over"),
        pytest.param(WEIGHT, Wait("ServiceNotFound", "create it"), True, id="a person is needed"),
        pytest.param(Wait("ServiceNotFound", "create it"), WEIGHT, True, id="or no more"),
        pytest.param(Wait("ServiceNotFound", "a"), Wait("ServiceNotFound", "b"), False, id="in other words"),
    ],
)
def test_what_people_wait_for_is_written_at_once(before: Wait, wait: Wait, urgent: bool) -> None:
    assert report(known(scene(*STEPS), before), wait)[1] is urgent


def test_that_all_is_well_again_is_written_at_once() -> None:
    here = known(over(*STEPS), WEIGHT)
    assert report(here, None)[1] is True
    assert report(known(over(*STEPS), None), WEIGHT)[1] is True


def test_another_manifest_is_answered_at_once() -> None:
    here = known(scene(*STEPS), WEIGHT)
    rollout = replace(here.world.rollout, meta=meta("web", generation=4))
    write, urgent = report(replace(here, world=replace(here.world, rollout=rollout)), WEIGHT)
    assert write is not None
    assert write.patch["status"]["observedGeneration"] == 4
    assert urgent


def test_pods_that_come_may_wait() -> None:
    here = known(scene(*STEPS, new=rs(NEW, 3, 1)), PODS)
    sets = (here.world.replicasets[0], rs(NEW, 3, 2))
    write, urgent = report(replace(here, world=replace(here.world, replicasets=sets)), PODS)
    assert write is not None
    assert write.patch == {"status": {"readyReplicas": 7, "availableReplicas": 7}}
    assert not urgent


# A spec that can't be read

WRONG = "spec.replicas: -1 is less than 0: write 0 or more"


def unreadable(status: RolloutStatus | None = None, message: str = WRONG) -> World:
    view = RolloutView(meta("web", generation=3), None, status or RolloutStatus(), spec_error=message)
    return World(NOW, view)


def test_a_spec_that_cannot_be_read_is_told_and_nothing_is_touched() -> None:
    plan = invalid(unreadable())
    told = {
        "reason": "InvalidSpec",
        "message": WRONG,
        "lastTransitionTime": "2026-03-01T12:00:00.000Z",
        "observedGeneration": 3,
    }
    truth = {"Ready": "False", "Reconciling": "False", "Stalled": "True", "InvalidSpec": "True"}
    status = {
        "phase": "Degraded",
        "message": WRONG,
        "observedGeneration": 3,
        "conditions": [{"type": kind, "status": value, **told} for kind, value in truth.items()],
    }
    write = Merge(Resource.ROLLOUTS, meta("web", generation=3), {"status": status}, status=True)
    assert plan == Plan((), write, urgent=True, events=(Event("InvalidSpec", WRONG, warning=True),))


def test_it_is_told_once() -> None:
    said = after(RolloutStatus(), invalid(unreadable()).status)
    assert invalid(unreadable(said)) == Plan(urgent=True)


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(
            unreadable(after(RolloutStatus(), invalid(unreadable()).status), "spec.replicas: -2"), id="another mistake"
        ),
        pytest.param(
            unreadable(RolloutStatus(message=WRONG, observed_generation=2)), id="the same one, applied once more"
        ),
    ],
)
def test_another_mistake_is_told_too(world: World) -> None:
    plan = invalid(world)
    assert plan.status is not None
    assert [event.message for event in plan.events] == [world.rollout.spec_error]


def test_all_that_was_known_stays() -> None:
    serving = Condition(type="Available", status=TRUE, reason="PodsAvailable", last_transition_time=ago(9))
    status = RolloutStatus(
        stable_rs=OLD,
        current_step_index=1,
        waiting_for=WaitingFor(reason="Paused", message=""),
        conditions=[serving, Condition(type="Ready", status=TRUE, reason="Healthy", last_transition_time=ago(9))],
    )
    said = after(status, invalid(unreadable(status)).status)
    assert (said.stable_rs, said.current_step_index, said.waiting_for) == (OLD, 1, None)
    assert [c.type for c in said.conditions] == ["Ready", "Reconciling", "Stalled", "InvalidSpec", "Available"]
    assert said.conditions[-1] == serving


def test_the_background_is_told_beside_the_steps() -> None:
    runs = (run(BESIDE, AnalysisPhase.RUNNING, message="2 of 9"),)
    here = scene(FIFTH, canary={"analysis": JUDGE}, runs=runs, templates=(analysis_template(),))
    brief = written(here, WEIGHT).canary.current_background_analysis_run_status
    assert brief == RunStatus(name=BESIDE, status="Running", message="2 of 9")


@pytest.mark.parametrize(
    ("here", "selectors"),
    [
        pytest.param(switched(), BlueGreenStatus(active_selector=OLD, preview_selector=NEW), id="in its preview"),
        pytest.param(
            switched(active=ACTIVE_NEW), BlueGreenStatus(active_selector=NEW, preview_selector=NEW), id="switched"
        ),
        pytest.param(
            switched(active=None, preview=PREVIEW_NEW),
            BlueGreenStatus(active_selector="", preview_selector=NEW),
            id="no active Service",
        ),
        pytest.param(
            switched(preview=None), BlueGreenStatus(active_selector=OLD, preview_selector=""), id="no preview"
        ),
        pytest.param(scene(*STEPS), None, id="a canary"),
    ],
)
def test_blue_green_tells_who_the_services_lead_to(here: Scene, selectors: BlueGreenStatus | None) -> None:
    assert written(here, WEIGHT).blue_green == selectors


@pytest.mark.parametrize(
    ("here", "counted", "selector"),
    [
        pytest.param(switched(new=2, old=5), 5, f"app=web,tidegate.dev/pod-template-hash={OLD}", id="those with users"),
        pytest.param(switched(new=2, old=None), 2, "app=web", id="no stable version"),
        pytest.param(scene(*STEPS, new=2, old=5), 7, "app=web", id="a canary: both have users"),
    ],
)
def test_an_autoscaler_counts_the_pods_that_have_users(here: Scene, counted: int, selector: str) -> None:
    status = written(here, WEIGHT)
    assert (status.hpa_replicas, status.selector) == (counted, selector)


STUCK = WaitingFor(reason="PodsNotAvailable", message="1 of 3", since=ago(9999))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"apply_error": "forbidden"}, id="refused"),
        pytest.param({"status": {"progressed_at": ago(9999), "waiting_for": STUCK}}, id="stuck"),
    ],
)
def test_what_it_waits_for_is_told_beside_what_is_wrong(fields: dict[str, Any]) -> None:
    status = written(scene(*STEPS, **fields), Wait("PodsNotAvailable", "1 of 3", on_pods=True))
    assert status.phase is Phase.DEGRADED
    assert status.waiting_for is not None
    assert (status.waiting_for.reason, status.waiting_for.message) == ("PodsNotAvailable", "1 of 3")


def test_the_workload_that_was_looked_at_is_told_by_its_generation() -> None:
    seen = DeploymentView(meta("legacy", generation=9), b"{}", size=5, available=5, scaled_by="", size_before=0)
    assert written(scene(*STEPS, workload=seen), WEIGHT).workload_observed_generation == 9
    assert written(scene(*STEPS), WEIGHT).workload_observed_generation is None
