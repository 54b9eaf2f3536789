"""Code stays in pieces that can be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import tidegate

PACKAGE = Path(tidegate.__file__).parent
LINES_OF_A_FILE, LINES_OF_A_DECISION = 250, 40


def test_no_file_is_longer_than_a_few_screens() -> None:
    files = list(PACKAGE.rglob("*.py"))
    assert len(files) > 100
    assert [f.name for f in files if len(f.read_text().splitlines()) > LINES_OF_A_FILE] == []


def test_no_decision_is_longer_than_a_screen() -> None:
    found = list(_functions(PACKAGE / "core"))
    assert len(found) > 500
    assert [name for name, lines in found if lines > LINES_OF_A_DECISION] == []


def _functions(folder: Path) -> Iterator[tuple[str, int]]:
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield f"{file.name}: {node.name}", (node.end_lineno or 0) - node.lineno + 1
