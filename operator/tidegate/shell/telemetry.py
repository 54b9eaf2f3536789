"""What Prometheus reads of the operator.

What stands in a status is read from the store at the moment of the scrape: it costs nothing between scrapes, and the
series of an object go with the object. Counters and durations are kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.api.analysis_status import AnalysisPhase
from tidegate.api.rollout_status import Outcome, Release
from tidegate.core.world import RolloutView
from tidegate.observe.store import Store
from tidegate.shell.rollout_metrics import analyses, rollouts

PASS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
REQUEST_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 10.0)
RELEASE_SECONDS = (10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 4 * 3600.0, 24 * 3600.0, 7 * 24 * 3600.0)
BAD_ENDS = (Outcome.ABORTED, Outcome.ROLLED_BACK)

Read = Callable[[], float]
"""A number at the moment of the scrape."""


# The time of creation of each counter would be as many series again, and tells nothing that `increase` needs.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Telemetry:
    """The metrics of one operator, in a registry of its own."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()
        self._passes = self._histogram("reconcile", "One pass over an object", PASS_SECONDS, "kind")
        self._failures = self._counter("reconcile_failures", "Passes that came to nothing", "kind", "reason")
        self._requests = self._counter("api_requests", "Requests to the API server", "verb", "resource", "code")
        self._latency = self._histogram("api_request", "One request to the API server", REQUEST_SECONDS, "verb")
        self._releases = self._counter("releases", "Releases that ended", "namespace", "name", "outcome")
        self._durations = self._histogram("release", "From its start to its end", RELEASE_SECONDS, "outcome")
        self._restores = self._histogram("restore", "From a bad release's start to its end", RELEASE_SECONDS)
        self._aborts = self._counter("aborts", "Releases that were taken back", "cause")
        self._verdicts = self._counter("analysis_verdicts", "AnalysisRuns that came to a verdict", "verdict")
        self.registry.register(_FromStore(store))

    def gauge(self, name: str, text: str, label: str, reads: Mapping[str, Read]) -> None:
        """A gauge that is read when it is scraped: one series for each of `reads`, told apart by `label`."""
        self.registry.register(_FromReads(f"tidegate_{name}", text, label, reads))

    def timed(self, kind: str, seconds: float) -> None:
        """A pass took `seconds`."""
        self._passes.labels(kind).observe(seconds)

    def failed(self, kind: str, reason: str) -> None:
        """A pass came to nothing."""
        self._failures.labels(kind, reason).inc()

    def requested(self, verb: str, resource: str, code: int, seconds: float) -> None:
        """The API server was asked; `code` 0 is no answer, 409 a conflict."""
        self._requests.labels(verb, resource, str(code)).inc()
        self._latency.labels(verb).observe(seconds)

    def judged(self, verdict: AnalysisPhase) -> None:
        """An AnalysisRun came to a verdict."""
        self._verdicts.labels(verdict).inc()

    def passed(self, before: RolloutView | None, after: RolloutView | None) -> None:
        """The status of a Rollout was written: count what ended between the two."""
        if before is None or after is None:
            return
        ended = {(release.revision, release.started_at) for release in _ended(before.status.history)}
        for release in _ended(after.status.history):
            if (release.revision, release.started_at) not in ended:
                self._count_end(after, release)
        if after.status.abort and not before.status.abort:
            self._aborts.labels(_cause(after.status.abort_cause)).inc()

    def forget(self, namespace: str, name: str) -> None:
        """The Rollout is gone, and its series with it."""
        self._releases.remove_by_labels({"namespace": namespace, "name": name})

    def _count_end(self, rollout: RolloutView, release: Release) -> None:
        if release.finished_at is None or release.outcome is None:
            return
        seconds = (release.finished_at - release.started_at).total_seconds()
        self._releases.labels(rollout.meta.namespace, rollout.meta.name, release.outcome).inc()
        self._durations.labels(release.outcome).observe(seconds)
        if release.outcome in BAD_ENDS:
            self._restores.observe(seconds)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"tidegate_{name}", f"{text}.", labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
        name, text = f"tidegate_{name}_seconds", f"{text}, in seconds."
        return Histogram(name, text, labels, buckets=tuple(buckets), registry=self.registry)


class _FromStore(Collector):
    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterable[Metric]:
        yield from rollouts(self._store.rollouts)
        yield from analyses(self._store)


class _FromReads(Collector):
    def __init__(self, name: str, text: str, label: str, reads: Mapping[str, Read]) -> None:
        self._name, self._text, self._label, self._reads = name, text, label, reads

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(self._name, f"{self._text}.", labels=[self._label])
        for value, read in self._reads.items():
            family.add_metric([value], read())
        yield family


_CAUSES = {
    "aborted by": "Request",
    "no progress": "ProgressDeadline",
    "nobody approved": "Approval",
    "webhook": "Webhook",
}


def _ended(history: list[Release]) -> list[Release]:
    return [release for release in history if release.finished_at is not None]


def _cause(text: str) -> str:
    """The causes of an abort as a closed set: the text itself holds names and numbers without bounds."""
    for beginning, cause in _CAUSES.items():
        if text.startswith(beginning):
            return cause
    return "Analysis"
