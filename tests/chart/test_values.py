"""What the chart makes of values, and which it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import typer
import yaml

from dev.cluster.commands import CommandError, helm
from dev.cluster.operator_access import CHART
from tidegate.api import crd
from tidegate.cli.main import app


def _render(*settings: str) -> list[dict[str, Any]]:
    text = helm("template", "tidegate", str(CHART), "--namespace=ops", *(f"--set-json={item}" for item in settings))
    return [item for item in yaml.safe_load_all(text) if item]


def _one(objects: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = (item for item in objects if item["kind"] == kind)
    return found


def _operator(objects: list[dict[str, Any]]) -> dict[str, Any]:
    (container,) = _one(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(container)


def test_the_chart_is_without_lint() -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(CHART))


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("replicas=2", "replicas"),
        ("replicaCount=1", "replicaCount"),
        ('image.repository=""', "repository"),
        ('image={"repositry":"x"}', "repositry"),
        ('image.digest="sha256:12"', "digest"),
        ('image.pullPolicy="Sometimes"', "pullPolicy"),
        ('watchNamespace="Team_A"', "watchNamespace"),
        ('crds.install="yes"', "install"),
        ("rbac.clusterAdmin=true", "clusterAdmin"),
        ('requests.policy="no"', "policy"),
        ('secrets.read="no"', "read"),
        ('secrets.names="token"', "names"),
        ('versionedConfig.configMaps="yes"', "configMaps"),
        ("versionedConfig.all=true", "all"),
        ('podMetadata={"enabled":true}', "podMetadata"),
        ('podRestarts="yes"', "podRestarts"),
        ('allowedHosts=["http://localhost:9090"]', "allowedHosts"),
        ('prometheusAddress="prometheus:9090"', "prometheusAddress"),
        ('logFormat="xml"', "logFormat"),
        ('metrics.serviceMonitor.interval="often"', "interval"),
        ('networkPolicy={"enable":true}', "enable"),
        ('podLabels={"a":1}', "podLabels"),
    ],
)
def test_a_wrong_value_is_refused_by_name(value: str, named: str) -> None:
    with pytest.raises(CommandError, match=named):
        _render(value)


def test_the_crds_of_the_chart_are_those_of_the_models() -> None:
    rendered = {item["metadata"]["name"]: item for item in _render() if item["kind"] == "CustomResourceDefinition"}
    for kind in crd.KINDS:
        wanted = crd.render(kind)
        wanted["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
        assert rendered.pop(wanted["metadata"]["name"]) == wanted, "run `make crds`"
    assert not rendered


def test_the_crds_are_left_out_when_somebody_else_manages_them() -> None:
    assert "CustomResourceDefinition" not in {item["kind"] for item in _render("crds.install=false")}


def test_a_namespaced_installation_watches_that_namespace_only() -> None:
    objects = _render('watchNamespace="team-a"')
    assert "--namespace=team-a" in _operator(objects)["args"]
    assert _one(objects, "Role")["metadata"]["namespace"] == "team-a"


@pytest.mark.parametrize(
    ("setting", "rule"),
    [
        ("secrets.read=true", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}),
        ("secrets.read=false", None),
        (
            'secrets.names=["token"]',
            {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["token"], "verbs": ["get"]},
        ),
    ],
)
def test_secrets_are_read_as_far_as_the_values_say(setting: str, rule: dict[str, Any] | None) -> None:
    roles = [item for item in _render(setting) if item["kind"] == "ClusterRole"]
    granted = [rule for role in roles for rule in role["rules"] if "secrets" in rule["resources"]]
    assert granted == ([rule] if rule else [])


def _options(*settings: str) -> dict[str, Any]:
    """What the operator makes of the arguments that its pod gets."""
    program, *arguments = _operator(_render(*settings))["args"]
    command = typer.main.get_command(app).commands[program]  # type: ignore[attr-defined]
    return dict(command.make_context(program, arguments).params)


def test_the_operator_understands_its_arguments() -> None:
    options = _options(
        'watchNamespace="team-a"',
        'prometheusAddress="http://prometheus:9090"',
        'allowedHosts=["localhost","::1"]',
        "secrets.requireLabel=false",
        "versionedConfig.configMaps=true",
        "versionedConfig.secrets=true",
        "requests.policy=false",
        'logFormat="json"',
    )
    assert options["namespace"] == "team-a"
    assert options["prometheus_address"] == "http://prometheus:9090"
    assert list(options["allowed_host"]) == ["localhost", "::1"]
    assert options["require_secret_label"] is False
    assert list(options["versioned_config"]) == ["ConfigMap", "Secret"]
    assert options["names_proven"] is False
    assert options["log_format"] == "json"


def test_by_default_the_operator_is_careful_and_watches_all() -> None:
    options = _options()
    assert (options["namespace"], options["require_secret_label"]) == (None, True)
    assert not options["allowed_host"]
    assert not options["versioned_config"]


def _policy(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in objects if item["kind"].startswith("ValidatingAdmissionPolicy")]


def test_names_count_as_proven_where_the_policy_is_or_somebody_vouches_for_one() -> None:
    assert _options()["names_proven"] is True
    assert len(_policy(_render())) == 2
    assert not _policy(_render("requests.policy=false"))
    assert _options("requests.policy=false", "requests.proven=true")["names_proven"] is True


def test_an_api_server_without_such_policies_gets_none_and_names_stay_claimed() -> None:
    text = helm("template", "tidegate", str(CHART), "--kube-version=1.29.9")
    objects = [item for item in yaml.safe_load_all(text) if item]
    assert not _policy(objects)
    assert "--names-proven" not in _operator(objects)["args"]


def test_the_policy_of_a_namespaced_installation_holds_in_that_namespace_only() -> None:
    binding = _one(_render('watchNamespace="team-a"'), "ValidatingAdmissionPolicyBinding")
    selector = {"matchLabels": {"kubernetes.io/metadata.name": "team-a"}}
    assert binding["spec"]["matchResources"] == {"namespaceSelector": selector}
    assert "matchResources" not in _one(_render(), "ValidatingAdmissionPolicyBinding")["spec"]


def test_probes_and_scrapes_go_where_the_operator_listens() -> None:
    container = _operator(_render())
    (port,) = container["ports"]
    assert port["containerPort"] == _options()["health_port"]
    assert {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")} == {port["name"]}


def test_with_one_pod_no_disruption_budget_blocks_a_drain() -> None:
    assert "PodDisruptionBudget" not in {item["kind"] for item in _render()}


def test_an_image_of_ones_own_goes_by_its_digest() -> None:
    digest = f"sha256:{'0' * 64}"
    objects = _render('image.repository="mirror/tidegate"', f'image.digest="{digest}"', 'image.tag="x"')
    assert _operator(objects)["image"] == f"mirror/tidegate@{digest}"


def test_metrics_are_scraped_through_a_service_monitor_that_finds_the_service() -> None:
    objects = _render("metrics.serviceMonitor.enabled=true", 'metrics.serviceMonitor.labels={"release":"prometheus"}')
    monitor, service = _one(objects, "ServiceMonitor"), _one(objects, "Service")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_a_network_policy_lets_scrapes_in_and_what_is_said_out() -> None:
    egress = '[{"to":[{"ipBlock":{"cidr":"192.0.2.1/32"}}]}]'
    objects = _render(
        "networkPolicy.enabled=true", 'networkPolicy.scrapersFrom={"team":"sre"}', f"networkPolicy.egress={egress}"
    )
    policy = _one(objects, "NetworkPolicy")["spec"]
    assert policy["ingress"][0]["from"] == [{"namespaceSelector": {"matchLabels": {"team": "sre"}}}]
    assert policy["egress"] == [{"to": [{"ipBlock": {"cidr": "192.0.2.1/32"}}]}]
    assert (
        policy["podSelector"]["matchLabels"].items()
        <= _one(objects, "Deployment")["spec"]["template"]["metadata"]["labels"].items()
    )


def test_a_network_policy_without_more_lets_everybody_scrape() -> None:
    policy = _one(_render("networkPolicy.enabled=true"), "NetworkPolicy")["spec"]
    assert policy["ingress"][0]["from"] == [{"namespaceSelector": {}}]
