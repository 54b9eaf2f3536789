"""One metric of an analysis: what to ask, how often, and what the answers mean.

Names, defaults and meanings are those of Argo Rollouts' analysis; `noData` and `authentication.bearer` are added.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field
from pydantic.functional_serializers import PlainSerializer
from pydantic.json_schema import WithJsonSchema

from tidegate.api.meta import DURATION_PATTERN, Duration, Model, Refused, Rule, parse_duration

_PLACEHOLDER = r"\{\{[^{}]+\}\}"
_ARG_TEXT = re.compile(_PLACEHOLDER)


def _int_or_arg(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value):
        return int(value)
    if isinstance(value, str) and _ARG_TEXT.fullmatch(value):
        return value
    raise ValueError(f'{value!r} is neither a whole number nor an argument: write 3 or "{{{{args.limit}}}}"')


def _duration_or_arg(value: object) -> timedelta | str:
    if isinstance(value, str) and _ARG_TEXT.fullmatch(value):
        return value
    return parse_duration(value)


def _duration_or_arg_text(value: timedelta | str) -> str:
    return value if isinstance(value, str) else f"{value.total_seconds():g}s"


def _int_schema(minimum: int) -> WithJsonSchema:
    pattern = rf"^(-?[0-9]{{1,9}}|{_PLACEHOLDER})$"
    return WithJsonSchema(
        {"x-kubernetes-int-or-string": True, "minimum": minimum, "pattern": pattern, "maxLength": 256}
    )


def _at_least(minimum: int) -> BeforeValidator:
    def check(value: object) -> int | str:
        number = _int_or_arg(value)
        if isinstance(number, int) and number < minimum:
            raise ValueError(f"{number} is too small: write {minimum} or more")
        return number

    return BeforeValidator(check)


Count = Annotated[int | str, _at_least(0), _int_schema(0)]
Limit = Annotated[int | str, _at_least(-1), _int_schema(-1)]
DurationOrArg = Annotated[
    timedelta | str,
    BeforeValidator(_duration_or_arg),
    PlainSerializer(_duration_or_arg_text, return_type=str),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "pattern": rf"{DURATION_PATTERN}|^{_PLACEHOLDER}$",
            "maxLength": 256,
        }
    ),
]
ConditionText = Annotated[str, Field(min_length=1, max_length=2048)]


class NoDataPolicy(StrEnum):
    """What a measurement without data counts as."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"


class Header(Model):
    """One HTTP header sent with each query."""

    key: str = Field(min_length=1, max_length=256, pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", description="Name of the header.")
    value: str = Field(
        max_length=8192, description="Its value. Secrets come in as an argument: `Bearer {{args.token}}`."
    )


class RangeQuery(Model):
    """Ask for a span of time instead of a moment. `result` is then one flat list: the values of all series in order."""

    start: str = Field(
        max_length=256, description='Begin of the span: `now()`, `now() - duration("5m")` or an RFC 3339 time.'
    )
    end: str = Field(
        max_length=256, description='End of the span: `now()`, `now() - duration("1m")` or an RFC 3339 time.'
    )
    step: DurationOrArg = Field(description="Distance between two points, such as `30s`.")


class BasicAuth(Model):
    """HTTP Basic authentication."""

    username: str = Field(max_length=1024, description="User name, usually `{{args.NAME}}` with the argument from a Secret.")
    password: str = Field(max_length=8192, description="Password, usually `{{args.NAME}}` with the argument from a Secret.")


class Bearer(Model):
    """A bearer token in the Authorization header."""

    token: str = Field(max_length=16384, description="The token, usually `{{args.NAME}}` with the argument from a Secret.")


class Authentication(Model):
    """How to authenticate against Prometheus: at most one of these."""

    basic_auth: BasicAuth | None = Field(None, description="User name and password.")
    bearer: Bearer | None = Field(None, description="A bearer token.")
    sigv4: Annotated[
        None,
        Refused("sigv4 is not supported: put a signing proxy (aws-sigv4-proxy) before the workspace and give its address"),
    ] = Field(None, description="Not supported.")
    oauth2: Annotated[
        None,
        Refused("oauth2 is not supported: use bearer with a token from a Secret that is kept fresh, or an OAuth2 proxy"),
    ] = Field(None, description="Not supported.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!(has(self.basicAuth) && has(self.bearer))",
            message="give basicAuth or bearer, not both: both would set the Authorization header",
            holds=lambda auth: auth.basic_auth is None or auth.bearer is None,
        ),
    )


class PrometheusMetric(Model):
    """A PromQL query against a Prometheus or a server that speaks its HTTP API (Thanos, Mimir, VictoriaMetrics)."""

    address: str | None = Field(
        None,
        max_length=2048,
        description="URL of the server, such as `http://prometheus.monitoring:9090`. Left out: the operator's default address.",
    )
    query: str = Field(min_length=1, max_length=32768, description="The PromQL query. `{{args.NAME}}` and the release's arguments are filled in.")
    timeout: Duration | None = Field(None, description="How long to wait for an answer. Default 10s; a plain number is seconds.")
    insecure: bool | None = Field(None, description="Do not verify the server's TLS certificate. Default false; prefer caCert.")
    ca_cert: str | None = Field(
        None,
        max_length=131072,
        description="PEM certificates of the authorities to trust, inline or `{{args.NAME}}` with the argument from a Secret.",
    )
    headers: list[Header] | None = Field(None, max_length=32, description="HTTP headers sent with the query, such as `X-Scope-OrgID`.")
    range_query: RangeQuery | None = Field(None, description="Ask for a span of time instead of a moment.")
    authentication: Authentication | None = Field(None, description="How to authenticate.")


