"""Where a measurement comes from. Names and meanings are those of Argo Rollouts; `bearer` is added."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.fields import DurationOrArg
from tidegate.api.meta import Duration, Model, Refused, Rule


class Header(Model):
    """One HTTP header sent along."""

    key: str = Field(
        min_length=1,
        max_length=256,
        pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
        description="Name of the header.",
    )
    value: str = Field(
        max_length=8192, description="Its value. A secret comes in as an argument: `Bearer {{args.token}}`."
    )


class RangeQuery(Model):
    """A span of time. `result` is then one flat list: the values of all series, one after the other."""

    start: str = Field(
        max_length=256,
        description='Begin of the span: `now()`, `now() - duration("5m")` or `2026-01-31T12:00:00Z`.',
    )
    end: str = Field(max_length=256, description="End of the span, written like start.")
    step: DurationOrArg = Field(description="Distance between two points, such as `30s`.")


class BasicAuth(Model):
    """HTTP Basic authentication."""

    username: str = Field(
        max_length=1024,
        description="User name; `{{args.NAME}}` takes it from an argument, and so from a Secret.",
    )
    password: str = Field(
        max_length=8192,
        description="Password; `{{args.NAME}}` takes it from an argument, and so from a Secret.",
    )


class Bearer(Model):
    """A bearer token, sent in the Authorization header."""

    token: str = Field(
        min_length=1,
        max_length=16384,
        description="The token; `{{args.NAME}}` takes it from an argument, and so from a Secret.",
    )


class Authentication(Model):
    """How to authenticate: at most one of these."""

    basic_auth: BasicAuth | None = Field(None, description="User name and password.")
    bearer: Bearer | None = Field(None, description="A bearer token.")
    sigv4: Annotated[
        None,
        Refused("sigv4 is not supported: put a signing proxy before the workspace and give the proxy's address"),
    ] = None
    oauth2: Annotated[
        None,
        Refused("oauth2 is not supported: use bearer with a token from a Secret that something keeps fresh"),
    ] = None

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!(has(self.basicAuth) && has(self.bearer))",
            message="give basicAuth or bearer, not both: each of them sets the Authorization header",
            holds=lambda auth: auth.basic_auth is None or auth.bearer is None,
        ),
    )


class PrometheusMetric(Model):
    """A PromQL query to a Prometheus, or to a server with its HTTP API (Thanos, Mimir, VictoriaMetrics)."""

    address: str | None = Field(
        None,
        max_length=2048,
        description="URL of the server, such as `http://prometheus.monitoring:9090`. "
        "Left out: the operator's default address.",
    )
    query: str = Field(
        min_length=1,
        max_length=32768,
        description="The query. `{{args.NAME}}` and the release's arguments are filled in.",
    )
    timeout: Duration | None = Field(
        None, description="How long to wait for an answer; a plain number is seconds. Default 10s."
    )
    insecure: bool | None = Field(
        None, description="Do not verify the server's TLS certificate. Default false; better give caCert."
    )
    ca_cert: str | None = Field(
        None,
        max_length=131072,
        description="PEM certificates of the authorities to trust; `{{args.NAME}}` takes an argument.",
    )
    headers: list[Header] | None = Field(
        None, max_length=32, description="HTTP headers sent with the query, such as `X-Scope-OrgID`."
    )
    range_query: RangeQuery | None = Field(None, description="Ask for a span of time instead of a moment.")
    authentication: Authentication | None = Field(None, description="How to authenticate.")


def _refused(name: str, remedy: str) -> Refused:
    return Refused(f"provider {name} is not supported: {remedy}")


class Provider(Model):
    """Where the measurement comes from: exactly one provider."""

    prometheus: PrometheusMetric | None = Field(None, description="A PromQL query.")
    web: Annotated[
        None,
        _refused("web", "let json_exporter read the page and use prometheus with a PromQL query on its series"),
    ] = None
    job: Annotated[
        None,
        _refused("job", "push the job's result to a Pushgateway and use prometheus with a PromQL query on it"),
    ] = None
    kubernetes: Annotated[
        None,
        _refused("kubernetes", "use prometheus with PromQL on the series of kube-state-metrics"),
    ] = None
    compare: Annotated[
        None,
        _refused("compare", "use prometheus with a PromQL query that divides the canary's rate by the stable one's"),
    ] = None
    kayenta: Annotated[
        None,
        _refused("kayenta", "use prometheus with a PromQL query that divides the canary's rate by the stable one's"),
    ] = None
    datadog: Annotated[
        None,
        _refused("datadog", "use prometheus with a PromQL query on the series that the Datadog Agent scrapes"),
    ] = None
    new_relic: Annotated[
        None,
        _refused("newRelic", "use prometheus with PromQL: New Relic serves the Prometheus API, with a bearer token"),
    ] = None
    wavefront: Annotated[
        None,
        _refused("wavefront", "use prometheus with PromQL: Wavefront answers PromQL on its Prometheus API"),
    ] = None
    cloud_watch: Annotated[
        None,
        _refused("cloudWatch", "use prometheus with a PromQL query on the series of cloudwatch_exporter"),
    ] = None
    graphite: Annotated[
        None,
        _refused("graphite", "use prometheus with a PromQL query on the series of graphite_exporter"),
    ] = None
    influxdb: Annotated[
        None,
        _refused("influxdb", "use prometheus with a PromQL query on the series of Telegraf's prometheus_client"),
    ] = None
    skywalking: Annotated[
        None,
        _refused("skywalking", "use prometheus with PromQL: SkyWalking serves the Prometheus API itself"),
    ] = None
    plugin: Annotated[
        None,
        _refused("plugin", "export the value as a series and use prometheus with a PromQL query on it"),
    ] = None

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.prometheus)",
            message="a metric needs a provider: write provider.prometheus with a query",
            holds=lambda provider: provider.prometheus is not None,
        ),
    )
