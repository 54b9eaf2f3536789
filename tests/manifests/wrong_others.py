"""Mistakes in the other kinds, and those that take two objects to see."""

from __future__ import annotations

from typing import Any

from tests.manifests.edits import append, drop, put, rename
from tests.manifests.wrong import Seen, Wrong

METRIC = "spec.metrics[0]"
PROMETHEUS = f"{METRIC}.provider.prometheus"
CANARY = "spec.strategy.canary"
ROUTES = f"{CANARY}.trafficRouting.gatewayAPI.httpRoutes"
CONTAINER = "spec.template.spec.containers[0]"


def template(*args: Any, **more: Any) -> Wrong:
    return Wrong(*args, target="template", **more)


def split(*args: Any, **more: Any) -> Wrong:
    return Wrong(*args, target="split", **more)


TEMPLATES = (
    template("no metrics", drop("spec.metrics"), "spec", "", "write at least one metric"),
    template(
        "metric without a name", drop(f"{METRIC}.name"), f"{METRIC}.name", "", "add it", api_remedy="Required value"
    ),
    template(
        "metric that stands twice",
        append(
            "spec.metrics",
            {
                "name": "error-rate",
                "provider": {"prometheus": {"query": "up"}},
            },
        ),
        "spec.metrics",
        "error-rate",
        "stands more than once",
        api_field="spec.metrics[1]",
        api_remedy="Duplicate value",
    ),
    template(
        "interval with an unknown unit",
        put(f"{METRIC}.interval", "1x"),
        f"{METRIC}.interval",
        '"1x"',
        "such as 10s, 5m, 1h30m",
    ),
    template("no interval with a count", drop(f"{METRIC}.interval"), METRIC, "", "interval is needed"),
    template(
        "count that is no number",
        put(f"{METRIC}.count", "many"),
        f"{METRIC}.count",
        '"many"',
        "whole number nor an argument",
    ),
    template("negative limit", put(f"{METRIC}.failureLimit", -2), f"{METRIC}.failureLimit", "-2", "-1 or more"),
    template("limit that can never be reached", put(f"{METRIC}.failureLimit", 9), METRIC, "", "count"),
    template("no provider", put(f"{METRIC}.provider", {}), f"{METRIC}.provider", "", "write provider.prometheus"),
    template(
        "unknown provider",
        put(f"{METRIC}.provider", {"promtheus": {"query": "up"}}),
        f"{METRIC}.provider.promtheus",
        "",
        "did you mean prometheus?",
        api_remedy="unknown field",
    ),
    template(
        "provider web",
        put(f"{METRIC}.provider", {"web": {"url": "http://x"}}),
        f"{METRIC}.provider.web",
        "",
        "use prometheus with a PromQL query",
    ),
    template(
        "provider datadog",
        put(f"{METRIC}.provider", {"datadog": {"query": "x"}}),
        f"{METRIC}.provider.datadog",
        "",
        "use prometheus with a PromQL query",
    ),
    template("no query", drop(f"{PROMETHEUS}.query"), f"{PROMETHEUS}.query", "", "add it", api_remedy="Required value"),
    template(
        "timeout in words",
        put(f"{PROMETHEUS}.timeout", "ten seconds"),
        f"{PROMETHEUS}.timeout",
        '"ten seconds"',
        "such as 10s, 5m, 1h30m",
    ),
    template(
        "noData that is not known",
        put(f"{METRIC}.noData", "Ignore"),
        f"{METRIC}.noData",
        '"Ignore"',
        "Successful",
        api_remedy="supported values",
    ),
    template(
        "successcondition",
        rename(f"{METRIC}.successCondition", "successcondition"),
        f"{METRIC}.successcondition",
        "",
        "did you mean successCondition?",
        api_remedy="unknown field",
    ),
    template(
        "condition with one equals sign",
        put(f"{METRIC}.successCondition", "result[0] = 0.05"),
        f"{METRIC}.successCondition",
        "result[0] = 0.05",
        "write ==",
        seen=Seen.OPERATOR,
    ),
    template(
        "condition that ends too early",
        put(f"{METRIC}.successCondition", "result[0] <="),
        f"{METRIC}.successCondition",
        "result[0] <=",
        "something is missing",
        seen=Seen.OPERATOR,
    ),
    template(
        "condition with an unknown function",
        put(f"{METRIC}.successCondition", "avg(result) < 0.05"),
        f"{METRIC}.successCondition",
        "avg",
        "mean",
        seen=Seen.OPERATOR,
    ),
    template(
        "argument that nobody gives",
        put(f"{PROMETHEUS}.query", "up{service='{{args.servcie}}'}"),
        f"{PROMETHEUS}.query",
        "{{args.servcie}}",
        "add servcie to spec.args",
        seen=Seen.OPERATOR,
    ),
    template(
        "argument in a condition that nobody gives",
        put(f"{METRIC}.successCondition", "result[0] < args.max"),
        f"{METRIC}.successCondition",
        "args.max",
        "add max to spec.args",
        seen=Seen.OPERATOR,
    ),
    Wrong(
        "run without metrics",
        put("spec.metrics", []),
        "spec.metrics",
        "",
        "write at least 1",
        target="run",
        api_remedy="should have at least 1",
    ),
)

