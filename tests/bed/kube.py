"""Short forms for what the tests of the bed do with the API server."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from kubernetes import client, config

from dev.cluster import RunningCluster


def api(kubeconfig: Path) -> client.ApiClient:
    """A client logged in as the kubeconfig's user."""
    return config.new_client_from_config(str(kubeconfig))


@contextmanager
def namespace(cluster: RunningCluster) -> Iterator[str]:
    """A namespace that no other test uses; deleted at the end without waiting for it."""
    core = client.CoreV1Api(api(cluster.kubeconfig))
    name = f"bed-{uuid4().hex[:8]}"
    core.create_namespace({"metadata": {"name": name}})
    yield name
    core.delete_namespace(name)


def deployment(name: str, image: str, replicas: int, env: dict[str, str] | None = None) -> dict[str, Any]:
    """A Deployment whose pods carry the label `app: NAME` and serve port 8080."""
    container = {
        "name": "app",
        "image": image,
        "ports": [{"containerPort": 8080}],
        "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
    }
    labels = {"app": name}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def eventually(check: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until `check` is true; fails with `what` when it is not in time."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


def available(cluster: RunningCluster, namespace: str, name: str) -> bool:
    """Whether all replicas of the Deployment are available."""
    apps = client.AppsV1Api(api(cluster.kubeconfig))
    found = apps.read_namespaced_deployment(name, namespace)
    return bool(found.status.available_replicas == found.spec.replicas)


def answers(cluster: RunningCluster, host: str) -> bool:
    """Whether a request through the gateway to this host name gets a 200."""
    request = urllib.request.Request(cluster.gateway_url, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
