"""A measurement that is due, and its query once the Secrets are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.api.analysis_parts import SecretKeyRef
from tidegate.api.provider import Authentication, PrometheusMetric
from tidegate.core.analysis.arguments import ARGS, fill
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.analysis.metric import ResolvedMetric
from tidegate.core.analysis.reading import BasicCredentials, BearerToken, PrometheusQuery, Span
from tidegate.core.analysis.timespan import moment

TIMEOUT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class DueMeasurement:
    """Ask this now. `secrets` are what to read first: by the name of the argument, in the namespace of the run."""

    metric: str
    prometheus: PrometheusMetric
    secrets: Mapping[str, SecretKeyRef]
    span: Span | None = None

    def query(self, secrets: Mapping[str, str]) -> PrometheusQuery:
        """The query as it goes out; `secrets` are the values by argument. Raises AnalysisError when one is missing."""
        fields = _Fields({f"{ARGS}{name}": value.strip("\r\n") for name, value in secrets.items()}, self.metric)
        asked = self.prometheus
        credentials = _credentials(asked.authentication, fields)
        return PrometheusQuery(
            query=fields.fill(asked.query, "query"),
            address=fields.fill(asked.address, "address") if asked.address else None,
            timeout=asked.timeout or TIMEOUT,
            span=self.span,
            headers=tuple((each.key, fields.fill(each.value, f"headers {each.key}")) for each in asked.headers or []),
            credentials=credentials,
            ca_cert=fields.fill(asked.ca_cert, "caCert") if asked.ca_cert else None,
            insecure=bool(asked.insecure),
            secrets=frozenset({*secrets.values(), *_confidential(credentials)}),
        )


@dataclass(frozen=True, slots=True)
class _Fields:
    values: Mapping[str, str]
    metric: str

    def fill(self, text: str, field: str) -> str:
        return fill(text, self.values, f"metric {self.metric}: provider.prometheus.{field}")


def _credentials(asked: Authentication | None, fields: _Fields) -> BasicCredentials | BearerToken | None:
    if asked and asked.basic_auth:
        return BasicCredentials(
            fields.fill(asked.basic_auth.username, "authentication.basicAuth.username"),
            fields.fill(asked.basic_auth.password, "authentication.basicAuth.password"),
        )
    if asked and asked.bearer:
        return BearerToken(fields.fill(asked.bearer.token, "authentication.bearer.token"))
    return None


def _confidential(credentials: BasicCredentials | BearerToken | None) -> tuple[str, ...]:
    """What must not be seen even where it stands in the manifest. Basic authentication is sent as `user:password`."""
    if isinstance(credentials, BasicCredentials):
        return (credentials.password, f"{credentials.username}:{credentials.password}")
    return (credentials.token,) if credentials else ()


def due(metric: ResolvedMetric, now: datetime) -> DueMeasurement:
    """The measurement of `metric` at `now`. Raises AnalysisError when its span can't be read."""
    return DueMeasurement(metric.name, metric.prometheus, metric.secrets, _span(metric, now))


def _span(metric: ResolvedMetric, now: datetime) -> Span | None:
    asked = metric.prometheus.range_query
    if asked is None:
        return None
    where = f"metric {metric.name}: provider.prometheus.rangeQuery"
    start, end = moment(asked.start, now, f"{where}.start"), moment(asked.end, now, f"{where}.end")
    if not isinstance(asked.step, timedelta) or not asked.step:
        raise AnalysisError(f"{where}.step: {asked.step} is no distance between two points: write for instance 30s")
    if end < start:
        raise AnalysisError(f'{where}: end is before start: write for instance start: now() - duration("5m")')
    return Span(start, end, asked.step)
