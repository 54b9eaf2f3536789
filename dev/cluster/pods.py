"""What the data plane knows of pods: which address is which pod, and how that pod behaves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dev.cluster import inside

_HASH_LABEL = "tidegate.dev/pod-template-hash"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a pod answers: with its version, after `latency` seconds, `error_rate` (0 to 1) of the times with a 500."""

    version: str
    error_rate: float
    latency: float


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod with an address. It serves when it is ready, until it is gone; a preStop sleep keeps it serving."""

    uid: str
    ip: str
    namespace: str
    name: str
    app: str
    template_hash: str
    behaviour: Behaviour
    ports: tuple[int, ...]
    serves: bool


def view(raw: Mapping[str, Any]) -> Pod | None:
    """A pod as the API server has it, None while it has no address."""
    meta, spec, status = raw["metadata"], raw["spec"], raw.get("status", {})
    if "podIP" not in status:
        return None
    labels = meta.get("labels", {})
    return Pod(
        uid=meta["uid"],
        ip=status["podIP"],
        namespace=meta["namespace"],
        name=meta["name"],
        app=labels.get("app", ""),
        template_hash=labels.get(_HASH_LABEL, ""),
        behaviour=_behaviour(spec["containers"][0]),
        ports=_ports(spec["containers"]),
        serves=status.get("phase") == "Running" and _is_ready(status),
    )


class Addresses:
    """Which pod has which address now."""

    def __init__(self) -> None:
        self._by_ip: dict[str, Pod] = {}

    def serving(self, ip: str) -> Pod | None:
        """The pod at the address, None when there is none or it does not serve."""
        pod = self._by_ip.get(ip)
        return pod if pod and pod.serves else None

    def all_serving(self) -> list[Pod]:
        """Every pod that serves."""
        return [pod for pod in self._by_ip.values() if pod.serves]

    def put(self, pod: Pod) -> None:
        """The pod as it is now."""
        self._by_ip[pod.ip] = pod

    def remove(self, pod: Pod) -> None:
        """The pod is gone. Its address may have a new owner already, who keeps it."""
        owner = self._by_ip.get(pod.ip)
        if owner and owner.uid == pod.uid:
            del self._by_ip[pod.ip]

    def replace(self, pods: Iterable[Pod]) -> None:
        """All pods that there are, after a list."""
        self._by_ip = {pod.ip: pod for pod in pods}


def _behaviour(container: Mapping[str, Any]) -> Behaviour:
    env = {entry["name"]: entry.get("value", "") for entry in container.get("env", ())}
    return Behaviour(
        version=env.get("VERSION") or _tag(container["image"]),
        error_rate=_number(env.get("ERROR_RATE")),
        latency=_number(env.get("LATENCY_MS")) / 1000,
    )


def _tag(image: str) -> str:
    name = image.rsplit("/", 1)[-1]
    return name.split("@")[0].partition(":")[2] or "latest"


def _number(text: str | None) -> float:
    """The value of an environment variable; a pod with a typo in it serves as one without it."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _ports(containers: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    declared = [port["containerPort"] for container in containers for port in container.get("ports", ())]
    return tuple(declared) or (inside.POD_DEFAULT,)


def _is_ready(status: Mapping[str, Any]) -> bool:
    conditions = status.get("conditions") or ()
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
