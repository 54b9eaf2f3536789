"""YAML documents with the lines that their fields stand on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tidegate.cli.linting.finding import Finding, Location

_HELM = re.compile(r"\{\{-?\s*[\w.$]")


class _Loader(yaml.SafeLoader):
    """As the API server reads YAML: a time is a text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as in the class above it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True, slots=True)
class Document:
    """One object of the input. `raw` is its content, `node` knows the lines."""

    source: str
    node: yaml.Node
    raw: dict[str, Any]

    @property
    def kind(self) -> str:
        """Its kind as written; empty when it says none."""
        return _text(self.raw.get("kind"))

    @property
    def group(self) -> str:
        """Its API group; empty for the core group."""
        group, slash, _ = _text(self.raw.get("apiVersion")).partition("/")
        return group if slash else ""

    @property
    def version(self) -> str:
        """Its version within the group."""
        return _text(self.raw.get("apiVersion")).rpartition("/")[2]

    @property
    def metadata(self) -> dict[str, Any]:
        """Its metadata; empty when that is none."""
        found = self.raw.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """Its name; empty when it has none."""
        return _text(self.metadata.get("name"))

    @property
    def namespace(self) -> str:
        """Its namespace; `default` when it says none, so that what is applied together is found together."""
        return _text(self.metadata.get("namespace")) or "default"

    def line(self, location: Location) -> int:
        """The line of a field, from 1; that of the nearest field around it when it is not there."""
        node, line = self.node, self.node.start_mark.line
        for part in location:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line + 1

    def finding(self, location: Location, says: str) -> Finding:
        """Something that is wrong at a place in this document."""
        return Finding(self.source, self.line(location), self.kind, self.name, location, says)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _child(node: yaml.Node, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        found = [(key.start_mark.line, value) for key, value in node.value if key.value == part]
        return found[-1] if found else None
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line, node.value[part]
    return None


def read(source: str, text: str) -> tuple[list[Document], list[Finding]]:
    """The objects in a text, those inside of a List too, and what is wrong with the YAML itself."""
    documents: list[Document] = []
    findings: list[Finding] = []
    try:
        for node in yaml.compose_all(text, _Loader):
            documents += _objects(source, node, _Loader("").construct_document(node))
    except yaml.YAMLError as error:
        findings.append(_unreadable(source, text, error))
    return documents, findings


def _objects(source: str, node: yaml.Node, raw: object) -> Iterator[Document]:
    if not isinstance(raw, dict):
        return
    document = Document(source, node, raw)
    items = raw.get("items")
    if not document.kind.endswith("List") or not isinstance(items, list):
        yield document
        return
    found = _child(node, "items")
    for index, item in enumerate(items):
        inner = _child(found[1], index) if found else None
        if inner:
            yield from _objects(source, inner[1], item)


def _unreadable(source: str, text: str, error: yaml.YAMLError) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    says = f"this is no YAML: {getattr(error, 'problem', None) or error}"
    if _HELM.search(text):
        says += "; it looks like a template of helm: lint what `helm template` prints"
    return Finding(source, line, "", "", (), says)


def duplicates(node: yaml.Node) -> Iterator[tuple[int, int, str]]:
    """Keys that stand twice in one object: line, line of the first one, key. The API server refuses them."""
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from duplicates(value)
    elif isinstance(node, yaml.MappingNode):
        yield from _twice(node)
        for _, value in node.value:
            yield from duplicates(value)


def _twice(node: yaml.MappingNode) -> Iterator[tuple[int, int, str]]:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            line = key.start_mark.line + 1
            if key.value in seen:
                yield line, seen[key.value], key.value
            seen[key.value] = line
