"""What a load is asked to do, and what it saw: shared by the generator and those who read its counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from dev.cluster import inside

# The loads of this bed are for one machine: bounded, so that a typo does not take it down.
MOST_PER_SECOND = 2000.0
LONGEST = 3600.0
NO_ANSWER = 0
# Failures and answers that no pod gave, such as the gateway's own 503.
NO_VERSION = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate` requests a second to `host` at the gateway `url` for at most `seconds`, whatever the answers are.

    The method is POST on purpose: clients repeat a GET in silence when its connection breaks, and a loss
    would go unseen. Raises ValueError when a value is out of bounds.
    """

    host: str
    rate: float
    seconds: float = LONGEST
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    timeout: float = 10.0
    url: str = f"http://127.0.0.1:{inside.GATEWAY}"

    def __post_init__(self) -> None:
        if not 0 < self.rate <= MOST_PER_SECOND:
            raise ValueError(f"rate is {self.rate}: give more than 0 and at most {MOST_PER_SECOND:.0f} a second")
        if not 0 < self.seconds <= LONGEST:
            raise ValueError(f"seconds is {self.seconds}: give more than 0 and at most {LONGEST:.0f}")


@dataclass(frozen=True, slots=True)
class Version:
    """The answers of one version. Times are seconds since the epoch.

    `failed` counts the answers of 500 and more; `latency` is the sum over all answers, in seconds. `last_begun`
    is when the last request was sent that this version answered.
    """

    answered: int
    failed: int
    latency: float
    first_answer: float
    last_answer: float
    last_begun: float
    first_failure: float | None


@dataclass(frozen=True, slots=True)
class Second:
    """The answers that came in one second, by version and status; status 0 is no answer at all."""

    at: int
    version: str
    status: int
    count: int
    latency: float


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed request: when it was over, who answered it, the status, and what broke where there is none."""

    at: float
    version: str
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load has seen until now.

    `sent` requests have begun, `answered` of them are over, `failed` of those had no answer or one of 500 and
    more. `versions` has the key "" for answers that no pod gave. `failures` holds the first 1,000. `late` is how
    far the worst request left behind its time, in seconds: a large one means that the generator was too slow.
    While the load runs, `seconds` holds the last few only, and `failures` none.
    """

    began: float
    ended: float
    sent: int
    answered: int
    failed: int
    late: float
    versions: dict[str, Version]
    seconds: tuple[Second, ...]
    failures: tuple[Failure, ...]

    def count(self, version: str) -> int:
        """How many answers the version gave."""
        return self.versions[version].answered if version in self.versions else 0

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read it back."""
        raw: dict[str, Any] = json.loads(text)
        parts = {
            "versions": {name: Version(**value) for name, value in raw["versions"].items()},
            "seconds": tuple(Second(**value) for value in raw["seconds"]),
            "failures": tuple(Failure(**value) for value in raw["failures"]),
        }
        return cls(**{**raw, **parts})