def _no_provider(name: str, remedy: str) -> Refused:
    return Refused(f"provider {name} is not supported: {remedy}")


class Provider(Model):
    """Where the measurement comes from: exactly one."""

    prometheus: PrometheusMetric | None = Field(None, description="A PromQL query.")
    web: Annotated[None, _no_provider("web", "export the value to Prometheus (json_exporter reads any JSON page) and use prometheus with a PromQL query")] = Field(None, description="Not supported.")
    job: Annotated[None, _no_provider("job", "let the job push its result to a Pushgateway and use prometheus with a PromQL query")] = Field(None, description="Not supported.")
    kubernetes: Annotated[None, _no_provider("kubernetes", "use prometheus with kube-state-metrics, such as kube_pod_container_status_restarts_total")] = Field(None, description="Not supported.")
    compare: Annotated[None, _no_provider("compare", "use prometheus with one PromQL query that divides the canary's rate by the stable version's")] = Field(None, description="Not supported.")
    kayenta: Annotated[None, _no_provider("kayenta", "use prometheus with one PromQL query that compares canary and stable")] = Field(None, description="Not supported.")
    datadog: Annotated[None, _no_provider("datadog", "use prometheus with a PromQL query, for instance on the metrics that the Datadog Agent's OpenMetrics check scrapes")] = Field(None, description="Not supported.")
    new_relic: Annotated[None, _no_provider("newRelic", "use prometheus with PromQL against New Relic's Prometheus API and bearer authentication")] = Field(None, description="Not supported.")
    wavefront: Annotated[None, _no_provider("wavefront", "use prometheus with PromQL against Wavefront's Prometheus-compatible API")] = Field(None, description="Not supported.")
    cloud_watch: Annotated[None, _no_provider("cloudWatch", "use prometheus with PromQL over the cloudwatch_exporter")] = Field(None, description="Not supported.")
    graphite: Annotated[None, _no_provider("graphite", "use prometheus with PromQL over the graphite_exporter")] = Field(None, description="Not supported.")
    influxdb: Annotated[None, _no_provider("influxdb", "use prometheus with PromQL over Telegraf's prometheus_client output")] = Field(None, description="Not supported.")
    skywalking: Annotated[None, _no_provider("skywalking", "use prometheus with PromQL: SkyWalking OAP serves the Prometheus API on port 9090")] = Field(None, description="Not supported.")
    plugin: Annotated[None, _no_provider("plugin", "export the value to Prometheus and use prometheus with a PromQL query")] = Field(None, description="Not supported.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.prometheus)",
            message="a metric needs a provider: write provider.prometheus with a query",
            holds=lambda provider: provider.prometheus is not None,
        ),
    )


def _is_int(value: object) -> bool:
    return isinstance(value, int)


def _interval_when_repeated(metric: Metric) -> bool:
    return not isinstance(metric.count, int) or metric.count <= 1 or metric.interval is not None


def _number(value: int | str | None) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _failures_fit(metric: Metric) -> bool:
    if not isinstance(metric.count, int) or metric.count == 0:
        return True
    return metric.count >= _number(metric.failure_limit) + _number(metric.consecutive_success_limit)


def _inconclusives_fit(metric: Metric) -> bool:
    if not isinstance(metric.count, int) or metric.count == 0:
        return True
    return metric.count >= _number(metric.inconclusive_limit)


class Metric(Model):
    """One question, asked once or again and again, and what its answers mean."""

    name: str = Field(min_length=1, max_length=253, description="Name of the metric, unique in the analysis.")
    interval: DurationOrArg | None = Field(
        None, description="Time between two measurements. Left out: measure once. Less than 1s counts as 1s."
    )
    initial_delay: DurationOrArg | None = Field(
        None, description="How long to wait before the first measurement. Default 0."
    )
    count: Count | None = Field(
        None,
        description="How many measurements. Default: 1 without interval, no end with one. Errors do not count towards it.",
    )
    success_condition: ConditionText | None = Field(
        None, description="When a measurement is good, such as `result[0] >= 0.95`."
    )
    failure_condition: ConditionText | None = Field(
        None, description="When a measurement is bad. With both conditions, bad wins, and neither is Inconclusive."
    )
    failure_limit: Limit | None = Field(
        None, description="The metric fails when more than this many measurements failed. Default 0; -1 is never."
    )
    inconclusive_limit: Limit | None = Field(
        None,
        description="The metric is Inconclusive when more than this many measurements were. Default 0; -1 is never.",
    )
    consecutive_error_limit: Limit | None = Field(
        None,
        description="The metric is Error when more than this many evaluations in a row went wrong. Default 4; -1 is never. "
        "A server that cannot be reached does not count: the release is held until it is back.",
    )
    consecutive_success_limit: Count | None = Field(
        None, description="The metric is Successful after this many good measurements in a row. Default 0: off."
    )
    no_data: NoDataPolicy | None = Field(
        None,
        description="What an empty answer or NaN counts as. Default Inconclusive, which pauses the release.",
    )
    provider: Provider = Field(description="Where the measurement comes from.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.count) || type(self.count) != int || self.count <= 1 || has(self.interval)",
            message="interval is needed when count is more than 1: write the time between two measurements, such as interval: 30s",
            holds=_interval_when_repeated,
        ),
    )
