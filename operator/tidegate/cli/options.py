"""The options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidegate.cli.console import Format

Output = Annotated[Format | None, typer.Option("-o", "--output", help="Print data for a program: json or yaml.")]
Namespace = Annotated[
    str | None, typer.Option("-n", "--namespace", help="Namespace. Left out: that of the kubeconfig's context.")
]
Context = Annotated[str | None, typer.Option("--context", help="Context of the kubeconfig. Left out: the current one.")]
Kubeconfig = Annotated[
    Path | None,
    typer.Option("--kubeconfig", help="Kubeconfig file. Left out: $KUBECONFIG, then ~/.kube/config.", dir_okay=False),
]
