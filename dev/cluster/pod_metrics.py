"""What the pods measured, in Prometheus's text format: requests by code, and a histogram of their durations."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from dev.cluster.pods import Pod

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LABELS = ("namespace", "pod", "app", "version", "pod_template_hash")


class Measured:
    """One pod's counters, zero from the start: a rate needs the zero that a first error is measured against."""

    def __init__(self) -> None:
        self.codes: Counter[str] = Counter({"200": 0, "500": 0})
        self.buckets = [0] * (len(_BUCKETS) + 1)
        self.seconds = 0.0

    def observe(self, code: int, seconds: float) -> None:
        """One answered request."""
        self.codes[str(code)] += 1
        self.buckets[bisect_left(_BUCKETS, seconds)] += 1
        self.seconds += seconds


class Measurements:
    """The counters of all pods."""

    def __init__(self) -> None:
        self._by_uid: dict[str, Measured] = {}

    def of(self, pod: Pod) -> Measured:
        """The pod's counters."""
        return self._by_uid.setdefault(pod.uid, Measured())

    def keep(self, pods: Iterable[Pod]) -> None:
        """Forget all pods but these."""
        uids = {pod.uid for pod in pods}
        self._by_uid = {uid: measured for uid, measured in self._by_uid.items() if uid in uids}

    def text(self, pods: Iterable[Pod]) -> bytes:
        """What these pods measured, as a scrape gets it."""
        registry = CollectorRegistry()
        registry.register(_Families([(pod, self.of(pod)) for pod in pods]))
        return generate_latest(registry)


class _Families(Collector):
    def __init__(self, measured: list[tuple[Pod, Measured]]) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("http_requests", "Requests answered.", labels=(*_LABELS, "code"))
        name = "http_request_duration_seconds"
        durations = HistogramMetricFamily(name, "How long answers took.", labels=_LABELS)
        for pod, measured in self._measured:
            labels = _labels(pod)
            for code, count in measured.codes.items():
                requests.add_metric([*labels, code], count)
            durations.add_metric(labels, _cumulative(measured.buckets), measured.seconds)
        yield requests
        yield durations


def _labels(pod: Pod) -> list[str]:
    return [pod.namespace, pod.name, pod.app, pod.behaviour.version, pod.template_hash]


def _cumulative(buckets: list[int]) -> list[tuple[str, float]]:
    total, found = 0, []
    for bound, count in zip((*map(str, _BUCKETS), "+Inf"), buckets, strict=True):
        total += count
        found.append((bound, float(total)))
    return found
