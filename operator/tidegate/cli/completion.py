"""What the shell completes: names of Rollouts."""

from __future__ import annotations

from pathlib import Path

import typer

from tidegate.cli import cluster
from tidegate.cli.errors import CommandError


def rollouts(context: typer.Context, incomplete: str) -> list[str]:
    """The names that begin like this; none when the cluster can't be asked, since a shell has no place for errors."""
    given = context.params
    kubeconfig = Path(given["kubeconfig"]) if given.get("kubeconfig") else None
    try:
        api = cluster.connect(kubeconfig, given.get("context"), given.get("namespace"))
        found = api.items(cluster.objects("rollouts", api.namespace))
    except CommandError:
        return []
    names = [str(each["metadata"]["name"]) for each in found]
    return [name for name in names if name.startswith(incomplete)]
