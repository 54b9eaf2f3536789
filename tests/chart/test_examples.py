"""The examples do what they say: accepted as they are, released under traffic, applied again in the middle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.cluster import RunningCluster
from dev.cluster.commands import kubectl
from tests.bed.kube import answers, eventually
from tests.chart.operated import Manifest, Operated, operated
from tidegate.cli.linting.run import lint

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.rglob("kustomization.yaml"))
HOST = "web.example.com"
RATE = 100
IF_NOT_PRESENT = "kustomize.toolkit.fluxcd.io/ssa"


def _render(cluster: RunningCluster, folder: Path) -> str:
    return kubectl(cluster.kubeconfig, "kustomize", str(folder))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(EXAMPLES)))
def test_lint_and_the_api_server_accept_what_kustomize_renders(cluster: RunningCluster, folder: Path) -> None:
    text = _render(cluster, folder)
    result = lint({str(folder): text})
    assert (result.findings, result.checked) == ((), 3)
    # The namespace is not there: what would be created in it is checked in another.
    anywhere = [{**item, "metadata": {**item["metadata"], "namespace": "default"}} for item in yaml.safe_load_all(text)]
    flags = ("--dry-run=server", "--validate=strict")
    kubectl(cluster.kubeconfig, "apply", *flags, "-f", "-", text=yaml.safe_dump_all(anywhere))


@pytest.mark.parametrize("file", sorted(EXAMPLES.rglob("*.yaml")), ids=lambda file: str(file.relative_to(EXAMPLES)))
def test_lint_accepts_every_file(file: Path) -> None:
    assert not lint({str(file): file.read_text()}).findings


def test_no_gitops_tool_is_told_to_look_away() -> None:
    for file in (EXAMPLES / "gitops").glob("*.yaml"):
        for item in yaml.safe_load_all(file.read_text()):
            assert "ignoreDifferences" not in item["spec"]
            path = item["spec"].get("path") or item["spec"].get("source", {}).get("path")
            assert path is None or (PROJECT / path / "kustomization.yaml").exists()


def test_a_release_from_git_and_git_applied_again_in_the_middle(bed: RunningCluster, tmp_path: Path) -> None:
    new = [
        item for item in yaml.safe_load_all(_render(bed, EXAMPLES / "gitops" / "shop")) if item["kind"] != "Namespace"
    ]
    with operated(bed, "shop", tmp_path / "operator.log") as shop:
        shop.apply(_of_version(new, "v1"))
        shop.wait("rollout/web", "Ready")
        route = shop.get("httproute", "web")
        eventually(lambda: answers(bed, HOST), "the route answers")
        with bed.load(HOST, RATE) as load:
            shop.apply(new)
            shop.wait("rollout/web", "{.status.waitingFor.reason}=Analysis")
            _applied_by_flux_nothing_changes(shop, new)
            _applied_by_kubectl_the_release_goes_on(shop, new)
            _promoted_to_the_end(shop)
        assert load.result().failed == 0
        assert load.result().count("v2") > 0
        assert shop.get("httproute", "web")["spec"] == route["spec"]
        assert _outcomes(shop) == ["Promoted", "FastPromoted"]


def _promoted_to_the_end(shop: Operated) -> None:
    """The whole walk is a test of its own, in tests/e2e."""
    request = json.dumps({"id": "1", "action": "promoteFull", "revision": 2})
    shop.kubectl("annotate", "rollout", "web", f"tidegate.dev/request={request}", "tidegate.dev/requested-by=admin")
    shop.wait("rollout/web", "Ready")


def _of_version(manifests: list[Manifest], version: str) -> list[Manifest]:
    return list(yaml.safe_load_all(yaml.safe_dump_all(manifests).replace("demo:v2", f"demo:{version}")))


def _applied_by_flux_nothing_changes(shop: Operated, manifests: list[Manifest]) -> None:
    """Flux applies by force, but for what it is told to create only."""
    before = _what_a_release_moves(shop)
    managed = [item for item in manifests if IF_NOT_PRESENT not in item["metadata"].get("annotations", {})]
    assert {item["kind"] for item in managed} == {"AnalysisTemplate", "Rollout"}
    shop.apply(managed, "--server-side", "--force-conflicts", "--field-manager=kustomize-controller")
    assert _what_a_release_moves(shop) == before


def _applied_by_kubectl_the_release_goes_on(shop: Operated, manifests: list[Manifest]) -> None:
    """kubectl and Argo CD write the route's weights of git; the operator puts those of the release back."""
    before = _what_a_release_moves(shop)
    shop.apply(manifests)
    eventually(lambda: _what_a_release_moves(shop) == before, "everything is as it was before")
    eventually(lambda: shop.get("trafficsplit", "web")["status"]["corrections"] == 1, "the correction is told")


def _what_a_release_moves(shop: Operated) -> Any:
    rollout = shop.get("rollout", "web")
    status = rollout["status"]
    return {
        "generation": rollout["metadata"]["generation"],
        "release": [status.get(name) for name in ("currentRevision", "currentStepIndex", "currentPodHash", "attempt")],
        "selectors": [service["spec"]["selector"] for service in shop.all_of("services")],
        "route": shop.get("httproute", "web")["spec"],
        "replicasets": [(rs["metadata"]["uid"], rs["spec"]["replicas"]) for rs in shop.all_of("replicasets")],
        "runs": {run["metadata"]["uid"] for run in shop.all_of("analysisruns")},
    }


def _outcomes(shop: Operated) -> list[str]:
    return [release["outcome"] for release in shop.get("rollout", "web")["status"]["history"]]
