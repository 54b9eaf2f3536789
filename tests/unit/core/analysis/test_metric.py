"""A metric with its arguments filled in, and the query that goes out."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from tests.unit.core.analysis.making import NOW, metric, run_spec
from tidegate.core.analysis.errors import AnalysisError
from tidegate.core.analysis.metric import ResolvedMetric, resolve_metrics
from tidegate.core.analysis.patterns import matching
from tidegate.core.analysis.query import due
from tidegate.core.analysis.reading import BasicCredentials, BearerToken, Span
from tidegate.core.analysis.secrets import redact
from tidegate.core.analysis.timespan import moment

SECRET = {"name": "token", "valueFrom": {"secretKeyRef": {"name": "prom", "key": "token"}}}


def resolved(
    prometheus: dict[str, Any] | None = None, args: list[dict[str, Any]] | None = None, **fields: Any
) -> ResolvedMetric:
    provider = {"provider": {"prometheus": {"query": "up", **(prometheus or {})}}}
    (one,) = resolve_metrics(run_spec(metric(**provider, **fields), **({"args": args} if args else {})))
    return one


def test_arguments_are_filled_in_everywhere() -> None:
    args = [{"name": name, "value": value} for name, value in [("n", "3"), ("i", "30s"), ("t", "0.9"), ("h", "p:9090")]]
    one = resolved(
        {
            "query": "rate(x[{{interval}}])",
            "address": "http://{{args.h}}",
            "headers": [{"key": "X", "value": "{{ args.h }}"}],
        },
        args,
        interval="{{args.i}}",
        initialDelay="{{args.i}}",
        count="{{args.n}}",
        failureLimit="{{args.n}}",
        successCondition='result[0] > {{args.t}} && args.h != ""',
    )
    assert (one.interval, one.initial_delay, one.count, one.limits.failure) == (
        timedelta(seconds=30),
        timedelta(seconds=30),
        3,
        3,
    )
    assert one.success is not None
    assert one.success.text == 'result[0] > 0.9 && args.h != ""'
    query = due(one, NOW).query({})
    assert (query.query, query.address, query.headers) == ("rate(x[30s])", "http://p:9090", (("X", "p:9090"),))


@pytest.mark.parametrize(("interval", "window"), [("30s", "30s"), ("5m", "300s"), ("1500ms", "1500ms"), ("10ms", "1s")])
def test_the_interval_is_written_as_promql_writes_durations(interval: str, window: str) -> None:
    assert due(resolved({"query": "x[{{interval}}]"}, interval=interval), NOW).query({}).query == f"x[{window}]"


def test_a_value_with_braces_is_not_filled_in_again() -> None:
    """Else the author of a value could pull in a Secret."""
    args = [{"name": "a", "value": "{{args.token}}"}, SECRET]
    one = resolved({"query": "{{args.a}}"}, args)
    assert one.secrets == {}, "the value of an argument asks for no Secret"


def test_a_value_that_looks_like_a_secrets_argument_gets_no_secret() -> None:
    args = [{"name": "a", "value": "{{args.token}}"}, SECRET]
    one = resolved({"query": "{{args.a}}", "headers": [{"key": "X", "value": "{{args.token}}"}]}, args)
    query = due(one, NOW).query({"token": "hidden"})
    assert "hidden" not in query.query
    assert query.headers == (("X", "hidden"),)


@pytest.mark.parametrize(
    ("authentication", "expected"),
    [
        ({"bearer": {"token": "{{args.token}}"}}, BearerToken("hidden")),
        ({"basicAuth": {"username": "me", "password": "{{args.token}}"}}, BasicCredentials("me", "hidden")),
        ({}, None),
        (None, None),
    ],
)
def test_secrets_come_in_at_the_last_moment(authentication: dict[str, Any] | None, expected: object) -> None:
    fields = {"authentication": authentication} if authentication is not None else {}
    one = due(resolved({**fields, "caCert": "{{args.token}}"}, [SECRET]), NOW)
    assert {name: (ref.name, ref.key) for name, ref in one.secrets.items()} == {"token": ("prom", "token")}
    query = one.query({"token": "hidden\n"})
    assert query.credentials == expected
    assert query.ca_cert == "hidden"
    assert {"hidden\n"} <= query.secrets
    assert "hidden" not in repr(query)
    assert "hidden" not in repr(one)


def test_a_password_in_the_manifest_is_kept_out_of_sight_too() -> None:
    one = resolved({"authentication": {"basicAuth": {"username": "me", "password": "plain"}}})
    assert due(one, NOW).query({}).secrets == {"plain", "me:plain"}


def test_a_secret_that_is_missing_is_named() -> None:
    one = due(resolved({"headers": [{"key": "X", "value": "{{args.token}}"}]}, [SECRET]), NOW)
    with pytest.raises(AnalysisError, match=r"metric ok: provider.prometheus.headers\[0\].value uses {{args.token}}"):
        one.query({})


def test_an_argument_without_a_value_is_named() -> None:
    with pytest.raises(AnalysisError, match=r"args a has no value: give value, or valueFrom\.secretKeyRef"):
        resolved(args=[{"name": "a"}])


def test_a_metric_without_a_provider_is_refused() -> None:
    spec = run_spec(metric())
    lost = spec.metrics[0].model_copy(
        update={"provider": spec.metrics[0].provider.model_copy(update={"prometheus": None})}
    )
    with pytest.raises(AnalysisError, match="provider"):
        resolve_metrics(spec.model_copy(update={"metrics": [lost]}))


def test_defaults_are_argos_but_for_the_timeout() -> None:
    query = due(resolved(), NOW).query({})
    assert (query.timeout, query.span, query.address, query.insecure) == (timedelta(seconds=10), None, None, False)
    assert due(resolved({"timeout": 40, "insecure": True}), NOW).query({}).timeout == timedelta(seconds=40)


def range_query(**fields: str) -> dict[str, Any]:
    return {"rangeQuery": {"start": 'now() - duration("5m")', "end": "now()", "step": "1m", **fields}}


def test_a_span_is_counted_from_the_moment_of_measuring() -> None:
    args = [{"name": "back", "value": "10m"}]
    one = resolved(range_query(start='now() - duration("{{args.back}}")', step="30s"), args)
    assert due(one, NOW).span == Span(NOW - timedelta(minutes=10), NOW, timedelta(seconds=30))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"start": "yesterday"}, "rangeQuery.start: 'yesterday' is no time: write now()"),
        ({"end": 'now() - duration("1y")'}, 'rangeQuery.end: "1y" is not a duration'),
        ({"end": 'now() - duration("10m")'}, "end is before start"),
        ({"step": "0s"}, "rangeQuery.step"),
    ],
)
def test_a_span_that_cannot_be_read_is_named(fields: dict[str, str], says: str) -> None:
    with pytest.raises(AnalysisError, match=re.escape(says)):
        due(resolved(range_query(**fields)), NOW)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("now()", NOW),
        (" now() ", NOW),
        ("now()-duration('1h30m')", NOW - timedelta(minutes=90)),
        ("now() + duration(`30s`)", NOW + timedelta(seconds=30)),
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ('date("2026-01-31")', datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_times_are_written_as_in_argo(written: str, expected: datetime) -> None:
    assert moment(written, NOW, "start") == expected


@pytest.mark.parametrize("written", ["2026-13-01", "now() * 2", "now", "", 'date("x")', "now() - duration(5m)"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(AnalysisError, match="is no time"):
        moment(written, NOW, "start")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", ("errors", "latency")),
        ("err", ("errors",)),
        ("^lat.*y$", ("latency",)),
        (".*", ("errors", "latency")),
        ("s|y", ("errors", "latency")),
    ],
)
def test_patterns_are_searched_in_the_names_as_in_argo(pattern: str, found: tuple[str, ...]) -> None:
    assert matching(pattern, ["errors", "latency"], "dryRun[0]") == found


def test_a_hostile_pattern_is_answered_at_once() -> None:
    with pytest.raises(AnalysisError, match="matches no metric"):
        matching("(a+)+$", ["a" * 250 + "!"], "dryRun[0]")


SPECIAL = 'p"ä s\\s/+=\n'


@pytest.mark.parametrize(
    "written",
    [
        SPECIAL,
        SPECIAL.strip(),
        json.dumps(SPECIAL),
        json.dumps(SPECIAL, ensure_ascii=False),
        quote(SPECIAL, safe=""),
        quote_plus(SPECIAL),
        base64.b64encode(SPECIAL.encode()).decode(),
    ],
)
def test_a_secret_is_hidden_in_whatever_form_it_is_echoed(written: str) -> None:
    assert redact(f"x{written}y", {SPECIAL}).replace('"', "").replace("=", "") == "x***y"


def test_hiding_takes_the_longer_secret_first_and_minds_no_empty_one() -> None:
    assert redact("abc ab", {"ab", "abc", "", "\n"}) == "*** ***"
