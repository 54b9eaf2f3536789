"""Starts the gateway: Contour, which follows the routes, and Envoy, which carries the requests."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

from dev.cluster import credentials, inside
from dev.cluster.processes import Processes, StartError
from dev.cluster.spec import Spec

_CONFIG = Path(__file__).parent / "objects" / "contour.yaml"
# What these informers wait for is not in the standard channel of Gateway API.
_OFF = ("tlsroutes", "tcproutes", "backendtlspolicies", "extensionservices")
_XDS = ("--xds-address=127.0.0.1", f"--xds-port={inside.XDS}")


async def start_envoy(spec: Spec, processes: Processes) -> None:
    """Start Envoy, which waits for Contour to tell it what to do. Raises StartError."""
    # Relative to the folder where all work: the whole path may be too long for a socket.
    admin = f"--admin-address={inside.ENVOY_ADMIN_SOCKET}"
    await _bootstrap(spec.tools["contour"], admin)
    await processes.start(
        "envoy",
        spec.tools["envoy"],
        "--config-path",
        "envoy.json",
        "--service-cluster",
        "contour",
        "--service-node",
        "envoy",
        # It would share memory, and through it the port, with the Envoy of another cluster.
        "--disable-hot-restart",
        "--concurrency",
        "2",
        "--log-level",
        "warning",
    )


async def start_contour(spec: Spec, processes: Processes) -> None:
    """Start Contour, once the CRDs and the Gateway are there: it ends where it misses one."""
    kubeconfig = spec.path / "kubeconfig-inside"
    url = f"https://127.0.0.1:{inside.API}"
    admin = credentials.ADMIN
    credentials.write_kubeconfig(kubeconfig, url, spec.path / "ca.pem", admin, spec.tokens[admin])
    await processes.start("contour", spec.tools["contour"], "serve", *_flags(kubeconfig))


async def _bootstrap(contour: str, admin: str) -> None:
    child = await asyncio.create_subprocess_exec(
        contour, "bootstrap", "envoy.json", *_XDS, admin, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await child.communicate()
    if child.returncode != 0:
        raise StartError(f"`contour bootstrap` failed: {said.decode(errors='replace')[-500:]}")


def _flags(kubeconfig: Path) -> list[str]:
    values = {
        "config-path": _CONFIG,
        "kubeconfig": kubeconfig,
        "kubernetes-client-qps": 200,
        "kubernetes-client-burst": 400,
        "http-address": "127.0.0.1",
        "http-port": inside.CONTOUR_METRICS,
        "health-address": "127.0.0.1",
        "health-port": inside.CONTOUR_HEALTH,
        "debug-http-port": inside.CONTOUR_DEBUG,
        "stats-address": "127.0.0.1",
        "stats-port": inside.ENVOY_STATS,
        "envoy-service-http-address": "127.0.0.1",
    }
    switches = ["--insecure", "--disable-leader-election", *(f"--disable-feature={name}" for name in _OFF)]
    return [*_XDS, *switches, *(f"--{name}={value}" for name, value in values.items())]
