"""Which address is which pod, and how that pod behaves."""

from __future__ import annotations

from typing import Any

import pytest

from dev.cluster.pods import Addresses, Behaviour, view


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("demo:v2", "v2"),
        ("registry.example.com:5000/team/demo:v2", "v2"),
        ("registry.example.com:5000/team/demo", "latest"),
        ("demo:v2@sha256:0123", "v2"),
    ],
)
def test_the_version_is_the_tag_of_the_image(image: str, version: str) -> None:
    pod = view(_raw(image=image))
    assert pod is not None
    assert pod.behaviour.version == version


def test_the_environment_says_how_the_pod_answers() -> None:
    pod = view(_raw(env={"VERSION": "blue", "ERROR_RATE": "0.2", "LATENCY_MS": "50"}))
    assert pod is not None
    assert pod.behaviour == Behaviour(version="blue", error_rate=0.2, latency=0.05)


def test_a_typo_in_the_environment_does_not_stop_a_pod_from_serving() -> None:
    pod = view(_raw(env={"ERROR_RATE": "20 %"}))
    assert pod is not None
    assert pod.serves
    assert pod.behaviour.error_rate == 0


@pytest.mark.parametrize(
    ("status", "serves"),
    [
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, True),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}, False),
        ({"phase": "Succeeded", "conditions": [{"type": "Ready", "status": "True"}]}, False),
        ({"phase": "Pending"}, False),
    ],
    ids=["ready", "not ready", "ended", "pending"],
)
def test_a_pod_serves_when_it_is_ready(status: dict[str, Any], serves: bool) -> None:
    pod = view(_raw(status={"podIP": "10.0.0.1", **status}))
    assert pod is not None
    assert pod.serves is serves


def test_a_pod_without_an_address_is_none() -> None:
    assert view(_raw(status={"phase": "Pending"})) is None


def test_an_address_with_a_new_owner_keeps_it_when_the_old_one_is_gone() -> None:
    addresses = Addresses()
    old, new = view(_raw(uid="old")), view(_raw(uid="new"))
    assert old is not None
    assert new is not None
    addresses.put(old)
    addresses.put(new)
    addresses.remove(old)
    assert addresses.serving("10.0.0.1") == new


def _raw(
    image: str = "demo:v1",
    env: dict[str, str] | None = None,
    status: dict[str, Any] | None = None,
    uid: str = "one",
) -> dict[str, Any]:
    ready = {"podIP": "10.0.0.1", "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    variables = [{"name": name, "value": value} for name, value in (env or {}).items()]
    return {
        "metadata": {"name": "web-1", "namespace": "demo", "uid": uid},
        "spec": {"containers": [{"name": "app", "image": image, "env": variables}]},
        "status": status or ready,
    }
