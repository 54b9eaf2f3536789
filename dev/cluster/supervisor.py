"""The first process of a cluster's process namespace: starts everything, and ends it with its starter.

Run as `python -m dev.cluster.supervisor FOLDER`. It writes one JSON line, `{"up": {}}` with the ports on the
host or `{"failed": "why"}`. Where its lifetime is the starter's, the end of its input is the order to stop:
that comes too when the starter is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from dev.cluster import api, control_plane, credentials
from dev.cluster.crossing import DataPlane
from dev.cluster.processes import Processes, StartError
from dev.cluster.spec import Lifetime, Spec


def main() -> None:
    """Run the cluster of the folder named on the command line until its end, then remove the folder."""
    if os.getpid() != 1:
        # The end below is a signal to every process in sight: in any other place that would be everybody's.
        sys.exit("the supervisor must be the first process of its own process namespace")
    folder = Path(sys.argv[1])
    os.chdir(folder)
    try:
        asyncio.run(_run(Spec.read(folder)))
    finally:
        _end_all(folder)


async def _run(spec: Spec) -> None:
    with contextlib.suppress(BrokenPipeError):
        try:
            up = await _start(spec)
        except (StartError, api.ApiError) as error:
            _say({"failed": str(error)})
        except Exception:
            _say({"failed": traceback.format_exc()})
        else:
            _say({"up": up})
        await _until_told(spec.lifetime)


async def _start(spec: Spec) -> dict[str, int]:
    token = spec.tokens[credentials.ADMIN]
    processes = Processes(spec.path / "logs")
    async with api.connect(spec.url, spec.path / "ca.pem", token) as admin:
        control = control_plane.start(spec, processes, admin)
        if spec.dataplane:
            plane, _ = await asyncio.gather(DataPlane.start(spec, processes), control)
            ports = await plane.finish(admin)
        else:
            await control
            ports = {}
    processes.finish_start()
    return ports


async def _until_told(lifetime: Lifetime) -> None:
    told = asyncio.Event()
    if lifetime is Lifetime.STARTER:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), told.set)
    await told.wait()


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def _end_all(folder: Path) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    os.chdir("/")
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
