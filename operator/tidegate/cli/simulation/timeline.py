"""What happened in a simulated release, and when: a row for each thing that a person would call a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from pydantic.alias_generators import to_camel

from tidegate.api.rollout_status import PROMOTED, Outcome, Phase, RolloutStatus


class Kind(StrEnum):
    """What a row tells."""

    STATE = "State"
    EVENT = "Event"


@dataclass(frozen=True, slots=True)
class Size:
    """Pods of one version: those that are ready, of those that are wanted."""

    ready: int = 0
    wanted: int = 0

    def __str__(self) -> str:
        return f"{self.ready}/{self.wanted}"


@dataclass(frozen=True, slots=True)
class Row:
    """The release at a moment, or an Event of it. `seconds` count from its beginning; weights are the new version's."""

    seconds: float
    phase: str
    step: str = ""
    """Number and kind of the step that is under way; empty when none is."""
    new: Size = Size()
    old: Size = Size()
    asked: float | None = None
    seen: float | None = None
    says: str = ""
    kind: Kind = Kind.STATE

    def data(self) -> dict[str, Any]:
        """For programs."""
        told = asdict(self)
        if self.kind is Kind.EVENT:
            told = {name: told[name] for name in ("seconds", "phase", "says", "kind")}
        return {to_camel(name): value for name, value in told.items()}


@dataclass(slots=True)
class Course:
    """The timeline of one release, with how it ended."""

    namespace: str
    name: str
    revision: int = 0
    """The revision before: what is said of it is no part of this release."""
    rows: list[Row] = field(default_factory=list)
    status: RolloutStatus = field(default_factory=RolloutStatus)
    held_by: str = ""
    """What holds it for ever, where that is known better than from the wait."""

    @property
    def outcome(self) -> Outcome | None:
        """How the release ended; None when it did not."""
        return self.status.history[-1].outcome if self.begun and self.status.history else None

    @property
    def begun(self) -> bool:
        """Whether there is a release at all."""
        return self.status.current_revision != self.revision

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do: all pods are where they belong."""
        return self.outcome is not None and self.status.waiting_for is None

    @property
    def promoted(self) -> bool:
        """Whether the new version has all the traffic."""
        return self.outcome in PROMOTED and self.status.phase is Phase.HEALTHY

    @property
    def verdict(self) -> str:
        """How it ended, in a sentence."""
        wait = self.status.waiting_for
        if not self.begun:
            return f"no release begins: {wait.message if wait else 'the template is the one that runs'}"
        last = self.status.history[-1] if self.status.history else None
        if last is None or last.outcome is None or last.finished_at is None:
            return f"it stands still: {self.held_by or (wait.message if wait else self.status.message)}"
        return f"{ENDS[last.outcome]}{f': {last.cause}' if last.cause else ''}"


ENDS = {
    Outcome.PROMOTED: "promoted: the new version has all the traffic",
    Outcome.FAST_PROMOTED: "promoted without its steps",
    Outcome.ABORTED: "taken back",
    Outcome.SUPERSEDED: "another template took its place",
    Outcome.ROLLED_BACK: "taken back to the stable template",
}


def summary(courses: Sequence[Course]) -> list[dict[str, Any]]:
    """The data of all releases, for programs."""
    return [
        {
            "namespace": course.namespace,
            "name": course.name,
            "outcome": course.outcome,
            "verdict": course.verdict,
            "seconds": course.rows[-1].seconds if course.rows else 0.0,
            "timeline": [row.data() for row in course.rows],
        }
        for course in courses
    ]


def moment(seconds: float) -> str:
    """Seconds from the beginning as a clock shows them: `0:01:02.5`."""
    whole, tenths = divmod(round(seconds * 10), 10)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}.{tenths}"
