"""The documents tell the truth: links, manifests, reasons and metrics are those of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidegate.cli.linting.run import lint
from tidegate.observe.store import Store
from tidegate.shell.telemetry import Telemetry

PROJECT = Path(__file__).resolve().parents[3]
DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "charts/**/*.md") for path in PROJECT.glob(pattern)
)
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text()
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_YAML = re.compile(r"^```ya?ml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OURS = re.compile(r"^apiVersion: tidegate\.dev/", re.MULTILINE)


def _name(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def _anchors(text: str) -> set[str]:
    """The anchors that the headings of a document get."""
    headings = re.findall(r"^#+ +(.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", document.read_text())):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in _anchors(target.read_text()), f"{link}: there is no such heading"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_manifest_is_accepted(document: Path) -> None:
    blocks = [block for block in _YAML.findall(document.read_text()) if _OURS.search(block)]
    findings = [finding.text for block in blocks for finding in lint({_name(document): block}).findings]
    assert not findings


def _reasons(*calls: str) -> Iterator[str]:
    """The first argument of each call of these names in the code, where it is a literal."""
    for path in (PROJECT / "operator" / "tidegate").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls:
                yield from _literals(node)


def _literals(call: ast.Call) -> Iterator[str]:
    values = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    yield from (value for value in values[:1] if isinstance(value, str) and value.isalpha())


@pytest.mark.parametrize("reason", sorted(set(_reasons("Wait", "Event", "Standing"))))
def test_every_reason_is_explained(reason: str) -> None:
    assert f"`{reason}`" in OPERATIONS, "add it to the tables of docs/operations.md"


def test_every_metric_is_explained_and_none_is_made_up() -> None:
    exposed = {
        # A counter is exposed with the suffix, and its family has none.
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in Telemetry(Store()).registry.collect()
    }
    told = set(re.findall(r"`(tidegate_[a-z_]+)[`{]", OPERATIONS))
    assert told == exposed
