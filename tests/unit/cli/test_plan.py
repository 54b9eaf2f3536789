"""`tidegate plan`: what it reads, what it asks the API server to judge, and what it tells. The cluster is the model."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from tests.scenarios import manifests as m
from tests.unit.cli.conftest import Run
from tidegate.cli import cluster as api_server
from tidegate.cli import plan as plan_command
from tidegate.cli.cluster import Cluster as ApiCluster
from tidegate.cli.errors import AbsentError, CommandError
from tidegate.cli.planning.live import read
from tidegate.model import Cluster
from tidegate.model.objects import Raw, merged
from tidegate.model.pods import Life

STEPS = [m.weight(20), m.pause("10m"), m.weight(60), m.pause()]


class Live:
    """An API server that shows what is in a model cluster, and judges in a dry run only."""

    namespace = "default"

    def __init__(self) -> None:
        self.model = Cluster(lives=lambda image, _: Life(None if image.endswith("crash") else 1.0))
        self.asked: list[tuple[str, Raw]] = []
        self.read: set[str] = set()
        self.refusal = ""
        objects = [*m.services(), m.route(), m.template()]
        self.model.api.apply(m.placed(each, "default") for each in objects)
        self.model.start_operator()

    def apply(self, manifest: Raw, seconds: float = 60) -> None:
        """Really, and time passes."""
        self.model.api.apply([m.placed(manifest, "default")])
        self.model.run(seconds)

    def items(self, path: str, **_: str) -> list[Raw]:
        plural = path.rpartition("/")[2]
        self.read.add(plural)
        found = (raw for raw in self.model.api.objects.values() if _plural(raw["kind"]) == plural)
        # As in a list of the real one: no kind.
        return [{name: value for name, value in raw.items() if name not in ("kind", "apiVersion")} for raw in found]

    def create(self, path: str, body: Raw, **query: str) -> Raw:
        return self._judged(path, body, query) or body

    def merge(self, path: str, patch: Raw, **query: str) -> Raw:
        self._judged(path, patch, query)
        plural, name = path.split("/")[-2:]
        found = (raw for key, raw in self.model.api.objects.items() if (_plural(key.kind), key.name) == (plural, name))
        return merged(next(found), patch)

    def _judged(self, path: str, body: Raw, query: Raw) -> None:
        assert query["dryRun"] == "All", f"{path} would be written"
        self.asked.append((path, body))
        if self.refusal:
            raise CommandError(self.refusal)


def _plural(kind: str) -> str:
    return f"{kind.lower()}s"


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Live:
    made = Live()
    monkeypatch.setattr(api_server, "connect", lambda kubeconfig, context, namespace: made)
    monkeypatch.setattr(plan_command, "now", lambda: made.model.clock.now)
    return made


@pytest.fixture
def plan(tidegate: Run, tmp_path: Path) -> Any:
    """`plan(manifest, …, "--scenario", "bad")`: its data, with the exit code."""

    def run(*given: Any, code: int = 0, data: bool = True) -> Any:
        file = tmp_path / "manifest.yaml"
        file.write_text(yaml.safe_dump_all(each for each in given if isinstance(each, dict)))
        output = ("-o", "json") if data else ()
        result = tidegate("plan", str(file), *output, *(each for each in given if isinstance(each, str)))
        assert result.code == code, result.err or result.out
        return json.loads(result.out) if data else (result.out or result.err)

    return run


def rollout(version: str, steps: list[Raw] | None = None, replicas: int = 5, **fields: Any) -> Raw:
    return m.rollout(version, STEPS if steps is None else steps, replicas, **fields)


def weights(told: Raw) -> list[int]:
    """What the route gives the canary, one after the other."""
    return [ref["weight"] for route in told["routes"] for ref in route["spec"]["rules"][-1]["backendRefs"][1:]]


def states(told: Raw) -> list[Raw]:
    return [row for row in told["releases"][0]["timeline"] if row["kind"] == "State"]


def test_a_release_as_it_would_go(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    told = plan(rollout("v2"))
    assert told["releases"][0]["outcome"] == "Promoted"
    assert weights(told) == [20, 60, 0]
    assert 600 < told["releases"][0]["seconds"] < 700
    assert states(told)[0]["old"] == {"ready": 5, "wanted": 5}
    (change,) = told["changes"]
    assert (change["kind"], change["namespace"], change["name"]) == ("Rollout", "default", "web")
    assert [line for line in change["diff"] if line[0] in "+-"] == ["-    - image: demo:v1", "+    - image: demo:v2"]


def test_it_is_what_happens(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    told = plan(rollout("v2", [m.weight(20), m.pause("1m"), m.weight(60), m.pause("1m")]))
    log = live.model.api.log
    before = len(log)
    live.apply(rollout("v2", [m.weight(20), m.pause("1m"), m.weight(60), m.pause("1m")]), 600)
    routes = [each.raw for each in log[before:] if (each.key.kind, each.by) == ("HTTPRoute", "operator")]
    really = [raw["spec"]["rules"][-1]["backendRefs"][1]["weight"] for raw in routes]
    assert weights(told) == really


def test_a_bad_version_is_taken_back(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    told = plan(rollout("v2", [m.weight(20), m.analysis()]), "--scenario", "bad", code=1)
    assert told["releases"][0]["outcome"] == "Aborted"


def test_in_the_middle_of_a_release_it_goes_on_from_there(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    live.apply(rollout("v2"), 400)
    told = plan(rollout("v2"))
    assert told["changes"][0]["diff"] == []
    assert (states(told)[0]["seen"], states(told)[0]["new"]) == (20, {"ready": 1, "wanted": 1})
    assert 190 < told["releases"][0]["seconds"] < 300
    assert plan(rollout("v1"))["releases"][0]["outcome"] == "RolledBack"


def test_pods_that_do_not_answer_now_do_not_answer_then(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    live.apply(rollout("crash"), 100)
    told = plan(rollout("crash"), code=1)
    assert told["releases"][0]["outcome"] is None
    assert "0 of 1 pods" in told["releases"][0]["verdict"]


def test_the_first_release_of_all(live: Live, plan: Any) -> None:
    told = plan(rollout("v1"))
    assert told["changes"][0]["diff"] == ["+ it is made"]
    assert told["releases"][0]["outcome"] == "Promoted"
    assert live.model.api.find(live.model.key("Rollout", "web")) is None


def test_nothing_to_do_is_no_failure(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    told = plan(rollout("v1"))
    assert told["changes"][0]["diff"] == told["routes"] == []
    assert told["releases"][0]["verdict"] == "no release begins: the template is the one that runs"


def test_what_the_manifest_leaves_out_is_taken_away_but_for_the_size(live: Live, plan: Any) -> None:
    manifest = rollout("v1", minReadySeconds=1)
    live.apply(manifest)
    live.model.api.merge(live.model.key("Rollout", "web"), {"spec": {"replicas": 7}})
    live.model.run(60)
    scaled = rollout("v2")
    del scaled["spec"]["replicas"]
    told = plan(scaled)
    ((_, asked),) = live.asked
    assert asked["spec"]["minReadySeconds"] is None
    assert "replicas" not in asked["spec"]
    assert states(told)[-1]["new"]["wanted"] == 7


def test_what_is_applied_with_it_counts(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    route = m.route()
    route["spec"]["rules"][0]["backendRefs"][0]["weight"] = 3
    told = plan(rollout("v2"), route)
    changes = {change["kind"]: change["diff"] for change in told["changes"]}
    assert any("weight: 3" in line for line in changes["HTTPRoute"])
    assert told["routes"][-1]["spec"]["rules"][0]["backendRefs"][0]["weight"] == 3


def test_the_content_of_a_secret_is_not_shown(live: Live, plan: Any) -> None:
    live.apply(m.secret("old"))
    live.apply(rollout("v1", versionedConfig=True, container=m.reading("Secret")))
    told = plan(rollout("v2", versionedConfig=True, container=m.reading("Secret")), m.secret("new"), data=False)
    assert "Secret web-config in default" in told
    assert "TOKEN" not in told
    assert "its content changes" in told


def test_config_is_read_only_where_it_is_part_of_a_release(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    plan(rollout("v2"))
    assert not live.read & {"configmaps", "secrets", "deployments"}


def test_a_refusal_names_the_object(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    live.refusal = "the API server refuses it: no"
    with pytest.raises(AssertionError, match="Rollout web: the API server refuses it: no"):
        plan(rollout("v2"))


@pytest.mark.parametrize(("given", "code", "said"), [([m.route()], 2, "no Rollout"), ([], 2, "no Rollout")])
def test_an_input_without_a_rollout(live: Live, plan: Any, given: list[Raw], code: int, said: str) -> None:
    assert said in plan(*given, code=code, data=False)


def test_a_mistake_is_told_as_lint_tells_it(live: Live, plan: Any) -> None:
    assert "from 0 to 100" in plan(rollout("v2", [m.weight(-1)]), code=1, data=False)
    assert live.asked == []


def test_what_people_read(live: Live, plan: Any) -> None:
    live.apply(rollout("v1"))
    said = plan(rollout("v2"), data=False)
    assert said.startswith("Rollout web in default\n")
    assert "HTTPRoute web after 0:00:05" in said
    assert said.endswith("Nothing was written.\n")


def test_the_answer_comes_in_less_than_two_seconds(live: Live, plan: Any) -> None:
    walk = [step for percent in range(10, 101, 10) for step in (m.weight(percent), m.pause("24m"))]
    live.apply(rollout("v1", walk, 50))
    began = time.process_time()
    assert plan(rollout("v2", walk, 50))["releases"][0]["outcome"] == "Promoted"
    assert time.process_time() - began < 2


def test_the_other_rollouts_of_a_namespace_do_not_go_on(live: Live, plan: Any) -> None:
    """A hundred of them would be a hundred releases to follow."""
    live.apply(rollout("v1"))
    live.apply(m.other("d1", [m.weight(50), m.pause()]))
    live.apply(m.other("d1", [], "api", group="shop"))
    stranger = m.other("s1", [m.weight(50), m.pause()], "stranger")
    live.apply(stranger)
    found = live_objects(live, rollout("v2", dependsOn=[{"name": "db"}], group="shop"))
    assert {raw["metadata"]["name"] for raw in found if raw["kind"] == "Rollout"} == {"web", "db", "api"}
    owners = {raw["metadata"]["ownerReferences"][0]["name"] for raw in found if raw["kind"] == "ReplicaSet"}
    assert owners == {"web", "db", "api"}


def live_objects(live: Live, manifest: Raw) -> list[Raw]:
    return read(cast("ApiCluster", live), [m.placed(manifest, "default")])


def test_a_cluster_without_the_gateway_api(live: Live, plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = live.items

    def items(path: str, **query: str) -> list[Raw]:
        if path.endswith("httproutes"):
            raise AbsentError("no such kind")
        return shown(path, **query)

    monkeypatch.setattr(live, "items", items)
    live.apply(m.other("d1", []))
    told = plan(m.other("d2", [m.weight(50), m.pause()]))
    assert told["releases"][0]["outcome"] == "Promoted"


def test_a_cluster_without_our_kinds(live: Live, plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def items(path: str, **_: str) -> list[Raw]:
        raise AbsentError("the cluster does not know the kinds of Tidegate")

    monkeypatch.setattr(live, "items", items)
    assert "does not know" in plan(rollout("v1"), code=1, data=False)
