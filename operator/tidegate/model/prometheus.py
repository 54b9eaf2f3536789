"""What Prometheus would answer."""

from __future__ import annotations

from tidegate.core.analysis.reading import PrometheusQuery, ProviderError, Reading, Trouble, Values


class Prometheus:
    """Answers by what stands in the query: the latest thing said of a part of it wins. Nothing said is no data."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self._said: dict[str, Reading] = {}
        self._down = ""

    def say(self, part: str, *values: float) -> None:
        """From now on, queries that contain `part` get these values; none are an empty vector."""
        self._said.pop(part, None)
        self._said[part] = Values(tuple(values))

    def stop(self, why: str = "does not answer within 10s") -> None:
        """It is down."""
        self._down = why

    def start(self) -> None:
        """It is back."""
        self._down = ""

    def measure(self, query: PrometheusQuery) -> Reading:
        """The answer to a query now."""
        self.queries.append(query.query)
        if self._down:
            return ProviderError(Trouble.UNAVAILABLE, self._down)
        found = [answer for part, answer in self._said.items() if part in query.query]
        return found[-1] if found else Values(())
