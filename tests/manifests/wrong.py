"""Mistakes that people make, and what each surface must answer: the field, the value, the remedy.

Three surfaces answer: `tidegate lint` always; the API server where a schema can tell; and where it takes two objects to
tell, a condition of the Rollout. What lint and the API server say in other words has a column of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import Any

import yaml

from tests.manifests.edits import Edit
from tests.manifests.good import good


class Seen(StrEnum):
    """Who is the first to see a mistake once the manifest is applied."""

    API_SERVER = "the API server refuses it"
    OPERATOR = "a condition tells it"
    CLIENT = "kubectl knows no such kind, and the manifest reaches nobody"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A mistake in one of the good objects (`target`). An empty `value` means that nothing was written there."""

    name: str
    edit: Edit
    field: str
    value: str
    remedy: str
    _: KW_ONLY
    target: str = "rollout"
    seen: Seen = Seen.API_SERVER
    api_field: str | None = None
    api_value: str | None = None
    """What the API server shows instead: for a wrong type it never shows the value."""
    api_remedy: str | None = None
    text: Callable[[str], str] = field(default=lambda text: text)
    """A mistake that only the text can hold, such as a key that stands twice."""

    def objects(self) -> dict[str, dict[str, Any]]:
        """The good objects with this mistake in one of them."""
        objects = good()
        self.edit(objects[self.target])
        return objects

    def manifest(self) -> str:
        """The wrong object as its author would write it."""
        return self.text(yaml.safe_dump(self.objects()[self.target], sort_keys=False))

    def file(self) -> str:
        """All objects as one file."""
        others = [text for name, each in good().items() if name != self.target and (text := yaml.safe_dump(each))]
        return "---\n".join([self.manifest(), *others])

    @property
    def api_answer(self) -> tuple[str, str, str]:
        """Field, value and remedy in the words of the API server."""
        return (
            self.field if self.api_field is None else self.api_field,
            self.value if self.api_value is None else self.api_value,
            self.remedy if self.api_remedy is None else self.api_remedy,
        )
