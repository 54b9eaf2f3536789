"""One mistake in the input of `tidegate lint`."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.api.location import Location, field_path

__all__ = ["Finding", "Location"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Where it is and what is wrong. `says` names the value and the remedy."""

    source: str
    line: int
    kind: str
    name: str
    location: Location
    says: str

    @property
    def field(self) -> str:
        """The path of the field, `spec.strategy.canary.steps[0].setWeight`."""
        return field_path(self.location)

    @property
    def text(self) -> str:
        """The finding on one line, in the form that editors and `grep` know: `file:line: …`."""
        parts = (f"{self.source}:{self.line}", f"{self.kind} {self.name}".strip(), self.field, self.says)
        return ": ".join(part for part in parts if part)
