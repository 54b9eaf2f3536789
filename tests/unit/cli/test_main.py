"""What holds for all commands: exit codes, errors without tracebacks, help, versions, completion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.unit.cli.conftest import FakeCluster, Run
from tests.unit.cli.objects import LIST, rollout
from tidegate.api import crd
from tidegate.cli import main, words
from tidegate.cli.completion import rollouts

COMMANDS = (
    "operator",
    "get",
    "status",
    "why",
    "promote",
    "abort",
    "retry",
    "pause",
    "resume",
    "restart",
    "undo",
    "lint",
    "crds",
    "version",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tidegate: Run, command: str) -> None:
    result = tidegate(command, "-h")
    assert result.code == 0
    assert f"tidegate {command}" in result.out


@pytest.mark.parametrize("command", [("promote",), ("nonsense",), ("get", "--nonsense"), ("get", "a", "b")])
def test_a_mistake_in_the_command_ends_with_2(tidegate: Run, command: tuple[str, ...]) -> None:
    assert tidegate(*command).code == 2


@pytest.mark.parametrize(
    "command", [("get", "shop"), ("status", "shop"), ("why", "shop"), ("abort", "shop"), ("undo", "shop")]
)
def test_what_is_not_there_is_one_sentence_and_no_traceback(
    api: FakeCluster, tidegate: Run, command: tuple[str, ...]
) -> None:
    result = tidegate(*command)
    assert result.code == 1
    assert result.err.startswith("tidegate: there is no ")
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("kubeconfig", "said"),
    [(None, "can't log in"), ("contexts: [", "can't log in"), ("{}", "can't log in")],
)
def test_a_kubeconfig_that_is_none_is_told_with_the_remedy(
    tidegate: Run, tmp_path: Path, kubeconfig: str | None, said: str
) -> None:
    file = tmp_path / "config"
    if kubeconfig is not None:
        file.write_text(kubeconfig)
    result = tidegate("get", "--kubeconfig", str(file))
    assert result.code == 2
    assert said in result.err
    assert "--kubeconfig" in result.err


def test_as_a_plugin_it_calls_itself_kubectl_tidegate() -> None:
    assert main._program("/usr/bin/kubectl-tidegate") == "kubectl tidegate"
    assert main._program("/usr/bin/tidegate") == "tidegate"


def test_the_crds_can_be_piped_into_kubectl(tidegate: Run) -> None:
    found = list(yaml.safe_load_all(tidegate("crds").out))
    assert found == [crd.render(kind) for kind in crd.KINDS]


def test_the_crds_are_written_where_the_chart_is(
    tidegate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tidegate("crds", "--write")
    assert {path.name for path in (tmp_path / "crds").iterdir()} == set(crd.files())
    assert not (tmp_path / "charts").exists()


OPERATOR = {
    "metadata": {"namespace": "tidegate", "name": "tidegate", "labels": {"app.kubernetes.io/version": "0.1.0"}},
    "status": {"readyReplicas": 1},
}


def test_versions_of_both_sides(api: FakeCluster, tidegate: Run) -> None:
    api.found = {"/apis/apps/v1/deployments": [OPERATOR]}
    result = tidegate("version")
    assert result.code == 0
    assert "operator  0.1.0 in namespace tidegate, 1 ready" in result.out
    assert json.loads(tidegate("version", "-o", "json").out)["operators"][0]["version"] == "0.1.0"


def test_a_cluster_without_an_operator_is_told(api: FakeCluster, tidegate: Run) -> None:
    result = tidegate("version")
    assert result.code == 1
    assert result.out.startswith("client    ")
    assert "install the chart" in result.err


def test_the_version_of_the_client_needs_no_cluster(tidegate: Run) -> None:
    assert tidegate("version", "--client").code == 0


def test_the_operator_is_started_as_it_was_asked(tidegate: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr("tidegate.shell.main.run", started.append)
    result = tidegate(
        "operator",
        "--namespace=shop",
        "--prometheus-address=http://prometheus:9090",
        "--allowed-host=localhost",
        "--allowed-host=127.0.0.1",
        "--no-require-secret-label",
        "--health-port=0",
        "--log-format=json",
    )
    assert result.code == 0
    (chosen,) = started
    assert chosen.namespace == "shop"
    assert chosen.prometheus_address == "http://prometheus:9090"
    assert chosen.allowed_hosts == ("localhost", "127.0.0.1")
    assert not chosen.secrets_need_label
    assert (chosen.health_port, chosen.log_format.value) == (0, "json")


class _Context:
    params = {"namespace": None}  # noqa: RUF012


def test_the_shell_completes_names(api: FakeCluster) -> None:
    api.found = {LIST: [rollout()]}
    assert rollouts(_Context(), "sh") == ["shop"]  # type: ignore[arg-type]
    assert rollouts(_Context(), "x") == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (-5, "0s"), (59.6, "1m"), (61, "1m1s"), (7200, "2h"), (90061, "1d1h"), (86400, "1d")],
)
def test_spans_in_words(seconds: float, text: str) -> None:
    assert words.span(words.timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ({"setWeight": 20}, "setWeight 20"),
        ({"pause": {"duration": "10s"}}, "pause 10s"),
        ({"pause": {"duration": 10}}, "pause 10s"),
        ({"pause": {}}, "pause until somebody promotes"),
        ({"pause": None}, "pause until somebody promotes"),
        ({"setCanaryScale": {"weight": 50}}, "setCanaryScale 50 %"),
        ({"setCanaryScale": {"replicas": 2}}, "setCanaryScale 2 pods"),
        ({"setCanaryScale": {"matchTrafficWeight": True}}, "setCanaryScale as the weight"),
        ({"analysis": {"templates": [{"templateName": "errors"}]}}, "analysis errors"),
        ({"analysis": None}, "analysis"),
        ({}, "an empty step"),
    ],
)
def test_steps_in_words(step: dict[str, object], text: str) -> None:
    assert words.step(step) == text
