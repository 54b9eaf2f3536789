"""`make bench`: the budgets of API calls, CPU, memory and latency, measured and printed as a table.

Each workload has a cluster and an operator of its own, so that one does not pay for the other's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from dev.cluster import Cluster
from dev.cluster.operator_access import install_operator_access
from dev.operator_process import OperatorProcess
from tests.bench.kube import connect
from tests.bench.measure import Cost, measure

BUDGETS = {
    "canary": {"apiWritesPerRollout": 28, "apiReadsPerRollout": 1, "cpuMsPerRollout": 130},
    "canary-analysis": {"apiWritesPerRollout": 42, "apiReadsPerRollout": 1, "cpuMsPerRollout": 200},
    "blue-green": {"apiWritesPerRollout": 14, "apiReadsPerRollout": 1, "cpuMsPerRollout": 130},
}
BOTH = {"peakMiB": 150, "idleRequestsPerMinute": 0, "abortToZeroMsP50": 200}


async def run(count: int, kind: str) -> Cost:
    """One workload on a cluster of its own."""
    with Cluster(dataplane=True) as cluster:
        install_operator_access(cluster)
        log = cluster.folder / "logs" / "operator.log"
        with OperatorProcess(cluster.operator_kubeconfig, log, ["--allowed-host=127.0.0.1"]) as operator:
            async with connect(cluster) as kube:
                return await measure(cluster, kube, operator, count, kind)


def show(costs: list[Cost]) -> None:
    """The table, with the budget behind each figure."""
    table = Table(title="cost per Rollout of 5 pods; a canary has the steps 20-40-60-80")
    table.add_column("figure")
    for cost in costs:
        table.add_column(f"{cost.workload} (N = {cost.n})", justify="right")
    for name in [*BUDGETS["canary"], *BOTH]:
        cells = [f"{getattr(cost, name)}  (≤ {(BUDGETS[cost.workload] | BOTH)[name]})" for cost in costs]
        table.add_row(name, *cells)
    Console().print(table)


def main() -> None:
    """Measure the workloads; the figures also go to out/bench.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=50, help="number of Rollouts (50)")
    parser.add_argument("--workload", choices=[*BUDGETS], action="append", help="only this one")
    options = parser.parse_args()
    costs = []
    for name in options.workload or BUDGETS:
        print(f"{name}: {options.n} Rollouts", flush=True)
        costs.append(asyncio.run(run(options.n, name)))
    show(costs)
    out = Path("out")
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps([cost.as_dict() for cost in costs], indent=2) + "\n")


if __name__ == "__main__":
    main()
