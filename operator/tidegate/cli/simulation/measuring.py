"""What Prometheus answers in a simulation: values that the conditions of a metric call good, or bad."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tidegate.api.analysis import AnalysisPhase, AnalysisRunSpec
from tidegate.cli.simulation.scenario import Answers, Scenario
from tidegate.core.analysis.metric import ResolvedMetric, resolve_metrics
from tidegate.core.analysis.reading import PrometheusQuery, ProviderError, Reading, Trouble, Values
from tidegate.core.analysis.verdict import judge

Raw = dict[str, Any]
DOWN = ProviderError(Trouble.UNAVAILABLE, "does not answer")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_USUAL = (1.0, 0.0, 0.5, 100.0, 1e6, -1.0)


class Measuring:
    """Answers queries as the scenario has it. A metric is known by its query, in the runs that there are.

    `runs` gives the AnalysisRuns, `weight` the new version's share in percent for the Rollout that owns a run.
    """

    def __init__(self, scenario: Scenario, runs: Callable[[], list[Raw]], weight: Callable[[Raw], float]) -> None:
        self._scenario = scenario
        self._runs = runs
        self._weight = weight
        self._known: dict[str, tuple[Raw, ResolvedMetric]] = {}
        self._read: set[str] = set()

    def __call__(self, query: PrometheusQuery) -> Reading:
        """The answer to a query now."""
        match self._scenario.answers:
            case Answers.NO_DATA:
                return Values(())
            case Answers.DOWN:
                return DOWN
        if query.query not in self._known:
            self._learn()
        if query.query not in self._known:
            # A Secret stands in the query: nobody knows which metric it is.
            return Values((1.0,))
        run, metric = self._known[query.query]
        return reading(metric, AnalysisPhase.FAILED if self._bad(run) else AnalysisPhase.SUCCESSFUL)

    def _bad(self, run: Raw) -> bool:
        return self._scenario.bad_from is not None and self._weight(run) >= self._scenario.bad_from

    def _learn(self) -> None:
        for run in self._runs():
            if run["metadata"]["uid"] not in self._read:
                self._read.add(run["metadata"]["uid"])
                for metric in resolve_metrics(AnalysisRunSpec.model_validate(run["spec"])):
                    self._known[metric.prometheus.query] = (run, metric)


def reading(metric: ResolvedMetric, wanted: AnalysisPhase) -> Values:
    """The first answer that its conditions judge so; 1 when none of those tried is."""
    tried = (answer for answer in _answers(metric) if judge(metric, answer).phase is wanted)
    return next(tried, Values((1.0,)))


def _answers(metric: ResolvedMetric) -> Iterator[Values]:
    for value in _numbers(metric):
        yield Values((value,))
        yield Values(value)


def _numbers(metric: ResolvedMetric) -> Iterator[float]:
    """What people would expect first, then the numbers in the conditions and those beside them."""
    yield from _USUAL
    texts = (condition.text for condition in (metric.success, metric.failure) if condition)
    arguments = (value for value in metric.args.values() if _NUMBER.fullmatch(value))
    for number in (float(found) for text in (*texts, *arguments) for found in _NUMBER.findall(text)):
        yield from (number, number * 1.01 + 0.001, number * 0.99 - 0.001)


def holding(run: Raw) -> str:
    """Why a run may hold a step for ever, in words; empty when it comes to an end by itself."""
    name = run["metadata"]["name"]
    results = (run.get("status") or {}).get("metricResults") or ()
    if any(result.get("outage") for result in results):
        return f"AnalysisRun {name} gets no answer, and is measured again until it does"
    metrics = resolve_metrics(AnalysisRunSpec.model_validate(run["spec"]))
    endless = [metric.name for metric in metrics if metric.count is None and not metric.limits.success]
    return f"{', '.join(endless)} of AnalysisRun {name} measures without end: give it a count" if endless else ""
