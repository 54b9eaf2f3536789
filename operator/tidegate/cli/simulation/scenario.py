"""How the new version fares: what is assumed of its pods and of its measurements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

READY_SECONDS = 5.0
SLOW_SECONDS = 120.0
_BAD_AT = re.compile(r"bad-at-(\d{1,3})")


class Answers(StrEnum):
    """What Prometheus answers."""

    VALUES = "Values"
    NO_DATA = "NoData"
    DOWN = "Down"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way that a release can go. `says` tells it in words."""

    name: str
    says: str
    ready_after: float | None = READY_SECONDS
    """Seconds until a new pod answers; None: it never does."""
    bad_from: int | None = None
    """From this percentage of the traffic on, every measurement of the new version is bad; None: never."""
    answers: Answers = Answers.VALUES


TABLE = (
    Scenario("good", "every measurement is good, pods answer after 5 s"),
    Scenario("bad", "every measurement is bad", bad_from=0),
    Scenario("crash", "the new version's pods never answer", ready_after=None),
    Scenario("slow-pods", "the new version's pods answer after 2 minutes", ready_after=SLOW_SECONDS),
    Scenario("no-data", "Prometheus answers, and has no data", answers=Answers.NO_DATA),
    Scenario("prometheus-down", "Prometheus does not answer", answers=Answers.DOWN),
)
NAMES = (*(each.name for each in TABLE), "bad-at-WEIGHT")


def scenario(name: str) -> Scenario:
    """The scenario of that name. Raises ValueError with the names that there are."""
    found = next((each for each in TABLE if each.name == name), None)
    if found is not None:
        return found
    written = _BAD_AT.fullmatch(name)
    if written is None or int(written[1]) > 100:
        raise ValueError(f'there is no scenario "{name}": write one of {", ".join(NAMES)}, such as bad-at-40')
    weight = int(written[1])
    return Scenario(
        name, f"every measurement is bad once the new version has {weight} % of the traffic", bad_from=weight
    )
