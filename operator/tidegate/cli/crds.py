"""`tidegate crds`: the CustomResourceDefinitions, rendered from the models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tidegate.api import crd
from tidegate.cli import console

CHART = Path("charts/tidegate/templates/crds")


def command(
    write: Annotated[
        bool, typer.Option("--write", help="Write crds/ and the chart's copies below the current folder instead.")
    ] = False,
) -> None:
    """Print the CustomResourceDefinitions, ready for `kubectl apply --server-side -f -`."""
    if not write:
        sys.stdout.write("---\n" + "---\n".join(crd.files().values()))
        return
    _write(Path("crds"), crd.files())
    if CHART.parent.is_dir():
        _write(CHART, crd.chart_files())


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    console.say(f"{len(files)} files in {folder}")
