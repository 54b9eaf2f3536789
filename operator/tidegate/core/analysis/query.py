"""A measurement that is due, and its query once the Secrets are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tidegate.api.analysis_parts import SecretKeyRef
from tidegate.api.provider import Authentication
from tidegate.core.analysis.arguments import ARGS
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.analysis.metric import ResolvedMetric, prometheus
from tidegate.core.analysis.reading import BasicCredentials, BearerToken, PrometheusQuery, Span
from tidegate.core.analysis.timespan import moment

TIMEOUT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class DueMeasurement:
    """Ask this now. `secrets` are what to read first: by the name of the argument, in the namespace of the run."""

    metric: str
    provider: Mapping[str, Any]
    values: Mapping[str, str]
    secrets: Mapping[str, SecretKeyRef]
    span: Span | None = None

    def query(self, secrets: Mapping[str, str]) -> PrometheusQuery:
        """The query as it goes out; `secrets` are the values by argument. Raises AnalysisError when one is missing."""
        known = {f"{ARGS}{name}": value.strip("\r\n") for name, value in secrets.items()}
        asked = prometheus(self.provider, {**self.values, **known}, f"metric {self.metric}")
        credentials = _credentials(asked.authentication)
        return PrometheusQuery(
            query=asked.query,
            address=asked.address,
            timeout=asked.timeout or TIMEOUT,
            span=self.span,
            headers=tuple((each.key, each.value) for each in asked.headers or []),
            credentials=credentials,
            ca_cert=asked.ca_cert,
            insecure=bool(asked.insecure),
            secrets=frozenset({*secrets.values(), *_confidential(credentials)}),
        )


def _credentials(asked: Authentication | None) -> BasicCredentials | BearerToken | None:
    if asked and asked.basic_auth:
        return BasicCredentials(asked.basic_auth.username, asked.basic_auth.password)
    return BearerToken(asked.bearer.token) if asked and asked.bearer else None


def _confidential(credentials: BasicCredentials | BearerToken | None) -> tuple[str, ...]:
    """What must not be seen even where it stands in the manifest. Basic authentication is sent as `user:password`."""
    if isinstance(credentials, BasicCredentials):
        return (credentials.password, f"{credentials.username}:{credentials.password}")
    return (credentials.token,) if credentials else ()


def due(metric: ResolvedMetric, now: datetime) -> DueMeasurement:
    """The measurement of `metric` at `now`. Raises AnalysisError when its span can't be read."""
    return DueMeasurement(metric.name, metric.provider, metric.values, metric.secrets, _span(metric, now))


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