SPLITS = (
    split(
        "weights that are all zero",
        put(
            "spec.backends",
            [
                {"service": "shop-stable", "weight": 0},
                {"service": "shop-canary", "weight": 0},
            ],
        ),
        "spec.backends",
        "",
        "at least one must be greater",
    ),
    split(
        "one backend",
        put("spec.backends", [{"service": "shop-stable", "weight": 1}]),
        "spec.backends",
        "",
        "write at least 2",
        api_remedy="should have at least 2",
    ),
    split(
        "a Service that stands twice",
        put("spec.backends[1].service", "shop-stable"),
        "spec.backends",
        "",
        "name each once",
    ),
    split(
        "negative share",
        put("spec.backends[1].weight", -1),
        "spec.backends[1].weight",
        "-1",
        "write 0 or more",
        api_remedy="greater than or equal to 0",
    ),
    split(
        "backend without a weight",
        drop("spec.backends[1].weight"),
        "spec.backends[1].weight",
        "",
        "add it",
        api_remedy="Required value",
    ),
    split(
        "route of another kind",
        put("spec.routes[0].kind", "VirtualService"),
        "spec.routes[0].kind",
        '"VirtualService"',
        "HTTPRoute",
        api_remedy='supported values: "HTTPRoute"',
    ),
    split(
        "a lane to a Service beside the backends",
        put("spec.lanes", [{"name": "testers", "match": [{"method": "GET"}], "backend": "other"}]),
        "spec.lanes",
        "",
        "add it there, with weight 0",
    ),
    split(
        "a lane that does nothing",
        put("spec.lanes", [{"name": "testers", "match": [{"method": "GET"}]}]),
        "spec.lanes[0]",
        "",
        "give it one of them",
    ),
    split("no routes of SMI", drop("spec.routes"), "spec.routes", "", "add it"),
    split("root Service of SMI", put("spec.service", "shop"), "spec.service", "", "name existing routes"),
)

TOGETHER = (
    Wrong(
        "config that the template does not name",
        put("spec.configRefs", [{"kind": "ConfigMap", "name": "setings"}]),
        "spec.configRefs[0]",
        "setings",
        "correct it, or remove it",
        seen=Seen.OPERATOR,
    ),
    Wrong(
        "Service that is not there",
        put(f"{CANARY}.canaryService", "shop-cnary"),
        f"{CANARY}.canaryService",
        "shop-cnary",
        "did you mean shop-canary?",
        seen=Seen.OPERATOR,
    ),
    Wrong(
        "route that is not there",
        put(f"{ROUTES}[0].name", "shpo"),
        f"{ROUTES}[0].name",
        "shpo",
        "did you mean shop?",
        seen=Seen.OPERATOR,
    ),
    Wrong(
        "rule that the route lacks",
        put(f"{ROUTES}[0].rule", "main"),
        f"{ROUTES}[0]",
        "main",
        "rule",
        seen=Seen.OPERATOR,
    ),
    Wrong(
        "template that is not there",
        put(f"{CANARY}.analysis.templates[0].templateName", "erors"),
        f"{CANARY}.analysis.templates[0].templateName",
        "erors",
        "did you mean errors?",
        seen=Seen.OPERATOR,
    ),
    Wrong(
        "template whose argument is not given",
        put(f"{CANARY}.analysis.args", []),
        f"{CANARY}.analysis",
        "service",
        "value",
        seen=Seen.OPERATOR,
    ),
    Wrong(
        "field of a container with a typing error",
        rename(f"{CONTAINER}.resources", "resource"),
        f"{CONTAINER}.resource",
        "",
        "did you mean resources?",
        seen=Seen.OPERATOR,
    ),
    Wrong(
        "port in quotes",
        put(f"{CONTAINER}.ports[0].containerPort", "8080"),
        f"{CONTAINER}.ports[0].containerPort",
        '"8080"',
        "without quotes",
        seen=Seen.OPERATOR,
    ),
    Wrong(
        "Service that selects other pods",
        put("spec.selector", {"app": "shpo"}),
        f"{CANARY}.canaryService",
        "app=shpo",
        "use labels of the template",
        target="canary",
        seen=Seen.OPERATOR,
    ),
)

WRONG_OTHERS = (*TEMPLATES, *SPLITS, *TOGETHER)
