"""The arguments and options that commands share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from tidegate.api.meta import parse_duration
from tidegate.cli.completion import rollouts
from tidegate.cli.console import Format


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Rollout = Annotated[str, typer.Argument(help="Name of the Rollout.", autocompletion=rollouts)]
OptionalRollout = Annotated[str | None, typer.Argument(help="Name of the Rollout.", autocompletion=rollouts)]
Output = Annotated[Format | None, typer.Option("-o", "--output", help="Print data for a program: json or yaml.")]
Namespace = Annotated[
    str | None, typer.Option("-n", "--namespace", help="Namespace. Left out: that of the kubeconfig's context.")
]
Context = Annotated[str | None, typer.Option("--context", help="Context of the kubeconfig. Left out: the current one.")]
Kubeconfig = Annotated[
    Path | None,
    typer.Option("--kubeconfig", help="Kubeconfig file. Left out: $KUBECONFIG, then ~/.kube/config.", dir_okay=False),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the request and told in its Event.")]
Timeout = Annotated[
    timedelta | None,
    typer.Option("--timeout", parser=_duration, metavar="DURATION", help="How long to wait at most: 30s, 10m."),
]
