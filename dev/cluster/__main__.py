"""`python -m dev.cluster COMMAND`: the local cluster by hand."""

from __future__ import annotations

import argparse
import signal
import sys
import time

from dev.cluster import build, fetch, golang, inside, local
from dev.cluster.cluster import Cluster, RunningCluster
from dev.cluster.load import LoadError
from dev.cluster.load_result import LoadResult
from dev.cluster.processes import StartError
from dev.cluster.tools import BUILT


def main() -> int:
    """Run one command; 1 and a message on stderr when it fails."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        arguments.run(arguments)
    except (StartError, LoadError, ValueError, build.BuildError, golang.NoGoError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.cluster", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("build", help="build and fetch every tool that is missing").set_defaults(run=_build)
    up = commands.add_parser("up", help="start a cluster; it ends with Ctrl-C")
    up.add_argument("--detach", action="store_true", help="leave it running, until `down`")
    up.set_defaults(run=_up)
    load = commands.add_parser("load", help="send traffic through the gateway of the cluster left running")
    load.add_argument("--host", required=True, help="the host name that a route has")
    load.add_argument("--rate", type=float, default=50, help="requests a second (50)")
    load.add_argument("--seconds", type=float, default=60, help="how long at most (60)")
    load.set_defaults(run=_load)
    commands.add_parser("down", help="end the cluster that was left running").set_defaults(run=_down)
    return parser


def _build(_: argparse.Namespace) -> None:
    paths = {**build.ensure(BUILT), "prometheus": fetch.prometheus()}
    fetch.gateway_crds()
    for name, path in paths.items():
        print(f"{name:24} {path}")


def _up(arguments: argparse.Namespace) -> None:
    if arguments.detach:
        _describe(local.up(), end="make cluster-down")
        return
    with Cluster(dataplane=True) as cluster:
        _describe(cluster, end="Ctrl-C")
        signal.pause()


def _load(arguments: argparse.Namespace) -> None:
    with local.running().load(arguments.host, arguments.rate, seconds=arguments.seconds) as load:
        try:
            while not load.is_over():
                time.sleep(1)
                _tell(load.snapshot())
        except KeyboardInterrupt:
            _tell(load.stop())


def _tell(seen: LoadResult) -> None:
    versions = "  ".join(
        f"{name or 'gateway'}: {version.answered} answered, {version.failed} failed"
        for name, version in sorted(seen.versions.items())
    )
    print(f"sent {seen.sent}, failed {seen.failed}  |  {versions}", flush=True)


def _down(_: argparse.Namespace) -> None:
    print("The cluster is gone." if local.down() else "No cluster was running.")


def _describe(cluster: RunningCluster, end: str) -> None:
    parent = f"{{name: {inside.GATEWAY_NAME}, namespace: {inside.GATEWAY_NAMESPACE}}}"
    print(f"export KUBECONFIG={cluster.kubeconfig}\n")
    print(f"Gateway      {cluster.gateway_url}   in an HTTPRoute: parentRefs: [{parent}]")
    print(f"  one request     curl -H 'Host: demo.example.com' {cluster.gateway_url}")
    print("  a load          .venv/bin/python -m dev.cluster load --host demo.example.com --rate 100")
    print(f"Prometheus   {cluster.prometheus_url}")
    print(f"Logs         {cluster.folder}/logs")
    print(f"To end it    {end}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
