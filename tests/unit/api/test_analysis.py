"""What users may write in analyses, and what they are told when they may not."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.core.analysis.making import metric
from tidegate.api.analysis import (
    AnalysisRun,
    AnalysisRunSpec,
    AnalysisRunStatus,
    AnalysisTemplate,
    AnalysisTemplateSpec,
    ClusterAnalysisTemplate,
    RolloutAnalysis,
    RolloutAnalysisBackground,
)
from tidegate.api.metric import Metric
from tidegate.api.provider import Provider

TEMPLATES = [{"templateName": "t"}]
ANOTHER_PROVIDER = [
    *("web", "job", "kubernetes", "compare", "kayenta", "datadog", "newRelic", "wavefront", "cloudWatch"),
    *("graphite", "influxdb", "skywalking", "plugin"),
]


def refuses(model: Any, raw: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(says)):
        model.model_validate(raw)


def test_a_template_in_argos_words_is_read_and_written_back_the_same() -> None:
    spec = {
        "args": [
            {"name": "a"},
            {"name": "b", "value": "1"},
            {"name": "c", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        ],
        "metrics": [
            {
                "name": "m",
                "interval": "30s",
                "initialDelay": "{{args.a}}",
                "count": "{{args.b}}",
                "successCondition": "result[0] >= 0.95",
                "failureCondition": "result[0] < 0.5",
                "failureLimit": 3,
                "inconclusiveLimit": -1,
                "consecutiveErrorLimit": 0,
                "consecutiveSuccessLimit": 2,
                "noData": "Successful",
                "provider": {
                    "prometheus": {
                        "address": "http://p:9090",
                        "query": "up",
                        "timeout": "40s",
                        "insecure": True,
                        "caCert": "{{args.c}}",
                        "headers": [{"key": "X-Scope-OrgID", "value": "a"}],
                        "rangeQuery": {"start": "now()", "end": "now()", "step": "60s"},
                        "authentication": {"basicAuth": {"username": "u", "password": "{{args.c}}"}},
                    }
                },
            }
        ],
        "dryRun": [{"metricName": "m"}],
        "measurementRetention": [{"metricName": "m", "limit": 3}],
        "templates": [{"templateName": "base", "clusterScope": True}],
    }
    assert AnalysisTemplateSpec.model_validate(spec).model_dump(mode="json", exclude_unset=True) == spec


@pytest.mark.parametrize("kind", [AnalysisTemplate, ClusterAnalysisTemplate, AnalysisRun])
def test_whole_objects_are_read(kind: Any) -> None:
    found = kind.model_validate(
        {
            "apiVersion": "tidegate.dev/v1alpha1",
            "kind": kind.__name__,
            "metadata": {"name": "x"},
            "spec": {"metrics": [metric()]},
        }
    )
    assert found.metadata == {"name": "x"}
    assert found.spec.metrics[0].name == "ok"


def test_durations_come_back_as_they_went_also_the_long_ones() -> None:
    for written, kept in [
        (1_000_000, "1000000s"),
        ("1500ms", "1.5s"),
        ("1h30m", "5400s"),
        ("{{args.x}}", "{{args.x}}"),
    ]:
        one = Metric.model_validate(metric(interval=written))
        assert one.model_dump(mode="json")["interval"] == kept
        assert Metric.model_validate(metric(interval=kept)).interval == one.interval


def test_a_whole_number_may_be_a_text_as_in_argo() -> None:
    assert Metric.model_validate(metric(failureLimit="3")).failure_limit == 3


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"count": 3}, "interval is needed when count is more than 1: write for instance interval: 30s"),
        (
            {"count": 3, "interval": "1m", "failureLimit": 4},
            "count must be at least failureLimit + consecutiveSuccessLimit",
        ),
        (
            {"count": 3, "interval": "1m", "failureLimit": 2, "consecutiveSuccessLimit": 2},
            "count must be at least failureLimit",
        ),
        ({"count": 3, "interval": "1m", "inconclusiveLimit": 4}, "count must be at least inconclusiveLimit"),
        ({"count": -1}, "-1 is too small: write 0 or more"),
        ({"failureLimit": -2}, "-2 is too small: write -1 or more"),
        ({"failureLimit": "many"}, '"many" is neither a whole number nor an argument: write 3 or'),
        ({"failureLimit": True}, "true is neither a whole number"),
        ({"interval": "soon"}, '"soon" is not a duration: write seconds (30) or a text such as 10s, 5m, 1h30m'),
        ({"successCondition": ""}, "successCondition"),
        ({"successCondition": "x" * 2049}, "successCondition"),
        ({"sucessCondition": "result > 1"}, "sucessCondition"),
        ({"noData": "Ignore"}, "noData"),
        ({"provider": {}}, "a metric needs a provider: write provider.prometheus with a query"),
        ({"provider": {"prometheus": {"query": ""}}}, "provider.prometheus.query"),
        ({"name": ""}, "name"),
    ],
)
def test_a_metric_that_cannot_work_is_refused_with_the_remedy(fields: dict[str, Any], says: str) -> None:
    refuses(Metric, metric(**fields), says)


@pytest.mark.parametrize(
    "name",
    [
        "web",
        "job",
        "kubernetes",
        "compare",
        "kayenta",
        "datadog",
        "newRelic",
        "wavefront",
        "cloudWatch",
        "graphite",
        "influxdb",
        "skywalking",
        "plugin",
    ],
)
def test_a_provider_of_argos_that_is_not_there_is_refused_by_name_with_what_to_use(name: str) -> None:
    refuses(Provider, {name: {"anything": 1}}, f"provider {name} is not supported: ")
    refuses(Provider, {name: {}}, "PromQL")


@pytest.mark.parametrize(
    ("authentication", "says"),
    [
        ({"sigv4": {"region": "eu"}}, "sigv4 is not supported: put a signing proxy"),
        ({"oauth2": {"tokenUrl": "x"}}, "oauth2 is not supported: use bearer"),
        (
            {"basicAuth": {"username": "a", "password": "b"}, "bearer": {"token": "c"}},
            "give basicAuth or bearer, not both: each of them sets the Authorization header",
        ),
    ],
)
def test_authentication_that_is_not_there_is_refused_by_name(authentication: dict[str, Any], says: str) -> None:
    refuses(Provider, {"prometheus": {"query": "up", "authentication": authentication}}, says)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({}, "a template needs metrics or templates: write at least one metric"),
        ({"metrics": [metric(), metric()]}, "name 'ok' stands more than once: give each its own"),
        ({"metrics": [metric()], "args": [{"name": "a"}, {"name": "a"}]}, "name 'a' stands more than once"),
        ({"metrics": [metric()], "dryRun": [{"metricName": "a"}] * 2}, "metricName 'a' stands more than once"),
        (
            {
                "metrics": [metric()],
                "args": [{"name": "a", "value": "1", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
            },
            "give value or valueFrom, not both",
        ),
        ({"metrics": [metric()], "measurementRetention": [{"metricName": "a", "limit": 0}]}, "limit"),
    ],
)
def test_a_template_that_cannot_work_is_refused(raw: dict[str, Any], says: str) -> None:
    refuses(AnalysisTemplateSpec, raw, says)


def test_a_run_needs_metrics() -> None:
    refuses(AnalysisRunSpec, {"metrics": []}, "metrics")
    refuses(AnalysisRunSpec, {"metrics": [metric()], "templates": TEMPLATES}, "templates")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"templates": []}, "templates"),
        ({"templates": TEMPLATES, "args": [{"name": "a"}]}, "give value or valueFrom, exactly one"),
        (
            {"templates": TEMPLATES, "args": [{"name": "a", "valueFrom": {}}]},
            "give podTemplateHashValue or fieldRef, exactly one",
        ),
        (
            {"templates": TEMPLATES, "args": [{"name": "a", "valueFrom": {"podTemplateHashValue": "Canary"}}]},
            "podTemplateHashValue",
        ),
        ({"templates": TEMPLATES, "startingStep": 1}, "startingStep"),
    ],
)
def test_a_rollouts_analysis_that_cannot_work_is_refused(raw: dict[str, Any], says: str) -> None:
    refuses(RolloutAnalysis, raw, says)


def test_a_background_analysis_starts_at_a_step() -> None:
    assert RolloutAnalysisBackground.model_validate({"templates": TEMPLATES, "startingStep": 2}).starting_step == 2


def test_a_status_of_a_newer_operator_can_be_read() -> None:
    status = AnalysisRunStatus.model_validate(
        {
            "phase": "Running",
            "startedAt": "2026-03-01T12:00:00Z",
            "somethingNew": 1,
            "metricResults": [{"name": "a", "phase": "Running", "x": 1}],
        }
    )
    assert status.started_at is not None
    assert status.started_at.utcoffset() == timedelta(0)
    assert AnalysisRunStatus().phase == "Pending"


def test_every_field_says_what_it_is() -> None:
    """`kubectl explain` is where people look."""
    for model in (AnalysisTemplateSpec, AnalysisRunSpec, AnalysisRunStatus, RolloutAnalysisBackground):
        schema = model.model_json_schema()
        for name, part in {"": schema, **schema["$defs"]}.items():
            for field, body in part.get("properties", {}).items():
                assert body.get("description") or "x-tidegate-refused" in body, f"{name}.{field}"


def test_a_list_with_keys_is_one_for_the_api_server_too() -> None:
    metrics = AnalysisRunSpec.model_json_schema()["properties"]["metrics"]
    assert (metrics["x-kubernetes-list-type"], metrics["x-kubernetes-list-map-keys"]) == ("map", ["name"])
