"""Counts what a load saw. Pure."""

from __future__ import annotations

from dataclasses import replace

from dev.cluster.load_result import NO_ANSWER, Failure, LoadResult, Second, Version

_MOST_FAILURES = 1000
_RECENT = 5


class Recorder:
    """Takes in one request after the other; `result` and `snapshot` say what it has."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._sent = 0
        self._answered = 0
        self._failed = 0
        self._late = 0.0
        self._versions: dict[str, Version] = {}
        self._seconds: dict[tuple[int, str, int], Second] = {}
        self._failures: list[Failure] = []

    @property
    def unanswered(self) -> int:
        """Requests under way."""
        return self._sent - self._answered

    def sent(self, late: float) -> None:
        """A request begins, `late` seconds after its time."""
        self._sent += 1
        self._late = max(self._late, late)

    def over(self, begun: float, at: float, version: str, status: int, reason: str = "") -> None:
        """A request that began at `begun` is over at `at`, with a status or with what broke."""
        failed = status == NO_ANSWER or status >= 500
        self._answered += 1
        self._failed += failed
        self._count_second(int(at), version, status, at - begun)
        self._count_version(version, begun, at, failed)
        if failed and len(self._failures) < _MOST_FAILURES:
            self._failures.append(Failure(at, version, status, reason))

    def snapshot(self, now: float) -> LoadResult:
        """The counts until now, with the last few seconds only: small enough to be sent often."""
        recent = [second for second in self._seconds.values() if second.at >= now - _RECENT]
        return replace(self.result(now), seconds=tuple(recent), failures=())

    def result(self, now: float) -> LoadResult:
        """Everything."""
        return LoadResult(
            began=self._began,
            ended=now,
            sent=self._sent,
            answered=self._answered,
            failed=self._failed,
            late=self._late,
            versions=dict(self._versions),
            seconds=tuple(self._seconds.values()),
            failures=tuple(self._failures),
        )

    def _count_second(self, at: int, version: str, status: int, took: float) -> None:
        key = (at, version, status)
        old = self._seconds.get(key) or Second(at, version, status, 0, 0.0)
        self._seconds[key] = replace(old, count=old.count + 1, latency=old.latency + took)

    def _count_version(self, name: str, begun: float, at: float, failed: bool) -> None:  # noqa: FBT001
        old = self._versions.get(name) or Version(0, 0, 0.0, at, at, begun, None)
        first_failure = at if failed and old.first_failure is None else old.first_failure
        self._versions[name] = Version(
            answered=old.answered + 1,
            failed=old.failed + failed,
            latency=old.latency + at - begun,
            first_answer=old.first_answer,
            last_answer=at,
            last_begun=max(old.last_begun, begun),
            first_failure=first_failure,
        )
