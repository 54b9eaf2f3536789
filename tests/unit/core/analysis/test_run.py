"""The life of a run, in virtual time: when it measures, what it writes, how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.analysis.making import (
    DOWN,
    NOW,
    REFUSED,
    Life,
    bad,
    good,
    metric,
    nothing,
    run_spec,
    run_view,
    seconds,
)
from tidegate.api.analysis import AnalysisPhase as P
from tidegate.api.analysis import AnalysisRunStatus
from tidegate.core.analysis.reading import MeasurementResult, Reading, Values
from tidegate.core.analysis.run import plan_run


def times(life: Life) -> list[float]:
    return [at for at, _ in life.measured]


def test_a_single_measurement_is_made_at_once_and_written_once() -> None:
    life = Life(run_spec(metric()), {"ok": good()})
    status = life.to_the_end()
    assert status.phase is P.SUCCESSFUL
    assert times(life) == [0.0]
    assert life.writes == 1
    assert status.started_at == NOW
    assert status.completed_at is not None
    assert status.run_summary is not None
    assert (status.run_summary.count, status.run_summary.successful) == (1, 1)
    (result,) = status.metric_results
    assert (result.phase, result.count, result.successful, result.consecutive_success) == (P.SUCCESSFUL, 1, 1, 1)
    (measurement,) = result.measurements
    assert (measurement.phase, measurement.value, measurement.started_at) == (P.SUCCESSFUL, "[0.99]", NOW)
    assert result.metadata == {"ResolvedPrometheusQuery": "up"}


def test_a_failed_run_says_metric_value_condition_and_limit() -> None:
    status = Life(run_spec(metric()), {"ok": bad()}).to_the_end()
    assert status.phase is P.FAILED
    assert status.message == (
        "metric ok is Failed: 1 failed, failureLimit is 0; last value [0.5]: does not meet result[0] >= 0.95"
    )


def test_no_data_is_inconclusive_with_its_reason() -> None:
    status = Life(run_spec(metric()), {"ok": nothing()}).to_the_end()
    assert (status.phase, status.reason) == (P.INCONCLUSIVE, "NoData")
    assert status.message is not None
    assert "metric ok is Inconclusive: 1 inconclusive, inconclusiveLimit is 0; last value []: no data" in status.message


def test_the_first_measurement_waits_for_the_initial_delay_and_says_so() -> None:
    life = Life(run_spec(metric(initialDelay="30s")), {"ok": good()})
    plan = life.step()
    assert plan.urgent, "people see nothing of a run that waits"
    assert plan.wake_at == NOW + seconds(30)
    assert plan.status.phase is P.RUNNING
    assert plan.status.metric_results[0].next_measurement_at == NOW + seconds(30)
    assert not life.plan().urgent
    life.to_the_end()
    assert times(life) == [30.0]
    assert life.writes == 2


def test_the_initial_delay_counts_from_the_creation_of_the_run_also_after_a_restart() -> None:
    run = run_view(run_spec(metric(initialDelay="30s")))
    assert plan_run(run, NOW + seconds(29)).due == ()
    assert len(plan_run(run, NOW + seconds(31)).due) == 1


def test_a_clock_behind_the_api_servers_does_not_delay_the_start() -> None:
    plan = plan_run(run_view(run_spec(metric())), NOW - seconds(5))
    assert len(plan.due) == 1
    assert plan.status.started_at == NOW - seconds(5)


def test_measurements_follow_the_interval_from_their_start() -> None:
    life = Life(run_spec(metric(interval="10s", count=4)), {"ok": good(4)})
    assert life.to_the_end().phase is P.SUCCESSFUL
    gaps = [round(after - before, 3) for before, after in pairwise(times(life))]
    assert 10.0 <= gaps[0] < 11.0
    assert gaps[1:] == [10.0, 10.0]
    assert life.writes == 4


def test_runs_that_started_together_spread_over_a_tenth_of_the_interval() -> None:
    spec = run_spec(metric(interval="10s"))
    seen = set()
    for number in range(200):
        run = run_view(spec)
        run = replace(run, meta=replace(run.meta, uid=f"uid-{number}"))
        over = MeasurementResult("ok", NOW, NOW, Values((0.99,)))
        wake_at = plan_run(run, NOW, [over]).wake_at
        assert wake_at is not None
        assert seconds(10) <= wake_at - NOW < seconds(11)
        seen.add(wake_at)
    assert len(seen) > 150


def test_the_least_interval_is_a_second() -> None:
    life = Life(run_spec(metric(interval="10ms", count=3)), {"ok": good(3)})
    life.to_the_end()
    assert all(after - before >= 1.0 for before, after in pairwise(times(life)))


def test_a_slow_answer_delays_only_the_next_measurement_and_causes_no_burst() -> None:
    run = run_view(run_spec(metric(interval="2s")))
    late = MeasurementResult("ok", NOW, NOW + seconds(9), Values((0.99,)))
    plan = plan_run(run, NOW + seconds(9), [late])
    assert len(plan.due) == 1
    again = replace(late, started_at=NOW + seconds(9), finished_at=NOW + seconds(9))
    after = plan_run(replace(run, status=plan.status), NOW + seconds(9), [again])
    assert after.due == ()
    assert after.wake_at == NOW + seconds(11)


def test_one_failing_metric_ends_the_run_and_stops_the_others() -> None:
    spec = run_spec(metric("slow", interval="1m", count=9), metric("bad"), metric("late", initialDelay="1h"))
    life = Life(spec, {"slow": good(1), "bad": bad(), "late": []})
    status = life.to_the_end()
    assert status.phase is P.FAILED
    assert status.message is not None
    assert status.message.startswith("metric bad is Failed: 1 failed")
    assert {each.name: each.phase for each in status.metric_results} == {
        "slow": P.INCONCLUSIVE,
        "bad": P.FAILED,
        "late": P.INCONCLUSIVE,
    }
    late = status.metric_results[2]
    assert (late.reason, late.message) == (
        "Terminated",
        "stopped because metric bad is Failed before it came to a verdict",
    )
    assert all(each.next_measurement_at is None for each in status.metric_results)


def test_the_culprit_of_an_inconclusive_run_is_named_not_one_that_it_stopped() -> None:
    spec = run_spec(metric("first", interval="1m", count=9), metric("empty"))
    status = Life(spec, {"first": good(1), "empty": nothing()}).to_the_end()
    assert (status.phase, status.reason) == (P.INCONCLUSIVE, "NoData")
    assert status.message is not None
    assert status.message.startswith("metric empty is Inconclusive")


@pytest.mark.parametrize(
    ("answers", "phase"),
    [
        ({"a": good(), "b": good()}, P.SUCCESSFUL),
        ({"a": nothing(), "b": bad()}, P.FAILED),
        ({"a": bad(), "b": nothing()}, P.FAILED),
        ({"a": good(), "b": nothing()}, P.INCONCLUSIVE),
    ],
)
def test_the_worst_verdict_is_that_of_the_run(answers: dict[str, list[Reading]], phase: P) -> None:
    assert Life(run_spec(metric("a"), metric("b")), answers).to_the_end().phase is phase


# Prometheus is down ------------------------------------------------------------------------------------------------


def test_an_unreachable_prometheus_holds_the_run_and_it_goes_on_when_it_is_back() -> None:
    life = Life(run_spec(metric()), {"ok": [DOWN] * 8 + good()})
    assert life.to_the_end().phase is P.SUCCESSFUL
    tries = times(life)
    assert [round(after - before - 0.1) for before, after in pairwise(tries)] == [1, 2, 5, 10, 10, 10, 10, 10]
    assert life.writes == 2, "tries that fail like the last one are no news"
    (result,) = life.status.metric_results
    assert (result.error, result.failed, result.outage) == (0, 0, None)


def test_while_it_is_held_the_run_says_why() -> None:
    life = Life(run_spec(metric()), {"ok": [DOWN] * 9})
    for _ in range(9):
        life.step()
    assert life.stored.phase is P.RUNNING
    assert life.stored.reason == "ProviderUnavailable"
    assert life.stored.message is not None
    assert "metric ok: Prometheus at http://p:9090 can't be reached: connection refused" in life.stored.message
    assert life.stored.metric_results[0].outage is not None
    assert life.stored.metric_results[0].outage.since == NOW + seconds(0.1)


def test_when_it_is_back_the_run_no_longer_says_that_it_is_held() -> None:
    life = Life(run_spec(metric(interval="1m")), {"ok": [DOWN, *good(1)]})
    for _ in range(3):
        life.step()
    assert (life.stored.phase, life.stored.reason, life.stored.message) == (P.RUNNING, None, None)
    assert life.stored.metric_results[0].outage is None
    assert life.stored.metric_results[0].count == 1


def test_while_no_answer_decides_the_run_says_why() -> None:
    patient = {"inconclusiveLimit": -1, "consecutiveSuccessLimit": 1, "interval": "1s"}
    life = Life(run_spec(metric(**patient)), {"ok": [*nothing(3), *good(1)]})
    for _ in range(4):
        life.step()
    assert (life.stored.phase, life.stored.reason) == (P.RUNNING, "NoData")
    assert life.stored.message == "metric ok: no data: the answer is empty or NaN"
    assert life.to_the_end().phase is P.SUCCESSFUL


def test_an_hour_of_outage_never_fails_a_run_with_the_tightest_limits() -> None:
    limits = {"failureLimit": 0, "inconclusiveLimit": 0, "consecutiveErrorLimit": 0}
    life = Life(run_spec(metric(interval="5s", count=3, **limits)), {"ok": good(1) + [DOWN] * 360 + good(2)})
    assert life.to_the_end(2000).phase is P.SUCCESSFUL
    assert life.writes <= 5


def test_another_cause_is_news() -> None:
    slow = replace(DOWN, message="Prometheus at http://p:9090 does not answer within 10s")
    life = Life(run_spec(metric()), {"ok": [DOWN, DOWN, slow, slow, *good()]})
    life.to_the_end()
    assert life.writes == 3


def test_an_outage_does_not_break_a_row_of_good_measurements() -> None:
    spec = run_spec(metric(interval="1s", consecutiveSuccessLimit=3))
    assert Life(spec, {"ok": [*good(2), DOWN, *good(1)]}).to_the_end().phase is P.SUCCESSFUL


def test_an_error_breaks_a_row_of_good_measurements() -> None:
    spec = run_spec(metric(interval="1s", consecutiveSuccessLimit=2, count=3, failureLimit=-1))
    answers: list[Reading] = [*good(1), Values(1.0), *good(1), *bad(1)]
    assert Life(spec, {"ok": answers}).to_the_end().phase is P.FAILED


def test_a_query_that_prometheus_refuses_ends_as_error_after_the_limit() -> None:
    life = Life(run_spec(metric()), {"ok": [REFUSED] * 5})
    status = life.to_the_end()
    assert (status.phase, status.reason) == (P.ERROR, "ProviderRefused")
    assert status.message is not None
    assert "5 errors in a row, consecutiveErrorLimit is 4" in status.message
    assert "parse error" in status.message
    assert [round(after - before - 0.1) for before, after in pairwise(times(life))] == [10] * 4


def test_a_condition_that_does_not_fit_ends_as_error_and_is_tried_again_no_later_than_the_interval() -> None:
    life = Life(run_spec(metric(interval="2s")), {"ok": [Values(1.0)] * 5})
    status = life.to_the_end()
    assert (status.phase, status.reason) == (P.ERROR, "EvaluationError")
    assert status.message is not None
    assert "last value 1: result[0]: needs a list" in status.message
    assert [round(after - before - 0.1) for before, after in pairwise(times(life))] == [2] * 4


# Stopping ----------------------------------------------------------------------------------------------------------


def terminated(life: Life) -> AnalysisRunStatus:
    life.spec = life.spec.model_copy(update={"terminate": True})
    status = life.plan().status
    assert status.phase.completed
    return status


def test_a_run_that_is_stopped_before_its_first_answer_is_inconclusive_never_successful() -> None:
    status = terminated(Life(run_spec(metric(), metric("b", interval="1m")), {}))
    assert (status.phase, status.reason) == (P.INCONCLUSIVE, "Terminated")


def test_a_run_that_is_stopped_before_its_count_is_inconclusive() -> None:
    life = Life(run_spec(metric(interval="1m", count=3)), {"ok": good(2)})
    for _ in range(3):
        life.step()
    assert terminated(life).phase is P.INCONCLUSIVE


@pytest.mark.parametrize(
    ("answers", "phase"),
    [
        (good(2), P.SUCCESSFUL),
        ([*bad(1), *good(1)], P.SUCCESSFUL),
        (bad(2), P.INCONCLUSIVE),
        (nothing(2), P.INCONCLUSIVE),
        ([*good(1), DOWN], P.INCONCLUSIVE),
        ([*good(1), Values(1.0)], P.INCONCLUSIVE),
        ([DOWN, DOWN], P.INCONCLUSIVE),
    ],
)
def test_a_metric_without_end_is_successful_when_stopped_only_if_it_saw_something_good_to_the_last(
    answers: list[Reading], phase: P
) -> None:
    """A background analysis is stopped when its release is over: that is its end, not an accident."""
    spec = run_spec(metric(interval="1m", failureLimit=9, inconclusiveLimit=9))
    life = Life(spec, {"ok": list(answers)})
    while life.answers["ok"]:
        life.step()
    status = terminated(life)
    assert status.phase is phase
    if phase is P.INCONCLUSIVE and DOWN in answers:
        assert status.message is not None
        assert "connection refused" in status.message


def test_the_last_answer_counts_also_when_it_comes_with_the_stop() -> None:
    life = Life(run_spec(metric()), {"ok": []})
    life.plan()
    life.spec = life.spec.model_copy(update={"terminate": True})
    assert life.plan([MeasurementResult("ok", NOW, NOW, Values((0.5,)))]).status.phase is P.FAILED


# Dry runs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [bad(), nothing(), [REFUSED] * 5, [DOWN] * 5, [Values(1.0)] * 5])
def test_a_dry_run_never_changes_the_outcome(answers: list[Reading]) -> None:
    spec = run_spec(metric("real"), metric("trial"), dryRun=[{"metricName": "trial"}])
    status = Life(spec, {"real": good(), "trial": list(answers)}).to_the_end()
    assert status.phase is P.SUCCESSFUL
    assert status.run_summary is not None
    assert status.dry_run_summary is not None
    assert (status.run_summary.count, status.dry_run_summary.count) == (1, 1)
    assert status.dry_run_summary.successful == 0
    assert status.metric_results[1].dry_run


def test_a_dry_run_without_end_is_not_waited_for() -> None:
    spec = run_spec(metric("real"), metric("trial", interval="1m"), dryRun=[{"metricName": "tri.*"}])
    assert Life(spec, {"real": good(), "trial": good()}).to_the_end().phase is P.SUCCESSFUL


def test_a_run_of_dry_runs_only_is_successful() -> None:
    spec = run_spec(metric("a"), metric("b"), dryRun=[{"metricName": "*"}])
    status = Life(spec, {"a": bad(), "b": [DOWN] * 5}).to_the_end()
    assert (status.phase, status.message) == (P.SUCCESSFUL, "all metrics are dry runs")


# What stays --------------------------------------------------------------------------------------------------------


def test_the_last_ten_measurements_stay_or_as_many_as_asked_for() -> None:
    spec = run_spec(
        metric("a", interval="1s", count=15),
        metric("b", interval="1s", count=15),
        measurementRetention=[{"metricName": "b", "limit": 2}],
    )
    status = Life(spec, {"a": good(15), "b": good(15)}).to_the_end()
    assert [len(each.measurements) for each in status.metric_results] == [10, 2]
    assert [each.count for each in status.metric_results] == [15, 15]


def test_a_run_that_is_over_never_changes_again() -> None:
    life = Life(run_spec(metric()), {"ok": good()})
    status = life.to_the_end()
    plan = plan_run(
        run_view(life.spec, status), NOW + timedelta(days=1), [MeasurementResult("ok", NOW, NOW, Values(0.0))]
    )
    assert (plan.status, plan.due, plan.urgent, plan.wake_at, plan.expired) == (status, (), False, None, False)


@pytest.mark.parametrize(
    ("ttl", "answers", "after"),
    [
        ({"secondsAfterCompletion": 60}, good(), 60),
        ({"secondsAfterCompletion": 60}, bad(), 60),
        ({"secondsAfterCompletion": 60}, nothing(), 60),
        ({"secondsAfterCompletion": 60, "secondsAfterSuccess": 5}, good(), 5),
        ({"secondsAfterCompletion": 60, "secondsAfterFailure": 0}, bad(), 0),
        ({"secondsAfterSuccess": 5}, bad(), None),
    ],
)
def test_a_run_expires_by_its_ttl(ttl: dict[str, int], answers: list[Reading], after: int | None) -> None:
    life = Life(run_spec(metric(), ttlStrategy=ttl), {"ok": answers})
    status = life.to_the_end()
    assert status.completed_at is not None
    if after is None:
        assert plan_run(run_view(life.spec, status), NOW + timedelta(days=9)).wake_at is None
        return
    end = status.completed_at + seconds(after)
    if after:
        before = plan_run(run_view(life.spec, status), end - seconds(1))
        assert (before.expired, before.wake_at) == (False, end)
    assert plan_run(run_view(life.spec, status), end).expired


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (run_spec(metric(successCondition="{{args.x}} > 1")), "metric ok.successCondition uses {{args.x}}"),
        (run_spec(metric(), dryRun=[{"metricName": "nope"}]), "dryRun[0]: 'nope' matches no metric"),
        (
            run_spec(
                metric(
                    provider={
                        "prometheus": {"query": "up", "rangeQuery": {"start": "now", "end": "now()", "step": "1m"}}
                    }
                )
            ),
            "rangeQuery.start: 'now' is no time",
        ),
    ],
)
def test_a_run_that_cannot_be_measured_ends_as_error_with_the_remedy(spec: object, says: str) -> None:
    plan = plan_run(run_view(spec), NOW)  # type: ignore[arg-type]
    assert (plan.status.phase, plan.status.reason) == (P.ERROR, "InvalidSpec")
    assert plan.status.message is not None
    assert says in plan.status.message
    assert plan.status.completed_at == NOW
    assert plan.urgent
    assert plan.due == ()


def test_a_run_that_cannot_be_read_ends_as_error() -> None:
    plan = plan_run(run_view(None, problem="spec.metrics: missing"), NOW)
    assert (plan.status.phase, plan.status.message) == (P.ERROR, "spec.metrics: missing")
    after = plan_run(run_view(None, plan.status), NOW + seconds(1))
    assert (after.urgent, after.expired) == (False, False)


def test_a_result_of_a_metric_that_is_gone_is_left_aside() -> None:
    life = Life(run_spec(metric()), {"ok": good()})
    life.plan([MeasurementResult("gone", NOW, NOW, Values(1.0))])
    assert life.to_the_end().phase is P.SUCCESSFUL


READINGS = st.sampled_from([*good(), *bad(), *nothing(), DOWN, REFUSED, Values(1.0)])


@given(
    answers=st.lists(READINGS, min_size=40, max_size=40),
    kills=st.sets(st.integers(0, 60), max_size=8),
    limits=st.fixed_dictionaries(
        {
            "failureLimit": st.integers(-1, 3),
            "inconclusiveLimit": st.integers(-1, 3),
            "consecutiveSuccessLimit": st.integers(0, 2),
        }
    ),
)
def test_killed_at_any_moment_the_run_goes_on_and_no_verdict_is_without_its_measurements(
    answers: list[Reading], kills: set[int], limits: dict[str, int]
) -> None:
    life = Life(run_spec(metric(interval="5s", count=6, **limits)), {"ok": answers + [Values((0.99,))] * 60})
    for step in range(400):
        if step in kills:
            life.restart()
        if life.step().status.phase.completed:
            break
    (result,) = life.status.metric_results
    assert result.count == result.successful + result.failed + result.inconclusive
    assert len(result.measurements) == min(10, result.count + result.error)
    if life.status.phase is P.SUCCESSFUL:
        assert result.successful > 0 or result.failed > 0
    assert life.stored == AnalysisRunStatus.model_validate_json(life.status.model_dump_json())
