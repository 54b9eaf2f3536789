"""All checks over all inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tidegate.cli.linting import analyses, references, schema, webhooks, wiring
from tidegate.cli.linting.documents import Document, read
from tidegate.cli.linting.finding import Finding


@dataclass(frozen=True, slots=True)
class Result:
    """What was found, in the order of files and lines, and how many objects of ours were looked at."""

    findings: tuple[Finding, ...]
    checked: int
    documents: tuple[Document, ...] = ()
    """All objects of the input, those of other kinds too."""


def lint(inputs: Mapping[str, str]) -> Result:
    """Lint texts by the name of their source. What one names may stand in another."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for source, text in inputs.items():
        found, broken = read(source, text)
        documents += found
        findings += broken
    findings += _all(documents)
    order = {source: index for index, source in enumerate(inputs)}
    ordered = sorted(dict.fromkeys(findings), key=lambda finding: (order[finding.source], finding.line))
    return Result(tuple(ordered), sum(document.kind in schema.MODELS for document in documents), tuple(documents))


def _all(documents: Sequence[Document]) -> Iterator[Finding]:
    together = references.Input(documents)
    for document in documents:
        yield from schema.check(document)
        if document.kind in analyses.CHECKED:
            yield from analyses.check(document)
        yield from references.check(document, together)
        yield from wiring.check(document, together)
        yield from webhooks.check(document)
    yield from _twice(documents)


def _twice(documents: Sequence[Document]) -> Iterator[Finding]:
    seen: dict[tuple[str, str, str], Document] = {}
    for document in documents:
        key = (document.kind, document.namespace, document.name)
        if document.kind in schema.MODELS and document.name:
            first = seen.setdefault(key, document)
            if first is not document:
                where = f"{first.source}:{first.line(())}"
                yield document.finding(
                    ("metadata", "name"), f'"{document.name}" is there already ({where}): rename one'
                )
