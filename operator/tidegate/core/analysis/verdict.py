"""What an answer means, and what the answers so far mean for their metric.

| successCondition | failureCondition | the measurement is |
|---|---|---|
| none | none | Successful |
| holds or not | none | Successful or Failed |
| none | holds or not | Failed or Successful |
| both | | Failed when the failureCondition holds, else Successful when the other does, else Inconclusive |

The table and the limits are those of Argo Rollouts. No data is `noData`, by default Inconclusive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tidegate.api.analysis import AnalysisPhase
from tidegate.api.analysis_status import MetricResult
from tidegate.api.metric import NoDataPolicy
from tidegate.core.analysis.conditions import Condition, Evaluation, Outcome
from tidegate.core.analysis.metric import Limits, ResolvedMetric
from tidegate.core.analysis.reading import Values

NO_DATA = "NoData"
TERMINATED = "Terminated"
MAX_SHOWN = 120
MAX_VALUE = 256


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason (one word, for programs) and a message (for people)."""

    phase: AnalysisPhase
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class _Answers:
    """What both conditions say; None where there is no such condition."""

    success: Evaluation | None
    failure: Evaluation | None

    def first(self, outcome: Outcome) -> Evaluation | None:
        """The first of the two that came out so."""
        return next((each for each in (self.success, self.failure) if each and each.outcome is outcome), None)

    def failed(self) -> bool:
        """Whether the failureCondition holds."""
        return self.failure is not None and self.failure.outcome is Outcome.TRUE


def judge(metric: ResolvedMetric, values: Values) -> Judgement:
    """The verdict on one answer."""
    result = values.value if isinstance(values.value, float) else list(values.value)
    answers = _Answers(_ask(metric.success, result, metric), _ask(metric.failure, result, metric))
    if error := answers.first(Outcome.ERROR):
        return Judgement(AnalysisPhase.ERROR, "EvaluationError", error.message)
    if answers.failed():
        return Judgement(AnalysisPhase.FAILED, "FailureCondition", f"meets {_shown(metric.failure)}")
    if answers.first(Outcome.NO_DATA) or (_nothing_asked(metric) and _empty(values)):
        return _no_data(metric.no_data)
    return _table(metric, answers)


def _ask(condition: Condition | None, result: float | list[float], metric: ResolvedMetric) -> Evaluation | None:
    return condition.evaluate(result, metric.args) if condition else None


def _shown(condition: Condition | None) -> str:
    text = " ".join(condition.text.split()) if condition else ""
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _nothing_asked(metric: ResolvedMetric) -> bool:
    return metric.success is None and metric.failure is None


def _empty(values: Values) -> bool:
    many = values.value if isinstance(values.value, tuple) else (values.value,)
    return all(math.isnan(value) for value in many)


def _no_data(policy: NoDataPolicy) -> Judgement:
    counted = "" if policy is NoDataPolicy.INCONCLUSIVE else f", which noData counts as {policy}"
    return Judgement(AnalysisPhase(policy), NO_DATA, f"no data: the answer is empty or NaN{counted}")


def _table(metric: ResolvedMetric, answers: _Answers) -> Judgement:
    if answers.success is None or answers.success.outcome is Outcome.TRUE:
        return Judgement(AnalysisPhase.SUCCESSFUL)
    if answers.failure is None:
        return Judgement(AnalysisPhase.FAILED, "SuccessCondition", f"does not meet {_shown(metric.success)}")
    both = f"meets neither {_shown(metric.success)} nor {_shown(metric.failure)}"
    return Judgement(AnalysisPhase.INCONCLUSIVE, "NeitherCondition", both)


def assess(metric: ResolvedMetric, result: MetricResult) -> Judgement:
    """Where the metric stands after its counted measurements: a verdict as soon as a limit is passed or reached."""
    return _beyond(metric.limits, result) or _enough(metric, result) or Judgement(AnalysisPhase.RUNNING)


def _beyond(limits: Limits, result: MetricResult) -> Judgement | None:
    rows = (
        (AnalysisPhase.FAILED, result.failed, limits.failure, "failed", "failureLimit"),
        (AnalysisPhase.INCONCLUSIVE, result.inconclusive, limits.inconclusive, "inconclusive", "inconclusiveLimit"),
        (AnalysisPhase.ERROR, result.consecutive_error, limits.error, "errors in a row", "consecutiveErrorLimit"),
    )
    for phase, seen, limit, word, field in rows:
        if 0 <= limit < seen:
            return Judgement(phase, result.reason, f"{seen} {word}, {field} is {limit}")
    return None


def _enough(metric: ResolvedMetric, result: MetricResult) -> Judgement | None:
    limits = metric.limits
    if 0 < limits.success <= result.consecutive_success:
        return Judgement(AnalysisPhase.SUCCESSFUL, None, f"{result.consecutive_success} good in a row")
    if metric.count is None or result.count < metric.count:
        return None
    if not limits.success:
        return _counted(result)
    in_a_row = f"{result.consecutive_success} of {result.count} good in a row at the end"
    missed = f"{in_a_row}, consecutiveSuccessLimit is {limits.success}"
    undecided = limits.failure != -1
    phase = AnalysisPhase.INCONCLUSIVE if undecided else AnalysisPhase.FAILED
    return Judgement(phase, "ConsecutiveSuccessLimit", missed)


def _counted(result: MetricResult) -> Judgement:
    """All measurements are there, and no limit was passed. Undecided ones alone are no success, whatever the limit."""
    if result.inconclusive and not result.successful and not result.failed:
        none_good = f"none of {result.count} measurements was decided"
        return Judgement(AnalysisPhase.INCONCLUSIVE, result.reason, none_good)
    return Judgement(AnalysisPhase.SUCCESSFUL)


def stopped(metric: ResolvedMetric, result: MetricResult, why: str) -> Judgement:
    """The verdict on a metric that is stopped before it came to one: never Successful by default.

    A metric without end has no verdict to wait for: it is Successful when something good was seen, no limit was passed
    and the last try was not in vain.
    """
    if metric.count is None and result.successful and not result.outage and not result.consecutive_error:
        return Judgement(AnalysisPhase.SUCCESSFUL, None, f"{why} after {result.successful} good of {result.count}")
    outage = f"; {result.outage.message}" if result.outage else ""
    return Judgement(AnalysisPhase.INCONCLUSIVE, TERMINATED, f"{why} before it came to a verdict{outage}")


_ORDER = (AnalysisPhase.SUCCESSFUL, AnalysisPhase.INCONCLUSIVE, AnalysisPhase.ERROR, AnalysisPhase.FAILED)


def badness(phase: AnalysisPhase) -> int:
    """The order of verdicts, for the worst of several: Successful, Inconclusive, Error, Failed."""
    return _ORDER.index(phase)


def value_text(values: Values) -> str:
    """What was measured, as it stands in status: `0.97` or `[0.97,0.98]`, long lists cut."""
    if isinstance(values.value, float):
        return _number(values.value)
    numbers = [_number(value) for value in values.value[:64]]
    text = f"[{','.join(numbers)}]"
    if len(values.value) <= len(numbers) and len(text) <= MAX_VALUE:
        return text
    kept = text[: MAX_VALUE - 40].rpartition(",")[0]
    return f"{kept},… {len(values.value)} values]"


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
