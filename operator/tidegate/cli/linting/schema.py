"""Each document by itself: what the API server would say of its schema, and the operator of its content."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from tidegate.api.crd import KINDS
from tidegate.api.meta import API_VERSION, GROUP, VERSION, Model, shown
from tidegate.cli.linting.documents import Document, duplicates
from tidegate.cli.linting.finding import Finding, Location
from tidegate.observe.problems import problems

MODELS: dict[str, type[Model]] = {kind.name: kind.model for kind in KINDS}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUANTITIES = {"limits", "requests", "capacity", "overhead", "sizeLimit", "divisor"}


def check(document: Document) -> Iterator[Finding]:
    """All that is wrong with one document; nothing for kinds that are not ours."""
    if document.group == GROUP:
        yield from _ours(document)
    elif document.kind in MODELS and not document.raw.get("apiVersion"):
        yield document.finding((), f"apiVersion is missing: write apiVersion: {API_VERSION}")


def _ours(document: Document) -> Iterator[Finding]:
    for line, first, key in duplicates(document.node):
        said = f"{key} stands here a second time, after line {first}: remove one of them"
        yield replace(document.finding((), said), line=line)
    if document.version != VERSION:
        said = f"{shown(document.raw['apiVersion'])} is not served: write {API_VERSION}"
        yield document.finding(("apiVersion",), said)
    model = MODELS.get(document.kind)
    if model is None:
        yield document.finding(("kind",), _unknown_kind(document.kind))
        return
    yield from _metadata(document)
    yield from _against(document, model)
    if document.kind == "Rollout":
        yield from _pods(document)


def _unknown_kind(kind: str) -> str:
    close = difflib.get_close_matches(kind, MODELS, n=1)
    remedy = f"did you mean {close[0]}?" if close else f"write one of {', '.join(MODELS)}"
    return f"{shown(kind)} is no kind of {API_VERSION}: {remedy}"


def _metadata(document: Document) -> Iterator[Finding]:
    metadata = document.metadata
    if not metadata.get("name") and not metadata.get("generateName"):
        yield document.finding(("metadata", "name"), "is missing: add it (name of the object)")
    elif "name" in metadata and not _is_name(metadata["name"]):
        said = f"{shown(metadata['name'])} is no name: write lower-case letters, digits, - and ."
        yield document.finding(("metadata", "name"), said)
    for field in ("labels", "annotations"):
        values = metadata.get(field)
        for key, value in values.items() if isinstance(values, dict) else ():
            if not isinstance(value, str):
                said = f"{shown(value)} is not a text: put it in quotes"
                yield document.finding(("metadata", field, key), said)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and len(name) <= 253 and _NAME.fullmatch(name) is not None


def _against(document: Document, model: type[Model]) -> Iterator[Finding]:
    # What is wrong with version and metadata is told already; a status that is applied is left aside by the server.
    written = {key: value for key, value in document.raw.items() if key != "status"}
    raw = {**written, "apiVersion": API_VERSION, "metadata": document.metadata}
    for location, says in _mistakes(raw, model):
        yield document.finding(location, says)


def _mistakes(raw: object, model: type[BaseModel]) -> Iterator[tuple[Location, str]]:
    try:
        # As JSON and strictly, as the API server reads it: there "3" is no number.
        model.model_validate_json(json.dumps(raw, default=str), strict=True)
    except ValidationError as error:
        yield from ((problem.location, problem.says) for problem in problems(error, model))


def _pods(document: Document) -> Iterator[Finding]:
    """The pod template, which is the API server's to judge once the operator makes a ReplicaSet of it."""
    # Takes a quarter of a second, which nobody else need wait.
    from kubernetes.client import V1PodTemplateSpec

    template = _template(document)
    for location, says in _mistakes(template, V1PodTemplateSpec) if template is not None else ():
        if not _QUANTITIES & set(location) and not _judged(location):
            yield document.finding(("spec", "template", *location), says)


def _template(document: Document) -> Any:
    spec = document.raw.get("spec")
    return spec.get("template") if isinstance(spec, dict) else None


def _judged(location: Location) -> bool:
    """Whether the Rollout's own model judges this field of the template."""
    if location[:2] == ("spec", "containers"):
        return location[3:] in {("name",), ("image",), ()}
    return location[:2] == ("metadata", "labels") or location in {("metadata",), ("spec",)}
