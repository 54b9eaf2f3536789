"""The CRDs: what stands in `crds/` is what the models say, and a person finds every field explained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tidegate.api import crd

CRDS = Path(__file__).parents[3] / "crds"
KINDS = [pytest.param(kind, id=kind.name) for kind in crd.KINDS]
ROOT = {"apiVersion", "kind", "metadata"}


def schema(kind: crd.Kind) -> dict[str, Any]:
    return crd.render(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def nodes(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, node
    for name, child in node.get("properties", {}).items():
        if path or name not in ROOT:
            yield from nodes(child, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if name in node:
            yield from nodes(node[name], f"{path}[]")


def at(kind_name: str, path: str) -> dict[str, Any]:
    kind = next(k for k in crd.KINDS if k.name == kind_name)
    return dict(nodes(schema(kind)))[path]


def test_the_files_are_what_the_models_say() -> None:
    written = {path.name: path.read_text() for path in CRDS.glob("*.yaml")}
    assert written == crd.files(), "run `make crds`"


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_explained(kind: crd.Kind) -> None:
    bare = [path for path, node in nodes(schema(kind)) if not path.endswith("[]") and not node.get("description")]
    assert bare == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_structural(kind: crd.Kind) -> None:
    for path, node in nodes(schema(kind)):
        typed = "type" in node or "x-kubernetes-int-or-string" in node
        assert typed, f"{path} has no type"
        assert not {"$ref", "anyOf", "const", "title"} & node.keys(), path


@pytest.mark.parametrize("kind", KINDS)
def test_a_default_is_never_added_where_it_would_be_taken_for_the_users(kind: crd.Kind) -> None:
    for path, node in nodes(schema(kind)):
        if "default" in node:
            assert path.startswith(".spec"), f"{path}: the operator would write the status for ever"
            assert not path.startswith(".spec.template"), f"{path}: the revision is a hash of what was written"
            assert "[]" not in path, f"{path}: GitOps tools compare lists as a whole"
            assert node["default"] is not None


def test_the_defaults_of_a_rollout() -> None:
    assert at("Rollout", ".spec.replicas")["default"] == 1
    assert at("Rollout", ".spec.progressDeadlineSeconds")["default"] == 600
    assert at("Rollout", ".spec.strategy.canary.maxUnavailable")["default"] == "25%"
    assert at("Rollout", ".spec.strategy.blueGreen.scaleDownDelaySeconds")["default"] == 30


def test_a_refused_field_is_known_and_forbidden_with_its_remedy() -> None:
    routing = at("Rollout", ".spec.strategy.canary.trafficRouting")
    assert routing["properties"]["istio"]["x-kubernetes-preserve-unknown-fields"] is True
    (rule,) = (rule for rule in routing["x-kubernetes-validations"] if rule["rule"] == "!has(self.istio)")
    assert (rule["fieldPath"], rule["reason"]) == (".istio", "FieldValueForbidden")
    assert "use trafficRouting.gatewayAPI" in rule["message"]


def test_what_is_missing_never_hides_what_is_refused() -> None:
    # With `required` the API server would answer istio with "gatewayAPI: Required value" alone.
    routing = at("Rollout", ".spec.strategy.canary.trafficRouting")
    assert "required" not in routing
    assert "has(self.gatewayAPI)" in [rule["rule"] for rule in routing["x-kubernetes-validations"]]


def test_the_pod_template_keeps_what_it_does_not_know() -> None:
    assert at("Rollout", ".spec.template.spec.containers[]")["x-kubernetes-preserve-unknown-fields"] is True


def test_the_selector_never_changes() -> None:
    rules = at("Rollout", ".spec")["x-kubernetes-validations"]
    assert any("self.selector == oldSelf.selector" in rule["rule"] for rule in rules)


def test_kubectl_scale_and_an_autoscaler_find_their_fields() -> None:
    version = crd.render(crd.KINDS[0])["spec"]["versions"][0]
    assert version["subresources"] == {
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.HPAReplicas",
            "labelSelectorPath": ".status.selector",
        },
    }


def test_a_template_has_no_status() -> None:
    versions = {kind.name: crd.render(kind)["spec"]["versions"][0] for kind in crd.KINDS}
    assert "subresources" not in versions["AnalysisTemplate"]
    assert "status" in versions["AnalysisRun"]["subresources"]


def test_get_tells_the_state_at_a_glance() -> None:
    columns = crd.render(crd.KINDS[0])["spec"]["versions"][0]["additionalPrinterColumns"]
    shown = [column["name"] for column in columns if not column.get("priority")]
    assert shown == ["Phase", "Step", "Weight", "Desired", "Ready", "Available", "Age"]


def test_printer_columns_name_fields_that_there_are() -> None:
    for kind in crd.KINDS:
        known = {path.replace("[]", "[*]") for path, _ in nodes(schema(kind))}
        for column in kind.columns:
            path = column.path.split("[?(")[0].replace("[0]", "[*]")
            assert path.startswith((".metadata", ".status.conditions")) or path in known, (kind.name, path)


def test_the_charts_copy_is_kept_at_uninstall_and_no_template_of_helms() -> None:
    text = crd.chart_files()["tidegate.dev_analysistemplates.yaml"]
    assert "{{args" not in text
    lines = text.replace('{{ "{{" }}', "{{").splitlines()
    plain = yaml.safe_load("\n".join(line for line in lines if not line.startswith("{{-")))
    assert plain["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
    assert plain == crd.render(crd.KINDS[2])
