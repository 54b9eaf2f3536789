"""The tables of Argo Rollouts' fields say what the models do, and leave out none of their fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tidegate.api.rollout import RolloutSpec
from tidegate.api.rules import Refused

PAGE = Path(__file__).parents[3] / "docs" / "argo-rollouts-fields.md"
CANARY, BLUE_GREEN, STEPS = "strategy.canary.", "strategy.blueGreen.", "strategy.canary.steps."
PREFIXES: Mapping[str, tuple[str, ...]] = {
    "spec": ("",),
    "spec.strategy.canary": (CANARY,),
    "spec.strategy.canary.steps[]": (STEPS,),
    "spec.strategy.blueGreen": (BLUE_GREEN,),
    "trafficRouting": (f"{CANARY}trafficRouting.", f"{BLUE_GREEN}trafficRouting."),
    "Each analysis": (
        f"{STEPS}analysis.",
        f"{CANARY}analysis.",
        f"{BLUE_GREEN}prePromotionAnalysis.",
        f"{BLUE_GREEN}postPromotionAnalysis.",
    ),
    "Metadata by role": (
        f"{CANARY}canaryMetadata.",
        f"{CANARY}stableMetadata.",
        f"{BLUE_GREEN}activeMetadata.",
        f"{BLUE_GREEN}previewMetadata.",
    ),
    "antiAffinity": (f"{CANARY}antiAffinity.", f"{BLUE_GREEN}antiAffinity."),
}
ROW = re.compile(r"\| `([^`]+)` \| ([^|]*) \| (honoured|differs|refused) \| ([^|]*) ?\|")
ADDED = re.compile(r"- ([^:]+): (.*)")
NONE = "–"


@dataclass(frozen=True)
class Row:
    """A line of a table, for one of the places that its section speaks of."""

    path: str
    default: str
    here: str
    how: str


def models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for argument in get_args(kind):
        yield from models(argument)


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """All fields with their paths; the pods' template is Kubernetes'."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        yield path, field
        for inner in models(field.annotation) if path != "template" else ():
            yield from fields(inner, f"{path}.")


FIELDS = dict(fields(RolloutSpec))


def sections() -> Iterator[tuple[str, str]]:
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        yield title, text


def rows() -> list[Row]:
    return [
        Row(f"{prefix}{path}", default.strip(), here, how.strip())
        for title, text in sections()
        for path, default, here, how in ROW.findall(text)
        for prefix in PREFIXES[title]
    ]


def added() -> set[str]:
    text = dict(sections())["What Tidegate has besides"]
    found = (ADDED.match(line) for line in text.splitlines())
    return {
        f"{prefix}{name}"
        for line in found
        if line
        for prefix in PREFIXES[line[1]]
        for name in re.findall(r"`([^`]+)`", line[2])
    }


ROWS = rows()


def refusal(field: FieldInfo) -> str:
    return next((each.message for each in field.metadata if isinstance(each, Refused)), "")


def written(value: Any) -> str:
    """A default as the tables write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | str) and value != "" else NONE


def test_every_line_of_the_tables_is_read() -> None:
    lines = [line for _, text in sections() for line in text.splitlines() if line.startswith("| `")]
    assert [line for line in lines if not ROW.fullmatch(line)] == []
    assert len({row.path for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", [row for row in ROWS if row.here != "refused"], ids=lambda row: row.path)
def test_a_field_that_is_honoured_is_there_with_its_default(row: Row) -> None:
    field = FIELDS[row.path]
    assert refusal(field) == ""
    said = re.search(r"Default:? ([\w%]+)", field.description or "")
    default = said[1] if said and field.default is None and row.default != NONE else written(field.default)
    # A flag that was left out is off, whether the model writes that down or not.
    off = field.default is None and row.default == "false"
    assert off or default == row.default


@pytest.mark.parametrize("row", [row for row in ROWS if row.here == "refused"], ids=lambda row: row.path)
def test_a_field_that_is_refused_names_what_to_use(row: Row) -> None:
    message = refusal(FIELDS[row.path])
    assert row.how
    assert row.how in message


def test_no_field_of_the_models_is_left_out() -> None:
    """A new field gets a line here: as one of Argo Rollouts', or as one that Tidegate has besides."""
    told, own = {row.path for row in ROWS}, added()
    beside = [path for path in FIELDS if not any(path == name or path.startswith(f"{name}.") for name in own)]
    assert [path for path in beside if path not in told] == []
    assert own <= FIELDS.keys()
    assert not own & told


def test_a_difference_is_told() -> None:
    assert [row.path for row in ROWS if row.here == "differs" and not row.how] == []
