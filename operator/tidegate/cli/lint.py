"""`tidegate lint`: everything that the API server and the operator would refuse, offline."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tidegate.cli import console, options
from tidegate.cli.errors import CommandError, Exit
from tidegate.cli.linting.documents import Document
from tidegate.cli.linting.finding import Finding
from tidegate.cli.linting.run import Result, lint

STDIN = "-"


def command(
    files: Annotated[list[str], typer.Argument(help="Manifests, folders of them, or - for standard input.")],
    output: options.Output = None,
) -> None:
    """Find everything that the API server and the operator would refuse, without either of them.

    Services, HTTPRoutes and templates that are named are looked for in the same input, in namespaces where it holds
    some of their kind. Other kinds are left aside, so that the output of kustomize and helm can be piped in:

    kustomize build . | tidegate lint -
    """
    result = lint(read_files(files))
    if output:
        console.data([_data(finding) for finding in result.findings], output)
    else:
        _print(result)
    if result.findings:
        raise typer.Exit(Exit.FAILED)


def sound(files: list[str]) -> tuple[Document, ...]:
    """The objects of files in which nothing is wrong, for commands that go on with them. Raises CommandError, and
    Exit when something is: by then it is told."""
    result = lint(read_files(files))
    if result.findings:
        tell(result.findings, console.err())
        raise typer.Exit(Exit.FAILED)
    return tuple(result.documents)


def read_files(files: list[str]) -> dict[str, str]:
    """The texts by their source: of files, of all manifests in folders, of standard input. Raises CommandError."""
    return {name: text for file in files for name, text in _read(file).items()}


def _read(file: str) -> dict[str, str]:
    if file == STDIN:
        return {"<stdin>": sys.stdin.read()}
    path = Path(file)
    paths = sorted(p for p in path.rglob("*") if p.suffix in {".yaml", ".yml", ".json"}) if path.is_dir() else [path]
    try:
        return {str(each): each.read_text(encoding="utf-8") for each in paths}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise CommandError(f"can't read {file}: {reason}", Exit.USAGE) from None


def _print(result: Result) -> None:
    screen = console.out()
    tell(result.findings, screen)
    what = f"{result.checked} {'object' if result.checked == 1 else 'objects'} checked"
    if result.findings:
        count = len(result.findings)
        console.err().print(Text(f"{what}, {count} {'mistake' if count == 1 else 'mistakes'} found", style="bold red"))
    else:
        screen.print(Text(f"{what}, no mistake found", style="green"))


def tell(findings: Iterable[Finding], screen: Console) -> None:
    """A line for each mistake."""
    for finding in findings:
        screen.print(_line(finding), soft_wrap=True)


def _line(finding: Finding) -> Text:
    place, _, rest = finding.text.partition(": ")
    return Text.assemble((console.clean(place), "bold"), ": ", console.clean(rest))


def _data(finding: Finding) -> dict[str, object]:
    return {
        "file": finding.source,
        "line": finding.line,
        "kind": finding.kind,
        "name": finding.name,
        "field": finding.field,
        "message": finding.says,
    }
