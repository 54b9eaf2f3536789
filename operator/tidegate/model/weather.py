"""What happens to the operator: how long things take, and what goes wrong. The calm one is the default."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Fate(StrEnum):
    """What becomes of a write."""

    DONE = "Done"
    LOST = "Lost"
    """The API server never gets it."""
    ANSWER_LOST = "AnswerLost"
    """It is done, and the operator doesn't get to know."""
    KILLED = "Killed"
    """It is done, and the operator ends: all that it had in memory is gone."""


class Weather:
    """Calm: everything takes a few milliseconds and nothing goes wrong."""

    write_seconds = 0.004
    measure_seconds = 0.05
    restart_seconds = 1.0
    relist_seconds = 3.0

    def deliveries(self) -> Sequence[float]:
        """After how many seconds a change is shown by the watch: once, more than once, or never.

        One that is never shown is found by a list, `relist_seconds` later: the watch has broken and begins anew.
        """
        return (0.003,)

    def fate(self) -> Fate:
        """What becomes of the next write."""
        return Fate.DONE
