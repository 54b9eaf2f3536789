"""The examples work as they stand in the repository, on the local cluster."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.cluster import RunningCluster
from dev.kube import POD, ROLLOUT
from dev.probe import await_answer
from tests.e2e.world import UP_SECONDS, App, World, lost_nothing, world_on

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_CANARY = _EXAMPLES / "canary"


@pytest.fixture(autouse=True)
def _one_at_a_time(bed: RunningCluster) -> Iterator[None]:
    """All examples answer to one host name, and a gateway takes but one route of it: whichever worker runs them."""
    with (Path(bed.folder) / "examples.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_the_canary_lets_a_good_version_in(world: World) -> None:
    app = _applied(world)
    with app.load(rate=100) as load:
        _release(world, "v2")
        app.until_healthy(200)
    seen = lost_nothing(load)
    # The old version lingers, so that the stable Service is switched at once: the weight never needs to be 100 %.
    assert app.weights() == [0, 10, 50, 0]
    assert seen.count("v2") > seen.count("v1") * 0.1


def test_the_environment_in_git_comes_up(bed: RunningCluster, tmp_path: Path) -> None:
    with world_on(bed, tmp_path, "shop") as world:
        environment = world.kubectl("kustomize", str(_EXAMPLES / "gitops" / "shop"))
        world.kubectl("apply", "-f", "-", text=environment)
        app = world.app("web", replicas=5)
        app.until_healthy(60)
        assert [p["spec"]["containers"][0]["image"] for p in world.seen.all_of(POD)] == ["demo:v2"] * 5
        generation = app.rollout["metadata"]["generation"]
        world.kubectl("apply", "-f", "-", text=environment)
        assert app.rollout["metadata"]["generation"] == generation


def _applied(world: World) -> App:
    world.kubectl("apply", "--kustomize", str(_CANARY))
    app = world.app("web", replicas=5)
    app.host = "web.example.com"
    app.until_healthy(60)
    await_answer(world.bed.gateway_url, app.host, UP_SECONDS)
    return app


def _release(world: World, version: str) -> None:
    rollout: dict[str, Any] = yaml.safe_load((_CANARY / "rollout.yaml").read_text())
    rollout["spec"]["template"]["spec"]["containers"][0]["image"] = f"demo:{version}"
    world.kubectl("apply", "-f", "-", text=yaml.safe_dump(rollout))

    def changed() -> bool:
        found = world.seen.get(ROLLOUT, "web") or {}
        return bool(found and found["spec"]["template"] == rollout["spec"]["template"])

    # Else the version before, which is Healthy, would be taken for this one.
    world.seen.wait(changed, f"{version} is seen", UP_SECONDS)
