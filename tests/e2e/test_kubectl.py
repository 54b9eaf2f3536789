"""`kubectl` does with a Rollout what its users expect of a Deployment."""

from __future__ import annotations

import json

import pytest

from dev.cluster.commands import CommandError
from tests.e2e.manifests import hold
from tests.e2e.world import World


def test_get_wait_and_scale(world: World) -> None:
    app = world.app(replicas=3, steps=hold(50))
    app.set_up()
    world.kubectl("wait", "--for=condition=Ready", "rollout/web", "--timeout=10s")
    row = _row(world)
    assert row["NAME"] == "web"
    assert "Healthy" in row.values()

    world.kubectl("scale", "rollout/web", "--replicas=5")
    world.kubectl("wait", "--for=jsonpath={.status.readyReplicas}=5", "rollout/web", "--timeout=20s")
    scale = json.loads(world.kubectl("get", "rollout", "web", "--subresource=scale", "-o", "json"))
    assert scale["spec"]["replicas"] == scale["status"]["replicas"] == 5
    pods = world.kubectl("get", "pods", f"--selector={scale['status']['selector']}", "-o", "name").split()
    assert len(pods) == 5

    app.replicas = 5
    app.release("v2")
    app.until(lambda status: status["phase"] == "Paused", "it holds at 50 %")
    assert "Paused" in _row(world).values()
    with pytest.raises(CommandError, match="timed out waiting"):
        world.kubectl("wait", "--for=condition=Ready", "rollout/web", "--timeout=1s")
    world.tidegate("promote", "web")
    world.kubectl("wait", "--for=condition=Ready", "rollout/web", "--timeout=30s")
    described = world.kubectl("describe", "rollout", "web")
    assert "ReleaseCompleted" in described


def test_the_same_manifest_again_changes_nothing(world: World) -> None:
    """What a GitOps controller does all the time, in mid-release too."""
    app = world.app(steps=hold(50))
    app.set_up()
    app.release("v2")
    app.until(lambda status: status["phase"] == "Paused", "it holds at 50 %")
    generation = app.rollout["metadata"]["generation"]
    app.release("v2")
    assert app.rollout["metadata"]["generation"] == generation
    assert app.status["phase"] == "Paused"
    assert app.weights() == [0, 50]


def _row(world: World) -> dict[str, str]:
    """The line of `kubectl get rollout`, by heading."""
    headings, line = world.kubectl("get", "rollout", "web").splitlines()
    return dict(zip(headings.split(), line.split(), strict=False))
