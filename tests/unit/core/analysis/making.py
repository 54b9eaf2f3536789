"""What the tests of analyses are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tidegate.api.analysis import AnalysisRunSpec, AnalysisRunStatus, AnalysisTemplateSpec
from tidegate.core.analysis.reading import MeasurementResult, ProviderError, Reading, Trouble, Values
from tidegate.core.analysis.run import RunPlan, plan_run
from tidegate.core.objects import Meta
from tidegate.core.world import RunView, TemplateView

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DOWN = ProviderError(Trouble.UNAVAILABLE, "Prometheus at http://p:9090 can't be reached: connection refused")
REFUSED = ProviderError(Trouble.REFUSED, "Prometheus at http://p:9090 calls the query wrong (HTTP 400): parse error")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def metric(name: str = "ok", **fields: Any) -> dict[str, Any]:
    """A metric that is good when its first value is at least 0.95."""
    query = {"query": "up", "address": "http://p:9090"}
    return {"name": name, "successCondition": "result[0] >= 0.95", "provider": {"prometheus": query}, **fields}


def run_spec(*metrics: dict[str, Any], **fields: Any) -> AnalysisRunSpec:
    return AnalysisRunSpec.model_validate({"metrics": list(metrics), **fields})


def run_view(spec: AnalysisRunSpec | None, status: AnalysisRunStatus | None = None, problem: str = "") -> RunView:
    meta = Meta("team", "run", "uid-1", "7", 1, NOW)
    return RunView(meta, None, "abc", spec, status or AnalysisRunStatus(), problem)


def template(name: str, *, cluster: bool = False, problem: str = "", **spec: Any) -> TemplateView:
    meta = Meta("" if cluster else "team", name, f"uid-{name}", "1", 1, NOW)
    parsed = None if problem else AnalysisTemplateSpec.model_validate(spec)
    return TemplateView(meta, parsed, problem)


@dataclass
class Life:
    """A run in virtual time: every measurement that is due is answered at once, from `answers` by metric."""

    spec: AnalysisRunSpec
    answers: dict[str, list[Reading]]
    now: datetime = NOW
    status: AnalysisRunStatus = field(default_factory=AnalysisRunStatus)
    stored: AnalysisRunStatus = field(default_factory=AnalysisRunStatus)
    measured: list[tuple[float, str]] = field(default_factory=list)
    writes: int = 0

    def __post_init__(self) -> None:
        # What is taken from a table of cases would be missing when a test is run again in the same process.
        self.answers = {name: list(answers) for name, answers in self.answers.items()}

    def plan(self, finished: Sequence[MeasurementResult] = ()) -> RunPlan:
        plan = plan_run(run_view(self.spec, self.status), self.now, finished)
        self.status = plan.status
        if plan.urgent:
            self.writes += 1
            # What is written is what the API server gives back: JSON.
            self.stored = AnalysisRunStatus.model_validate_json(plan.status.model_dump_json(exclude_none=True))
        return plan

    def restart(self) -> None:
        """The operator is killed: what was not written is gone."""
        self.status = self.stored

    def step(self) -> RunPlan:
        """Plan, answer what is due, plan again; or let time go on."""
        plan = self.plan()
        if plan.due:
            return self.plan([self._answered(due.metric) for due in plan.due])
        if plan.wake_at is not None and not plan.status.phase.completed:
            self.now = plan.wake_at
        return plan

    def _answered(self, name: str) -> MeasurementResult:
        self.measured.append(((self.now - NOW).total_seconds(), name))
        return MeasurementResult(name, self.now, self.now + seconds(0.1), self.answers[name].pop(0))

    def to_the_end(self, most: int = 500) -> AnalysisRunStatus:
        for _ in range(most):
            if self.step().status.phase.completed:
                return self.status
        raise AssertionError(f"no end after {most} passes: {self.status}")


def good(count: int = 1) -> list[Reading]:
    return [Values((0.99,))] * count


def bad(count: int = 1) -> list[Reading]:
    return [Values((0.5,))] * count


def nothing(count: int = 1) -> list[Reading]:
    return [Values(())] * count
