"""`tidegate plan` tells what a real cluster does then, and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dev.cluster.commands import CommandError
from tests.e2e import manifests
from tests.e2e.world import App, World, canary_weight

STEPS = [{"setWeight": 20}, {"pause": {"duration": "1s"}}, {"setWeight": 60}, {"pause": {}}]
KINDS = "rollouts,trafficsplits,analysisruns,httproutes,replicasets,services,pods,endpointslices"


def written(app: App, folder: Path, version: str, **canary: Any) -> str:
    """A file with the manifest of a version, as its author has it."""
    spec = {"replicas": app.replicas, **app.spec}
    manifest = manifests.rollout(app.name, version, 0.0, spec, {**app.canary, **canary})
    (folder / f"{version}.json").write_text(json.dumps(manifest))
    return str(folder / f"{version}.json")


def versions(world: World) -> dict[str, str]:
    """What the API server counts with every write, of all objects of the namespace."""
    found = json.loads(world.kubectl("get", KINDS, "-o", "json"))["items"]
    return {f"{raw['kind']} {raw['metadata']['name']}": raw["metadata"]["resourceVersion"] for raw in found}


def sizes(told: Any) -> list[tuple[int, int]]:
    """The pods of both versions that are asked for, one after the other."""
    rows = [row for row in told["timeline"] if row["kind"] == "State"]
    pairs = [(row["new"]["wanted"], row["old"]["wanted"]) for row in rows]
    return [pair for before, pair in zip([None, *pairs], pairs, strict=False) if pair != before]


def test_a_release_is_told_before_it_happens(world: World, tmp_path: Path) -> None:
    app = world.app(replicas=5, steps=STEPS)
    app.set_up()
    file, before = written(app, tmp_path, "v2"), versions(world)
    plan = json.loads(world.tidegate("plan", file, "-o", "json"))
    assert versions(world) == before

    (changed,) = plan["changes"]
    assert any(line.startswith("-") and "v1" in line for line in changed["diff"])
    assert any(line.startswith("+") and "v2" in line for line in changed["diff"])
    (release,) = plan["releases"]
    assert release["outcome"] == "Promoted"
    weights = [canary_weight(route) for route in plan["routes"]]

    app.release("v2")
    app.until(lambda status: status["phase"] == "Paused" and status["currentStepIndex"] == 3, "it holds at 60 %")
    world.tidegate("promote", app.name)
    app.until_healthy()
    assert app.weights()[1:] == weights
    assert sizes(release)[:4] == [(0, 5), (1, 5), (3, 5), (5, 5)]


def test_in_the_middle_of_a_release(world: World, tmp_path: Path) -> None:
    app = world.app(replicas=5, steps=STEPS)
    app.set_up()
    app.release("v2")
    app.until(lambda status: status["phase"] == "Paused" and status["currentStepIndex"] == 3, "it holds at 60 %")

    # The same manifest: the release goes on from where it is.
    same = json.loads(world.tidegate("plan", written(app, tmp_path, "v2"), "-o", "json"))
    assert same["changes"][0]["diff"] == []
    assert same["releases"][0]["outcome"] == "Promoted"
    assert sizes(same["releases"][0])[0] == (3, 5)
    # The version before: it is taken back, and no step is taken.
    back = json.loads(world.tidegate("plan", written(app, tmp_path, "v1"), "-o", "json"))
    assert back["releases"][0]["outcome"] == "RolledBack"
    assert [canary_weight(route) for route in back["routes"]] == [0]


def test_what_the_api_server_refuses_is_told(world: World, tmp_path: Path) -> None:
    app = world.app(replicas=2, steps=STEPS)
    app.set_up()
    manifest = json.loads(Path(written(app, tmp_path, "v2")).read_text())
    manifest["spec"]["selector"] = {"matchLabels": {"app": "another"}}
    manifest["spec"]["template"]["metadata"]["labels"] = {"app": "another"}
    (tmp_path / "other.json").write_text(json.dumps(manifest))
    with pytest.raises(CommandError, match="selector"):
        world.tidegate("plan", str(tmp_path / "other.json"))


def test_what_people_read(world: World, tmp_path: Path) -> None:
    app = world.app(replicas=2, steps=[{"setWeight": 50}])
    app.set_up()
    said = world.tidegate("plan", written(app, tmp_path, "v2"))
    assert f"Rollout {app.name} in {world.namespace}" in said
    assert "WHAT HAPPENS" in said
    assert f"HTTPRoute {app.name} after 0:00:" in said
    assert "+    weight: 50" in said
    assert said.rstrip().endswith("Nothing was written.")
    nothing = world.tidegate("plan", written(app, tmp_path, "v1"))
    assert f"Rollout {app.name} in {world.namespace}: stays as it is" in nothing
    assert "no release begins: the template is the one that runs" in nothing
