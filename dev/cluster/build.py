"""Builds the tools that are not on the machine, each from its Go module, once, with progress on stderr.

A tool is built as a dependency of a throw-away module: `go install pkg@version` refuses modules that carry
`replace` lines, as those of Kubernetes and etcd do.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from dev.cluster import cache, golang
from dev.cluster.progress import Progress
from dev.cluster.tools import Tool, built_path, find


class BuildError(RuntimeError):
    """A tool could not be built. The message names the tool, the command's last lines and its log file."""


def ensure(tools: Iterable[Tool]) -> dict[str, Path]:
    """The path of each tool by its name; those that are missing are built first.

    Raises BuildError, or golang.NoGoError where there is no Go and none can be had.
    """
    wanted = tuple(tools)
    if any(find(tool) is None for tool in wanted):
        with cache.lock("build", waiting=lambda: say("another process is building the tools; waiting for it")):
            _build_missing([tool for tool in wanted if find(tool) is None])
    return {tool.name: _found(tool) for tool in wanted}


def _found(tool: Tool) -> Path:
    path = find(tool)
    if path is None:
        raise BuildError(f"{tool.name} {tool.version} was built but is gone from {built_path(tool)}: start again")
    return path


def _build_missing(missing: list[Tool]) -> None:
    if not missing:
        return
    go = golang.find_go()
    minutes = sum(tool.minutes for tool in missing)
    names = ", ".join(tool.name for tool in missing)
    say(f"building once, in about {minutes:.0f} min on 2 cores: {names}")
    started = time.monotonic()
    for number, tool in enumerate(missing, start=1):
        _build(go, tool, f"[{number}/{len(missing)}] {tool.name} {tool.version}")
    say(f"built {names} in {(time.monotonic() - started) / 60:.1f} minutes, into {cache.folder() / 'bin'}")


def _build(go: Path, tool: Tool, label: str) -> None:
    module = cache.folder() / "build" / tool.module.replace("/", "_")
    target = built_path(tool)
    for path in (module, target.parent):
        path.mkdir(parents=True, exist_ok=True)
    log = module / f"{tool.name}.log"
    with log.open("w") as output, Progress(label, about_minutes=tool.minutes) as progress:
        (module / "go.mod").write_text(_go_mod(go, tool, module))
        progress.step("fetching modules")
        _run([str(go), "get", f"{tool.package}@{tool.version}"], module, output, tool)
        progress.step("compiling")
        fresh = target.with_suffix(".new")
        ldflags = f"-s -w {tool.ldflags}"
        command = [str(go), "build", "-trimpath", "-ldflags", ldflags, "-o", str(fresh), tool.package]
        _run(command, module, output, tool)
        fresh.rename(target)


def _go_mod(go: Path, tool: Tool, module: Path) -> str:
    """A module file with `replace M => M v0.37.x` for the parts of Kubernetes that it requires at v0.0.0."""
    head = f"module tidegate.local/build\n\ngo {golang.version(go)}\n"
    info = json.loads(_capture([str(go), "mod", "download", "-json", f"{tool.module}@{tool.version}"], module, tool))
    staged = re.findall(r"^\s*(\S+) v0\.0\.0$", Path(info["GoMod"]).read_text(), re.MULTILINE)
    version = re.sub(r"^v1\.", "v0.", tool.version)
    return head + "".join(f"replace {name} => {name} {version}\n" for name in staged)


def _capture(command: list[str], folder: Path, tool: Tool) -> str:
    done = subprocess.run(command, cwd=folder, env=golang.environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{tool.name} {tool.version}: `{' '.join(command)}` failed: {done.stderr or done.stdout}")
    return done.stdout


def _run(command: list[str], folder: Path, output: IO[str], tool: Tool) -> None:
    done = subprocess.run(command, cwd=folder, env=golang.environment(), stdout=output, stderr=output, check=False)
    if done.returncode == 0:
        return
    output.flush()
    tail = "\n".join(Path(output.name).read_text().splitlines()[-15:])
    raise BuildError(f"{tool.name} {tool.version}: `{' '.join(command)}` failed:\n{tail}\n(all of it: {output.name})")


def say(text: str) -> None:
    """One line of progress on stderr."""
    print(f"cluster: {text}", file=sys.stderr, flush=True)
