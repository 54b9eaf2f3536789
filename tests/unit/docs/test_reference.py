"""The pages about fields and commands say what the models and the commands say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from dev import reference
from tidegate.cli.main import app

DOCS = Path(__file__).parents[3] / "docs"
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_the_reference_is_what_the_models_say() -> None:
    assert (DOCS / "reference.md").read_text() == reference.render(), "run `make crds`"


def test_the_reference_explains_every_field_with_its_type() -> None:
    rows = [line.split(" | ") for line in reference.render().splitlines() if line.startswith("| `s")]
    assert len(rows) > 150
    assert all(cell.strip(" |") for row in rows for cell in (row[0], row[1], row[-1]))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_told(name: str) -> None:
    assert f"`tidegate {name}" in (DOCS / "cli.md").read_text()


def options() -> Iterator[str]:
    for command in COMMANDS.values():
        for parameter in command.params:
            yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-"))


@pytest.mark.parametrize("option", sorted(set(options())))
def test_every_option_is_told(option: str) -> None:
    assert f"`{option}" in (DOCS / "cli.md").read_text() or f" {option}" in (DOCS / "cli.md").read_text()
