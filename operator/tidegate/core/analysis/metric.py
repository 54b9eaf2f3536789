"""A metric with its arguments filled in, its conditions read and its defaults set: ready to be measured and judged."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from tidegate.api.analysis import AnalysisRunSpec
from tidegate.api.analysis_parts import Arg, DryRun, MeasurementRetention, SecretKeyRef
from tidegate.api.meta import Model
from tidegate.api.metric import Metric, NoDataPolicy
from tidegate.api.provider import PrometheusMetric, Provider
from tidegate.core.analysis.arguments import ARGS, fill_all, names_in, prometheus_duration
from tidegate.core.analysis.conditions import Condition, ConditionError, compile_condition
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.analysis.patterns import matching

LEAST_INTERVAL = timedelta(seconds=1)
RETENTION = 10
NEVER = -1


@dataclass(frozen=True, slots=True)
class Limits:
    """How many are too many; -1 is never. `success` is how many in a row are enough; 0 is off."""

    failure: int = 0
    inconclusive: int = 0
    error: int = 4
    success: int = 0


@dataclass(frozen=True, slots=True)
class ResolvedMetric:
    """A metric as it is measured. `count` None means without end.

    `provider` is as it was written; it is filled in when it is measured, with `values`, which stand in the run, and the
    Secrets of `secrets`, in one pass. `prometheus` is the same for people: Secrets stand there as `{{args.NAME}}`.
    """

    name: str
    interval: timedelta | None
    initial_delay: timedelta
    count: int | None
    limits: Limits
    success: Condition | None
    failure: Condition | None
    no_data: NoDataPolicy
    prometheus: PrometheusMetric
    provider: Mapping[str, Any]
    values: Mapping[str, str]
    secrets: Mapping[str, SecretKeyRef]
    args: Mapping[str, str]
    dry_run: bool
    retention: int


@dataclass(frozen=True, slots=True)
class _Args:
    """The arguments of a run: those whose values stand in it, and those that are read when needed."""

    known: Mapping[str, str]
    secret: Mapping[str, SecretKeyRef]


def resolve_metrics(spec: AnalysisRunSpec) -> tuple[ResolvedMetric, ...]:
    """All metrics of a run. Raises AnalysisError that names metric, field and value of the first mistake."""
    args = _args(spec.args or [])
    names = [metric.name for metric in spec.metrics]
    dry = _dry_runs(spec.dry_run or [], names)
    kept = _retention(spec.measurement_retention or [], names)
    return tuple(_resolve(metric, args, dry, kept) for metric in spec.metrics)


def _args(args: list[Arg]) -> _Args:
    empty = [arg.name for arg in args if arg.value is None and arg.value_from is None]
    if empty:
        raise AnalysisError(f"args {empty[0]} has no value: give value, or valueFrom.secretKeyRef")
    known = {arg.name: arg.value for arg in args if arg.value is not None}
    return _Args(known, {arg.name: arg.value_from.secret_key_ref for arg in args if arg.value_from})


def _dry_runs(rules: list[DryRun], names: list[str]) -> frozenset[str]:
    found = [matching(rule.metric_name, names, f"dryRun[{place}]") for place, rule in enumerate(rules)]
    return frozenset(name for group in found for name in group)


def _retention(rules: list[MeasurementRetention], names: list[str]) -> dict[str, int]:
    kept: dict[str, int] = {}
    for place, rule in enumerate(rules):
        for name in matching(rule.metric_name, names, f"measurementRetention[{place}]"):
            kept[name] = max(rule.limit, kept.get(name, 0))
    return kept


def _resolve(metric: Metric, args: _Args, dry: frozenset[str], kept: Mapping[str, int]) -> ResolvedMetric:
    where = f"metric {metric.name}"
    raw: dict[str, Any] = metric.model_dump(mode="json", by_alias=True, exclude_unset=True)
    provider = raw.pop("provider")
    values = {f"{ARGS}{name}": value for name, value in args.known.items()}
    filled = _filled(raw, provider, values, args, where)
    interval = _duration(filled.interval)
    if interval is not None:
        interval = max(interval, LEAST_INTERVAL)
        values["interval"] = prometheus_duration(interval.total_seconds())
    return ResolvedMetric(
        name=filled.name,
        interval=interval,
        initial_delay=_duration(filled.initial_delay) or timedelta(0),
        count=_count(filled),
        limits=_limits(filled),
        success=_condition(filled.success_condition, "successCondition", metric.name, args),
        failure=_condition(filled.failure_condition, "failureCondition", metric.name, args),
        no_data=filled.no_data or NoDataPolicy.INCONCLUSIVE,
        prometheus=prometheus(provider, values, where, {f"{ARGS}{name}" for name in args.secret}),
        provider=provider,
        values=values,
        secrets={name: source for name, source in args.secret.items() if f"{ARGS}{name}" in names_in(provider)},
        args=args.known,
        dry_run=metric.name in dry,
        retention=kept.get(metric.name, RETENTION),
    )


def _filled(
    raw: dict[str, Any], provider: dict[str, Any], values: Mapping[str, str], args: _Args, where: str
) -> Metric:
    """The metric with all values that are known, but for the provider: only there a Secret may stand."""
    _no_secrets(raw, {f"{ARGS}{name}" for name in args.secret}, where)
    return _parsed(Metric, {**fill_all(raw, values, where), "provider": provider}, where)


def prometheus(
    provider: Mapping[str, Any], values: Mapping[str, str], where: str, later: Collection[str] = ()
) -> PrometheusMetric:
    """The provider with its arguments filled in, those in `later` aside. Raises AnalysisError."""
    where = f"{where}: provider"
    # By its rule, a Provider has one.
    return cast(PrometheusMetric, _parsed(Provider, fill_all(provider, values, where, later), where).prometheus)


def _no_secrets(raw: dict[str, Any], secret: set[str], where: str) -> None:
    for field, value in raw.items():
        for name in names_in(value) & secret:
            raise AnalysisError(
                f"{where}: {field} uses {{{{{name}}}}}, which comes from a Secret and would be seen: "
                "use Secrets in provider only"
            )


Parsed = TypeVar("Parsed", bound=Model)


def _parsed(model: type[Parsed], raw: dict[str, Any], where: str) -> Parsed:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = str(first["msg"]).removeprefix("Value error, ")
        raise AnalysisError(f"{where}: {field + ': ' if field else ''}{message}") from None


def _duration(value: timedelta | str | None) -> timedelta | None:
    return value if isinstance(value, timedelta) else None


def _int(value: int | str | None, default: int) -> int:
    return value if isinstance(value, int) else default


def _count(metric: Metric) -> int | None:
    """As in Argo: nothing said is once, an interval alone is without end, and 0 is nothing said."""
    if count := _int(metric.count, 0):
        return count
    return None if metric.interval is not None else 1


def _limits(metric: Metric) -> Limits:
    return Limits(
        failure=_int(metric.failure_limit, 0),
        inconclusive=_int(metric.inconclusive_limit, 0),
        error=_int(metric.consecutive_error_limit, 4),
        success=_int(metric.consecutive_success_limit, 0),
    )


def _condition(text: str | None, field: str, name: str, args: _Args) -> Condition | None:
    if text is None:
        return None
    try:
        condition = compile_condition(text)
    except ConditionError as error:
        raise AnalysisError(f"metric {name}: {field} {text!r}, {error}") from None
    for arg in sorted(condition.args - args.known.keys()):
        nobody = f"is given by nobody: add {arg} to the args of the template"
        why = "comes from a Secret and would be seen" if arg in args.secret else nobody
        raise AnalysisError(f"metric {name}: {field} uses args.{arg}, which {why}")
    return condition
