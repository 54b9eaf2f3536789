"""Argo's truth table and limits, with the four verdicts kept apart."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.analysis.making import metric, run_spec
from tidegate.api.analysis import AnalysisPhase as P
from tidegate.api.analysis_status import MetricResult
from tidegate.core.analysis.metric import ResolvedMetric, resolve_metrics
from tidegate.core.analysis.reading import Values
from tidegate.core.analysis.verdict import assess, judge, value_text

NAN, INF = float("nan"), float("inf")


def resolved(**fields: Any) -> ResolvedMetric:
    (one,) = resolve_metrics(run_spec(metric(**fields)))
    return one


def conditions(success: str | None, failure: str | None, **fields: Any) -> ResolvedMetric:
    spec = metric(**fields)
    spec.pop("successCondition")
    spec |= {"successCondition": success} if success else {}
    spec |= {"failureCondition": failure} if failure else {}
    (one,) = resolve_metrics(run_spec(spec))
    return one


@pytest.mark.parametrize(
    ("success", "failure", "value", "phase"),
    [
        (None, None, 1.0, P.SUCCESSFUL),
        ("result > 5", None, 6.0, P.SUCCESSFUL),
        ("result > 5", None, 5.0, P.FAILED),
        (None, "result > 5", 6.0, P.FAILED),
        (None, "result > 5", 5.0, P.SUCCESSFUL),
        ("result < 5", "result > 9", 1.0, P.SUCCESSFUL),
        ("result < 5", "result > 9", 10.0, P.FAILED),
        ("result < 5", "result > 9", 7.0, P.INCONCLUSIVE),
        ("result > 1", "result > 9", 10.0, P.FAILED),
        ("result.x > 1", None, 1.0, P.ERROR),
        (None, "result.x > 1", 1.0, P.ERROR),
        ("result.x > 1", "result > 0", 1.0, P.ERROR),
        # No data is neither good nor bad.
        (None, None, (), P.INCONCLUSIVE),
        (None, None, (NAN, NAN), P.INCONCLUSIVE),
        (None, None, NAN, P.INCONCLUSIVE),
        (None, None, (NAN, 1.0), P.SUCCESSFUL),
        ("result[0] > 5", None, (), P.INCONCLUSIVE),
        (None, "result[0] > 5", (), P.INCONCLUSIVE),
        ("result[0] < 5", "len(result) == 0", (), P.FAILED),
        ("len(result) == 0", "result[0] > 5", (), P.INCONCLUSIVE),
        ("result[0] > 5", None, (NAN,), P.INCONCLUSIVE),
    ],
)
def test_the_truth_table(success: str | None, failure: str | None, value: Any, phase: P) -> None:
    assert judge(conditions(success, failure), Values(value)).phase is phase


@pytest.mark.parametrize(
    ("policy", "phase"),
    [(None, P.INCONCLUSIVE), ("Inconclusive", P.INCONCLUSIVE), ("Successful", P.SUCCESSFUL), ("Failed", P.FAILED)],
)
def test_what_no_data_counts_as_is_the_authors_choice(policy: str | None, phase: P) -> None:
    fields = {"noData": policy} if policy else {}
    judgement = judge(resolved(**fields), Values(()))
    assert judgement.phase is phase
    assert judgement.reason == "NoData"
    assert judgement.message is not None
    assert "no data" in judgement.message


def test_the_message_says_what_was_not_met() -> None:
    long = "result[0] >= 0.95 && " + " && ".join(["result[0] < 5"] * 20)
    assert judge(resolved(), Values((0.5,))).message == "does not meet result[0] >= 0.95"
    assert judge(conditions(None, "result > 5"), Values(6.0)).message == "meets result > 5"
    assert (
        judge(conditions("result < 5", "result > 9"), Values(7.0)).message == "meets neither result < 5 nor result > 9"
    )
    assert len(judge(conditions(long, None), Values((0.5,))).message or "") < 150


def counted(**counts: int) -> MetricResult:
    total = counts.get("successful", 0) + counts.get("failed", 0) + counts.get("inconclusive", 0)
    return MetricResult(name="ok", phase=P.RUNNING, **{"count": total, **counts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "result", "phase"),
    [
        # Nothing said: once. An interval alone: without end. 0 is nothing said.
        ({}, counted(successful=1), P.SUCCESSFUL),
        ({"count": 1}, counted(successful=1), P.SUCCESSFUL),
        ({"interval": "1m"}, counted(successful=100), P.RUNNING),
        ({"interval": "1m", "count": 0}, counted(successful=100), P.RUNNING),
        ({"interval": "1m", "count": 3}, counted(successful=2), P.RUNNING),
        ({"interval": "1m", "count": 3}, counted(successful=3), P.SUCCESSFUL),
        # Limits: more than the limit is too many; -1 is never.
        ({}, counted(failed=1), P.FAILED),
        ({"interval": "1m", "failureLimit": 2}, counted(failed=2), P.RUNNING),
        ({"interval": "1m", "failureLimit": 2}, counted(failed=3), P.FAILED),
        ({"interval": "1m", "failureLimit": -1}, counted(failed=99), P.RUNNING),
        ({"interval": "1m", "count": 3, "failureLimit": 1}, counted(successful=2, failed=1), P.SUCCESSFUL),
        ({"interval": "1m"}, counted(inconclusive=1), P.INCONCLUSIVE),
        ({"interval": "1m", "inconclusiveLimit": 1}, counted(inconclusive=1), P.RUNNING),
        ({"interval": "1m", "inconclusiveLimit": -1}, counted(inconclusive=9), P.RUNNING),
        ({}, counted(error=4, consecutive_error=4), P.RUNNING),
        ({}, counted(error=5, consecutive_error=5), P.ERROR),
        ({"consecutiveErrorLimit": 0}, counted(error=1, consecutive_error=1), P.ERROR),
        ({"consecutiveErrorLimit": -1}, counted(error=99, consecutive_error=99), P.RUNNING),
        # Undecided measurements alone are no success, whatever the limit.
        ({"interval": "1m", "count": 3, "inconclusiveLimit": 3}, counted(inconclusive=3), P.INCONCLUSIVE),
        ({"interval": "1m", "count": 3, "inconclusiveLimit": 3}, counted(inconclusive=2, successful=1), P.SUCCESSFUL),
        # N good ones in a row.
        ({"interval": "1m", "consecutiveSuccessLimit": 3}, counted(successful=3, consecutive_success=2), P.RUNNING),
        ({"interval": "1m", "consecutiveSuccessLimit": 3}, counted(successful=3, consecutive_success=3), P.SUCCESSFUL),
        (
            {"interval": "1m", "count": 4, "consecutiveSuccessLimit": 3, "failureLimit": 1},
            counted(successful=3, failed=1, consecutive_success=2),
            P.INCONCLUSIVE,
        ),
        (
            {"interval": "1m", "count": 4, "consecutiveSuccessLimit": 3, "failureLimit": -1},
            counted(successful=3, failed=1, consecutive_success=2),
            P.FAILED,
        ),
        (
            {"interval": "1m", "consecutiveSuccessLimit": 1},
            counted(successful=1, failed=1, consecutive_success=1),
            P.FAILED,
        ),
    ],
)
def test_the_limits(fields: dict[str, Any], result: MetricResult, phase: P) -> None:
    assert assess(resolved(**fields), result).phase is phase


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.97, "0.97"),
        (5.0, "5"),
        (NAN, "NaN"),
        ((), "[]"),
        ((0.97, 1.0), "[0.97,1]"),
        ((INF, -INF, 1e300), "[+Inf,-Inf,1e+300]"),
    ],
)
def test_a_value_is_shown_as_prometheus_writes_it(value: Any, text: str) -> None:
    assert value_text(Values(value)) == text


def test_a_long_list_is_cut_in_status() -> None:
    text = value_text(Values(tuple([0.123456789] * 20_000)))
    assert len(text) <= 256
    assert text.endswith("… 20000 values]")
