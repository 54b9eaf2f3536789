"""What one workload costs: API calls from the audit log, CPU and memory from the kernel, latency from a watch."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dev.cluster import RunningCluster, credentials
from dev.operator_process import OperatorProcess
from tests.bench import workload
from tests.bench.kube import Kube, in_parallel

ROLLOUTS = f"/apis/tidegate.dev/v1alpha1/namespaces/{workload.NAMESPACE}/rollouts"
SERVICES = f"/api/v1/namespaces/{workload.NAMESPACE}/services"
ROUTES = f"/apis/gateway.networking.k8s.io/v1/namespaces/{workload.NAMESPACE}/httproutes"
REPLICASETS = f"/apis/apps/v1/namespaces/{workload.NAMESPACE}/replicasets"
IDLE_SECONDS = 60
ABORTS = 15


@dataclass(frozen=True, slots=True)
class Cost:
    """One row of the table; the names are those of `out/bench.json`."""

    workload: str
    n: int
    apiWritesPerRollout: float  # noqa: N815
    apiReadsPerRollout: float  # noqa: N815
    cpuMsPerRollout: float  # noqa: N815
    peakMiB: float  # noqa: N815
    idleRequestsPerMinute: float  # noqa: N815
    abortToZeroMsP50: float  # noqa: N815

    def as_dict(self) -> dict[str, Any]:
        """For the JSON file."""
        return asdict(self)


async def measure(cluster: RunningCluster, kube: Kube, operator: OperatorProcess, count: int, kind: str) -> Cost:
    """Install N Rollouts, release a new image on all at once, rest, abort some; say what each of it cost."""
    await _install(cluster, kube, count, kind)
    await kube.wait_all(ROLLOUTS, healthy("1"), "healthy on the first version", 240)
    await _rest(cluster)
    cpu, mark = cpu_seconds(operator.pid), cluster.audit.mark()
    await in_parallel(kube.patch(f"{ROLLOUTS}/{name}", workload.image("2")) for name in workload.names(count))
    await kube.wait_all(ROLLOUTS, healthy("2"), "healthy on the second version", 400)
    await kube.wait_all(REPLICASETS, _at_rest, "at its last size", 120)
    await _rest(cluster)
    calls, spent = cluster.audit.calls(mark, workload.NAMESPACE), cpu_seconds(operator.pid) - cpu
    _show(calls, count)
    idle = await _idle(cluster)
    go_back = _back if kind == "blue-green" else _abort
    aborts = [await go_back(kube, name) for name in workload.names(min(ABORTS, count))]
    return Cost(
        workload=kind,
        n=count,
        apiWritesPerRollout=round(calls.writes / count, 1),
        apiReadsPerRollout=round(calls.reads / count, 2),
        cpuMsPerRollout=round(1000 * spent / count),
        peakMiB=round(peak_mib(operator.pid)),
        idleRequestsPerMinute=idle,
        abortToZeroMsP50=round(statistics.median(aborts), 1),
    )


async def _install(cluster: RunningCluster, kube: Kube, count: int, kind: str) -> None:
    await kube.create("/api/v1/namespaces", {"metadata": {"name": workload.NAMESPACE}})
    await kube.create(*workload.template(cluster.prometheus_url))
    for name in workload.names(count):
        for collection, body in workload.objects(name, kind):
            await kube.create(collection, body)


def healthy(version: str) -> Any:
    """Whether a Rollout says of this image that it has all the traffic."""

    def check(rollout: dict[str, Any]) -> bool:
        status = rollout.get("status", {})
        history = status.get("history") or [{}]
        ended = history[-1].get("images") == [f"app:{version}"] and "finishedAt" in history[-1]
        return ended and status.get("phase") == "Healthy"

    return check


def _at_rest(replicaset: dict[str, Any]) -> bool:
    """An old ReplicaSet is at 0 when it has no pods; the serving one has five."""
    return replicaset["status"].get("replicas", 0) in (0, 5) and _new_or_empty(replicaset)


def _new_or_empty(replicaset: dict[str, Any]) -> bool:
    newest = replicaset["spec"]["template"]["spec"]["containers"][0]["image"] == "app:2"
    return newest or replicaset["status"].get("replicas", 0) == 0


async def _rest(cluster: RunningCluster, quiet: float = 4, most: float = 90) -> None:
    """Wait until the operator has sent nothing for a while: late counters and Events belong to what was before."""
    deadline = time.monotonic() + most
    while time.monotonic() < deadline:
        mark = cluster.audit.mark()
        await asyncio.sleep(quiet)
        calls = cluster.audit.calls(mark)
        if not calls.writes + calls.reads:
            return
    raise TimeoutError(f"the operator does not come to rest within {most:.0f} s: {dict(calls)}")


async def _idle(cluster: RunningCluster) -> float:
    mark = cluster.audit.mark()
    await asyncio.sleep(IDLE_SECONDS)
    calls = cluster.audit.calls(mark)
    return round((calls.writes + calls.reads) * 60 / IDLE_SECONDS, 1)


async def _abort(kube: Kube, name: str) -> float:
    """Milliseconds from the request to weight 0 in the route, on a release that is at its first step."""
    await kube.patch(f"{ROLLOUTS}/{name}", workload.image("3"))
    began: float | None = None
    async for route in kube.watch(ROUTES, name):
        weights = {ref["name"]: ref.get("weight", 1) for ref in route["spec"]["rules"][0]["backendRefs"]}
        if began is None and weights[f"{name}-canary"]:
            began = await _request_abort(kube, name)
        elif began is not None and not weights[f"{name}-canary"]:
            return 1000 * (time.monotonic() - began)
    raise RuntimeError(f"the watch of HTTPRoute {name} ended")


async def _back(kube: Kube, name: str) -> float:
    """Milliseconds from the old template, just after a promotion, to the active Service on the old version."""
    active: str | None = None
    began: float | None = None
    await kube.patch(f"{ROLLOUTS}/{name}", workload.image("3"))
    async for service in kube.watch(SERVICES, f"{name}-stable"):
        leads_to = service["spec"]["selector"]["tidegate.dev/pod-template-hash"]
        active = active or leads_to
        if began is None and leads_to != active:
            await _until_healthy(kube, name, "3")
            began = time.monotonic()
            await kube.patch(f"{ROLLOUTS}/{name}", workload.image("2"))
        elif began is not None and leads_to == active:
            return 1000 * (time.monotonic() - began)
    raise RuntimeError(f"the watch of Service {name}-stable ended")


async def _until_healthy(kube: Kube, name: str, version: str) -> None:
    good = healthy(version)
    async for rollout in kube.watch(ROLLOUTS, name):
        if good(rollout):
            return


async def _request_abort(kube: Kube, name: str) -> float:
    rollout = await kube.get(f"{ROLLOUTS}/{name}")
    request = {"id": f"abort-{name}", "action": "abort", "revision": rollout["status"]["currentRevision"]}
    annotations = {"tidegate.dev/request": json.dumps(request), "tidegate.dev/requested-by": credentials.ADMIN}
    began = time.monotonic()
    await kube.patch(f"{ROLLOUTS}/{name}", {"metadata": {"annotations": annotations}})
    return began


def cpu_seconds(pid: int) -> float:
    """CPU time that the process has used, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int) -> float:
    """The greatest resident memory of the process."""
    line = next(ln for ln in Path(f"/proc/{pid}/status").read_text().splitlines() if ln.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _show(calls: Any, count: int) -> None:
    for call, times in sorted(calls.items(), key=lambda item: -item[1]):
        print(f"  {times / count:6.2f} a Rollout  {call.verb} {call.resource} {call.subresource}", flush=True)
