"""From what a Rollout asks for to an AnalysisRun: everything that can be wrong is found before it is created."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.analysis.making import metric, template
from tidegate.api.analysis import AnalysisRunSpec
from tidegate.api.rollout_analysis import RolloutAnalysis
from tidegate.core.analysis.release import AnalysisError, ReleaseFacts, build_run
from tidegate.core.world import TemplateView

FACTS = ReleaseFacts(
    name="shop",
    namespace="team",
    canary_hash="newhash",
    stable_hash="oldhash",
    canary_service="shop-canary",
    stable_service="shop-stable",
    manifest={
        "metadata": {"name": "shop", "labels": {"region": "eu", "a.b/c": "x"}},
        "spec": {"replicas": 5, "paused": False, "template": {"spec": {"containers": [{"image": "shop:2"}]}}},
    },
)


def build(asked: dict[str, Any], *templates: TemplateView) -> dict[str, Any]:
    asked = {"templates": [{"templateName": templates[0].meta.name}], **asked}
    spec, _ = build_run(RolloutAnalysis.model_validate(asked), templates, FACTS)
    AnalysisRunSpec.model_validate(spec)
    return spec


def fails(says: str, asked: dict[str, Any], *templates: TemplateView) -> None:
    with pytest.raises(AnalysisError, match=re.escape(says)):
        build(asked, *templates)


def queries(spec: dict[str, Any]) -> list[str]:
    return [each["provider"]["prometheus"]["query"] for each in spec["metrics"]]


def asking(query: str, name: str = "ok", **fields: Any) -> dict[str, Any]:
    return metric(name, provider={"prometheus": {"query": query, "address": "http://p:9090"}}, **fields)


def test_the_run_holds_the_metrics_the_arguments_and_what_the_author_wrote_and_nothing_else() -> None:
    spec = build(
        {"args": [{"name": "service", "value": "shop"}]},
        template(
            "t", args=[{"name": "service"}], metrics=[asking("up{svc='{{ args.service }}'}", interval="30s", count=3)]
        ),
    )
    assert spec == {
        "metrics": [
            {
                "name": "ok",
                "interval": "30s",
                "count": 3,
                "successCondition": "result[0] >= 0.95",
                "provider": {"prometheus": {"query": "up{svc='{{ args.service }}'}", "address": "http://p:9090"}},
            }
        ],
        "args": [{"name": "service", "value": "shop"}],
    }


def test_the_facts_of_the_release_are_filled_in() -> None:
    query = "{{rollout.name}} {{namespace}} {{stable.hash}} {{canary.hash}} {{ canary.service }} {{stable.service}}"
    (filled,) = queries(build({}, template("t", metrics=[asking(query)])))
    assert filled == "shop team oldhash newhash shop-canary shop-stable"


def test_the_interval_is_known_to_queries_of_metrics_that_have_one() -> None:
    fails(
        "metric ok.provider.prometheus.query uses {{interval}}, and nobody gives it: known here are",
        {},
        template("t", metrics=[asking("rate(x[{{interval}}])")]),
    )
    build({}, template("t", metrics=[asking("rate(x[{{interval}}])", interval="30s")]))


@pytest.mark.parametrize(
    ("arg", "value"),
    [
        ({"value": "x"}, "x"),
        ({"value": "{{canary.service}}.team"}, "shop-canary.team"),
        ({"valueFrom": {"podTemplateHashValue": "Latest"}}, "newhash"),
        ({"valueFrom": {"podTemplateHashValue": "Stable"}}, "oldhash"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, "shop"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['region']"}}}, "eu"),
        ({"valueFrom": {"fieldRef": {"fieldPath": 'metadata.labels["a.b/c"]'}}}, "x"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "spec.replicas"}}}, "5"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "spec.paused"}}}, "false"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "spec.template.spec.containers[0].image"}}}, "shop:2"),
    ],
)
def test_an_argument_takes_its_value_from_the_rollout(arg: dict[str, Any], value: str) -> None:
    spec = build(
        {"args": [{"name": "a", **arg}]}, template("t", args=[{"name": "a", "value": "default"}], metrics=[metric()])
    )
    assert spec["args"] == [{"name": "a", "value": value}]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (
            "metadata.labels.zone",
            "args a: fieldRef: the Rollout has nothing at metadata.labels.zone: set it, or mend the path",
        ),
        ("spec.template.spec.containers[3].image", "has nothing at"),
        ("metadata.name.x", "has nothing at"),
        ("metadata.name[0]", "has nothing at"),
        ("spec.template", "spec.template is no plain value: name a field inside of it"),
        ("metadata..name", "is no path: write for instance metadata.labels['region']"),
        ("metadata.labels['region", "is no path"),
    ],
)
def test_a_field_that_is_not_there_is_named(path: str, says: str) -> None:
    fails(
        says,
        {"args": [{"name": "a", "valueFrom": {"fieldRef": {"fieldPath": path}}}]},
        template("t", args=[{"name": "a"}], metrics=[metric()]),
    )


def test_an_argument_that_nobody_gives_is_named() -> None:
    with_arg = template("t", args=[{"name": "a"}], metrics=[metric()])
    fails("args a has no value: give it in the Rollout's analysis.args", {}, with_arg)
    fails(
        "metric ok.provider.prometheus.query uses {{args.b}}, and nobody gives it: give args b a value",
        {},
        template("t", metrics=[asking("{{args.b}}")]),
    )
    fails("args a uses {{args.b}}", {}, template("t", args=[{"name": "a", "value": "{{args.b}}"}], metrics=[metric()]))


def test_an_argument_that_no_template_has_is_left_aside_as_in_argo() -> None:
    assert "args" not in build({"args": [{"name": "extra", "value": "x"}]}, template("t", metrics=[metric()]))


def test_a_secret_stays_a_reference() -> None:
    source = {"secretKeyRef": {"name": "prom", "key": "token"}}
    bearer = {"query": "up", "authentication": {"bearer": {"token": "{{args.token}}"}}}
    t = template("t", args=[{"name": "token", "valueFrom": source}], metrics=[metric(provider={"prometheus": bearer})])
    assert build({}, t)["args"] == [{"name": "token", "valueFrom": source}]
    assert build({"args": [{"name": "token", "value": "plain"}]}, t)["args"] == [{"name": "token", "value": "plain"}]


def test_labels_and_annotations_are_given_back() -> None:
    asked = {"templates": [{"templateName": "t"}], "analysisRunMetadata": {"labels": {"a": "b"}}}
    _, metadata = build_run(RolloutAnalysis.model_validate(asked), [template("t", metrics=[metric()])], FACTS)
    assert metadata == {"labels": {"a": "b"}}


# Several templates -------------------------------------------------------------------------------------------------


def named(*refs: str) -> list[dict[str, Any]]:
    return [{"templateName": ref.removeprefix("cluster/"), "clusterScope": ref.startswith("cluster/")} for ref in refs]


def names(spec: dict[str, Any]) -> list[str]:
    return [each["name"] for each in spec["metrics"]]


def test_templates_are_taken_in_with_those_that_they_name() -> None:
    spec = build(
        {"templates": named("a", "b")},
        template("a", metrics=[metric("one")], templates=named("cluster/base")),
        template("b", metrics=[metric("two")], templates=named("cluster/base")),
        template("base", cluster=True, metrics=[metric("zero")]),
        template("base", metrics=[metric("another")]),
    )
    assert names(spec) == ["zero", "one", "two"], "a template that two others name counts once"


def chain(length: int) -> list[TemplateView]:
    """Each names the next one twice."""
    links = [template(f"t{n}", templates=named(f"t{n + 1}", f"t{n + 1}")) for n in range(length)]
    return [*links, template(f"t{length}", metrics=[metric("one")])]


@pytest.mark.timeout(10)
def test_templates_that_name_others_twice_do_not_multiply() -> None:
    assert names(build({}, *chain(20))) == ["one"]


def test_templates_do_not_nest_without_end() -> None:
    fails("AnalysisTemplate t0 names others more than 20 deep", {}, *chain(2000))


def test_a_template_may_only_gather_others() -> None:
    assert names(build({}, template("all", templates=named("a")), template("a", metrics=[metric("one")]))) == ["one"]


@pytest.mark.parametrize(
    ("templates", "says"),
    [
        (
            [template("a", templates=named("b")), template("b", templates=named("a"))],
            "name each other in a circle: AnalysisTemplate a → AnalysisTemplate b → AnalysisTemplate a",
        ),
        ([template("a", templates=named("a"))], "circle"),
        (
            [template("a", templates=named("gone"))],
            "AnalysisTemplate gone, which AnalysisTemplate a names, is not there: create it or mend the name",
        ),
        (
            [template("a", templates=named("b")), template("b", cluster=True, metrics=[metric()])],
            "set clusterScope: true",
        ),
        ([template("a", problem="spec.metrics.0: no")], "AnalysisTemplate a can't be used: spec.metrics.0: no"),
        (
            [template("a", templates=named("b"), metrics=[metric()]), template("b", metrics=[metric()])],
            "AnalysisTemplate a: another template has a metric ok too: rename one of them",
        ),
        (
            [
                template("a", templates=named("b"), args=[{"name": "x", "value": "1"}], metrics=[metric()]),
                template("b", args=[{"name": "x", "value": "2"}], metrics=[metric("two")]),
            ],
            "AnalysisTemplate a: args x has another value than in another template",
        ),
        (
            [
                template("a", templates=named("b"), dryRun=[{"metricName": "ok"}], metrics=[metric()]),
                template("b", dryRun=[{"metricName": "ok"}], metrics=[metric("two")]),
            ],
            "AnalysisTemplate a: dryRun: 'ok' stands in another place too",
        ),
    ],
)
def test_templates_that_do_not_fit_together_are_refused(templates: Sequence[TemplateView], says: str) -> None:
    fails(says, {}, *templates)


def test_a_template_in_the_cluster_is_not_one_in_the_namespace() -> None:
    fails("set clusterScope: false", {"templates": named("cluster/a")}, template("a", metrics=[metric()]))


@pytest.mark.parametrize(
    ("first", "second"),
    [({"value": "1"}, {"value": "1"}), ({}, {"value": "1"}), ({"value": "1"}, {})],
)
def test_one_value_for_an_argument_of_two_templates_is_enough(first: dict[str, Any], second: dict[str, Any]) -> None:
    spec = build(
        {"templates": named("a", "b")},
        template("a", args=[{"name": "x", **first}], metrics=[metric("one")]),
        template("b", args=[{"name": "x", **second}], metrics=[metric("two")]),
    )
    assert spec["args"] == [{"name": "x", "value": "1"}]


def test_dry_runs_and_retention_come_together() -> None:
    spec = build(
        {"dryRun": [{"metricName": "two"}], "measurementRetention": [{"metricName": "*", "limit": 3}]},
        template("a", metrics=[metric("one"), metric("two")], dryRun=[{"metricName": "one"}]),
    )
    assert spec["dryRun"] == [{"metricName": "one"}, {"metricName": "two"}]
    assert spec["measurementRetention"] == [{"metricName": "*", "limit": 3}]


@pytest.mark.parametrize(
    ("asked", "fields", "says"),
    [
        ({"dryRun": [{"metricName": "tow"}]}, {}, "dryRun[0]: 'tow' matches no metric; the metrics are ok"),
        ({"dryRun": [{"metricName": "("}]}, {}, "dryRun[0]: '(' is no regular expression (RE2): missing ): ("),
        (
            {"measurementRetention": [{"metricName": "x", "limit": 1}]},
            {},
            "measurementRetention[0]: 'x' matches no metric",
        ),
        (
            {},
            {"successCondition": "result[0] = 1"},
            "metric ok: successCondition 'result[0] = 1', column 11: = is no comparison",
        ),
        ({}, {"failureCondition": "foo"}, "metric ok: failureCondition 'foo', column 1: unknown name 'foo'"),
        (
            {},
            {"successCondition": 'args.x == "1"'},
            "metric ok: successCondition uses args.x, which is given by nobody: add x to the args of the template",
        ),
        (
            {},
            {"failureLimit": "{{args.a}}"},
            'metric ok: failureLimit: "many" is neither a whole number nor an argument',
        ),
        ({}, {"interval": "{{args.a}}"}, 'metric ok: interval: "many" is not a duration'),
        ({}, {"count": "{{args.n}}"}, "metric ok: interval is needed when count is more than 1"),
        ({}, {"successCondition": "{{args.secret}} > 1"}, "which comes from a Secret and would be seen"),
        ({}, {"successCondition": 'args.secret == "x"'}, "args.secret, which comes from a Secret and would be seen"),
    ],
)
def test_what_could_not_be_measured_is_not_created(asked: dict[str, Any], fields: dict[str, Any], says: str) -> None:
    args = [
        {"name": "a", "value": "many"},
        {"name": "n", "value": "3"},
        {"name": "secret", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    fails(says, asked, template("t", args=args, metrics=[metric(**fields)]))


def test_values_that_outgrow_their_field_are_refused() -> None:
    args = [{"name": "a", "value": "x" * 30_000}]
    fails("metric ok: provider: prometheus.query", {}, template("t", args=args, metrics=[asking("{{args.a}}" * 2)]))
    fails("is longer than 1,310,720 characters", {}, template("t", args=args, metrics=[asking("{{args.a}}" * 60)]))
    longer = replace(FACTS, canary_service="c" * 60)
    grown = template("t", args=[{"name": "a", "value": "{{canary.service}}" * 1000}], metrics=[metric()])
    with pytest.raises(AnalysisError, match=r"args\.0\.value"):
        build_run(RolloutAnalysis.model_validate({"templates": [{"templateName": "t"}]}), [grown], longer)
