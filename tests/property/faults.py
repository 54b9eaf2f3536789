"""Bad weather, drawn once and the same each time: what goes wrong, and at which write."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from tidegate.model.weather import Fate, Weather


@dataclass(frozen=True)
class Faults:
    """`fates` by the number of the write, counted over all lives of the operator; `end` is when the sky clears."""

    fates: Mapping[int, Fate] = field(default_factory=dict)
    latency: float = 0.003
    lost: float = 0.0
    twice: float = 0.0
    seed: int = 0


class Storm(Weather):
    """The faults of one example."""

    def __init__(self, faults: Faults) -> None:
        self.writes = 0
        self._faults = faults
        self._random = random.Random(faults.seed)
        self._calm = False

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        self._calm = True

    def deliveries(self) -> Sequence[float]:
        faults = self._faults
        if self._calm:
            return super().deliveries()
        if faults.lost and self._random.random() < faults.lost:
            return ()
        times = 2 if faults.twice and self._random.random() < faults.twice else 1
        return [faults.latency * self._random.uniform(0.5, 2) for _ in range(times)]

    def fate(self) -> Fate:
        self.writes += 1
        return Fate.DONE if self._calm else self._faults.fates.get(self.writes, Fate.DONE)


class KilledAlways(Storm):
    """The operator is killed after each and every write: a life lasts one."""

    restart_seconds = 0.1

    def fate(self) -> Fate:
        self.writes += 1
        return Fate.DONE if self._calm else Fate.KILLED


FATES = st.sampled_from([Fate.KILLED, Fate.LOST, Fate.ANSWER_LOST])
FAULTS = st.builds(
    Faults,
    fates=st.dictionaries(st.integers(1, 60), FATES, max_size=8),
    latency=st.sampled_from([0.003, 0.05, 0.4]),
    lost=st.sampled_from([0.0, 0.0, 0.05]),
    twice=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 1000),
)
