"""The examples work as they stand in the repository, on the local cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.e2e.world import App, World, lost_nothing

_CANARY = Path(__file__).resolve().parents[2] / "examples" / "canary"


def test_the_canary_lets_a_good_version_in(world: World) -> None:
    app = _applied(world)
    with app.load(rate=100) as load:
        _release(world, "v2")
        app.until_healthy(200)
    seen = lost_nothing(load)
    assert app.weights()[:4] == [0, 10, 50, 100]
    assert seen.count("v2") > seen.count("v1") * 0.1


def _applied(world: World) -> App:
    world.kubectl("apply", "--kustomize", str(_CANARY))
    app = world.app("web", replicas=5)
    app.host = "web.example.com"
    app.until_healthy(60)
    return app


def _release(world: World, version: str) -> None:
    rollout: dict[str, Any] = yaml.safe_load((_CANARY / "rollout.yaml").read_text())
    rollout["spec"]["template"]["spec"]["containers"][0]["image"] = f"demo:{version}"
    world.kubectl("apply", "-f", "-", text=yaml.safe_dump(rollout))
