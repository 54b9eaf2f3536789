"""How a service is delivered, from the history of its releases: the cadence T(D_i) and the four DORA numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from tidegate.api.rollout_status import PROMOTED, Outcome, Release

TAKEN_BACK = frozenset({Outcome.ABORTED, Outcome.ROLLED_BACK})
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The numbers of one Rollout, or of several. None is: nothing to say it from. All times in seconds."""

    since: datetime | None
    """The start of the first release that was counted."""
    days: float
    """How long was looked at."""
    releases: int
    """Those that ended, superseded ones left out: they are neither a deployment nor a failure."""
    deployments: int
    failures: int
    """Taken back, or followed by a version that had all the traffic before."""
    lead_time: float | None
    """Median from the change of the template to all the traffic: nobody tells when the commit was made."""
    restore_time: float | None
    """Median. Taken back: from its start to its end. Failed in production: from its end to that of the next one."""

    @property
    def frequency(self) -> float | None:
        """Deployments a day."""
        return self.deployments / self.days if self.days else None

    @property
    def failure_rate(self) -> float | None:
        """Failures of all releases, 0 to 1."""
        return self.failures / self.releases if self.releases else None


def delivery(histories: Iterable[Sequence[Release]], now: datetime, window: timedelta) -> Delivery:
    """The numbers of the releases that began within the window before `now`; a history is that of one Rollout."""
    began = now - window
    found = [
        (release, rest) for history in histories for release, rest in _ended(history) if release.started_at >= began
    ]
    since = min((release.started_at for release, _ in found), default=None)
    restored = [seconds for release, rest in found for seconds in _restored(release, rest)]
    leads = [_seconds(release) for release, _ in found if release.outcome in PROMOTED]
    return Delivery(
        since=since,
        days=(now - since) / DAY if since else 0.0,
        releases=len(found),
        deployments=len(leads),
        failures=len(restored),
        lead_time=median(leads) if leads else None,
        restore_time=median(restored) if restored else None,
    )


def _ended(history: Sequence[Release]) -> Iterator[tuple[Release, Sequence[Release]]]:
    """Each release that was deployed or taken back, with the whole history."""
    for release in history:
        if release.finished_at is not None and release.outcome in PROMOTED | TAKEN_BACK:
            yield release, history


def _restored(release: Release, history: Sequence[Release]) -> Iterator[float]:
    """How long it took to restore what this release broke; nothing when it broke nothing, or nobody restored it."""
    if release.outcome in TAKEN_BACK:
        yield _seconds(release)
        return
    index = history.index(release)
    following = next((each for each in history[index + 1 :] if each.outcome in PROMOTED), None)
    before = {each.pod_template_hash for each in history[:index] if each.outcome in PROMOTED}
    if (
        following is not None
        and following.pod_template_hash in before
        and following.finished_at
        and release.finished_at
    ):
        yield (following.finished_at - release.finished_at).total_seconds()


def _seconds(release: Release) -> float:
    return ((release.finished_at or release.started_at) - release.started_at).total_seconds()


def cadences(history: Iterable[Release]) -> list[float]:
    """T(D_i) of the releases that have one, oldest first."""
    return [release.cadence_seconds for release in history if release.cadence_seconds is not None]
