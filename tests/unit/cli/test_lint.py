"""The command `tidegate lint`: lines, inputs, exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.good import as_text, good
from tests.unit.cli.conftest import Run

Raw = dict[str, Any]
ROLLOUT = """\
# a comment that moves the lines
apiVersion: tidegate.dev/v1alpha1
kind: Rollout
metadata:
  name: shop
spec:
  replicas: "3"
  selector: &labels
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
        - name: shop
          image: shop:1
          livenesProbe: {}
  strategy:
    canary:
      canaryService: shop-canary
      stableService: shop-stable
      trafficRouting:
        gatewayAPI:
          httpRoutes:
            - name: shop
      steps:
        - setWeight: 20
        - setweight: 40
"""


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_each_mistake_stands_on_the_line_of_its_field(tidegate: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "rollout.yaml", ROLLOUT)
    result = tidegate("lint", file)
    assert result.code == 1
    assert result.out.splitlines() == [
        f'{file}:7: Rollout shop: spec.replicas: "3" is not a whole number: write digits only, without quotes',
        f"{file}:17: Rollout shop: spec.template.spec.containers[0].livenesProbe: "
        "no such field: did you mean livenessProbe?",
        f"{file}:28: Rollout shop: spec.strategy.canary.steps[1].setweight: no such field: did you mean setWeight?",
    ]
    assert result.err == "1 object checked, 3 mistakes found\n"


def test_a_right_manifest_ends_with_0(tidegate: Run, tmp_path: Path) -> None:
    result = tidegate("lint", write(tmp_path, "all.yaml", as_text(good())))
    assert (result.code, result.out) == (0, "4 objects checked, no mistake found\n")


def test_standard_input_as_kustomize_and_helm_write_it(tidegate: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"---\n# Source: chart/templates/empty.yaml\n---\n{as_text(good())}\n---\n{ROLLOUT}"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    result = tidegate("lint", "-")
    assert result.code == 1
    assert result.out.startswith("<stdin>:")
    assert '"shop" is there already (<stdin>:' in result.out


def test_objects_inside_of_a_list_are_found_on_their_lines(tidegate: Run, tmp_path: Path) -> None:
    inner = "\n".join(f"    {line}" for line in ROLLOUT.splitlines())
    file = write(tmp_path, "list.yaml", f"apiVersion: v1\nkind: List\nitems:\n  -\n{inner}\n")
    assert f"{file}:11: Rollout shop: spec.replicas" in tidegate("lint", file).out


def test_what_one_file_names_may_stand_in_another(tidegate: Run, tmp_path: Path) -> None:
    objects = good()
    write(tmp_path, "rollout.yaml", yaml.safe_dump(objects.pop("rollout")))
    write(tmp_path, "others.yml", as_text(objects))
    assert tidegate("lint", str(tmp_path)).code == 0
    objects["canary"]["metadata"]["name"] = "canary"
    write(tmp_path, "others.yml", as_text(objects))
    result = tidegate("lint", str(tmp_path))
    assert result.code == 1
    assert 'there is no Service "shop-canary" in namespace default' in result.out


def test_what_the_input_holds_none_of_is_taken_to_be_elsewhere(tidegate: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "rollout.yaml", yaml.safe_dump(good()["rollout"]))
    assert tidegate("lint", file).code == 0


def test_a_service_of_another_namespace_is_another_service(tidegate: Run, tmp_path: Path) -> None:
    objects = good()
    objects["canary"]["metadata"]["namespace"] = "edge"
    result = tidegate("lint", write(tmp_path, "all.yaml", as_text(objects)))
    assert 'no Service "shop-canary"' in result.out


def test_other_kinds_are_left_aside(tidegate: Run, tmp_path: Path) -> None:
    argo = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: x}\nspec: {strategy: 7}\n"
    text = f"{argo}---\njust: text\n---\n- 1\n"
    assert tidegate("lint", write(tmp_path, "other.yaml", text)).code == 0


def test_what_kubectl_prints_of_a_live_object_is_right_too(tidegate: Run, tmp_path: Path) -> None:
    live = good()["rollout"]
    live["metadata"] |= {"uid": "x", "resourceVersion": "7", "creationTimestamp": None, "managedFields": [{"time": 1}]}
    live["status"] = {"phase": "FromTheFuture"}
    assert tidegate("lint", write(tmp_path, "live.yaml", yaml.safe_dump(live))).code == 0


def test_a_helm_template_gets_told_what_to_do(tidegate: Run, tmp_path: Path) -> None:
    result = tidegate("lint", write(tmp_path, "template.yaml", "replicas: {{ .Values.replicas }}\n"))
    assert result.code == 1
    assert "template.yaml:1: this is no YAML" in result.out
    assert "lint what `helm template` prints" in result.out


def test_broken_yaml_gets_its_line_and_the_other_files_are_still_looked_at(tidegate: Run, tmp_path: Path) -> None:
    broken = write(tmp_path, "a.yaml", "a: 1\nb: [1, 2\nc: 3\n")
    result = tidegate("lint", broken, write(tmp_path, "b.yaml", ROLLOUT))
    assert f"{broken}:3: this is no YAML" in result.out
    assert "Rollout shop: spec.replicas" in result.out


def test_a_file_that_is_not_there_is_a_mistake_in_the_command(tidegate: Run) -> None:
    result = tidegate("lint", "nowhere.yaml")
    assert result.code == 2
    assert result.err == "tidegate: can't read nowhere.yaml: No such file or directory\n"


def test_data_for_programs(tidegate: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "rollout.yaml", ROLLOUT)
    found = json.loads(tidegate("lint", file, "-o", "json").out)
    assert found[0] == {
        "file": file,
        "line": 7,
        "kind": "Rollout",
        "name": "shop",
        "field": "spec.replicas",
        "message": '"3" is not a whole number: write digits only, without quotes',
    }


def test_text_from_the_manifest_is_data(tidegate: Run, tmp_path: Path) -> None:
    text = ROLLOUT.replace('"3"', '"[bold]\\x1b[2J"')
    shown = tidegate("lint", write(tmp_path, "rollout.yaml", text)).out
    assert "[bold]" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("field", ["spec", "metadata"])
@pytest.mark.parametrize("junk", [None, 7, "text", [], [1], {}, {"a": None}])
@pytest.mark.parametrize("target", ["rollout", "template", "split", "run"])
def test_junk_is_a_finding_and_never_a_crash(
    tidegate: Run, tmp_path: Path, target: str, junk: object, field: str
) -> None:
    objects = good()
    objects[target][field] = junk
    result = tidegate("lint", write(tmp_path, "all.yaml", as_text(objects)))
    assert result.code == 1
    assert "Traceback" not in result.err


def adopting(labels: dict[str, str], name: str = "legacy") -> list[Raw]:
    """Good objects whose Rollout takes its pods from a Deployment, in one order or another."""
    objects = good()
    spec = objects["rollout"]["spec"]
    template = {**spec.pop("template"), "metadata": {"labels": labels}}
    spec["workloadRef"] = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "legacy"}
    body = {"selector": {"matchLabels": labels}, "template": template}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": body}
    return [*objects.values(), deployment]


def test_the_pods_of_a_referenced_deployment_are_looked_at(tidegate: Run, tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    labels = good()["rollout"]["spec"]["template"]["metadata"]["labels"]
    file.write_text(yaml.safe_dump_all(adopting(labels)))
    assert tidegate("lint", str(file)).code == 0
    file.write_text(yaml.safe_dump_all(adopting({"app": "another"})))
    assert "no pod would answer; use labels of the template" in tidegate("lint", str(file)).out
    file.write_text(yaml.safe_dump_all(adopting(labels, "legaci")))
    assert (
        'there is no Deployment "legacy" in namespace default in this input: did you mean legaci?'
        in tidegate("lint", str(file)).out
    )
