"""Where measurements come from: a module a provider, found by the query that it answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from tidegate.core.analysis.reading import PrometheusQuery, Reading
from tidegate.metrics.prometheus import Prometheus


class Provider(Protocol):
    """Measures one kind of query. Errors are readings too: nothing is raised but the caller's own cancellation."""

    async def measure(self, query: PrometheusQuery) -> Reading:
        """The answer, or why there is none."""

    async def close(self) -> None:
        """Break off what is under way."""


def open_providers(
    *, prometheus_address: str | None = None, allowed_hosts: Collection[str] = ()
) -> Mapping[type[PrometheusQuery], Provider]:
    """The providers, by the type of their queries; to be called in the event loop that uses them.

    `prometheus_address` is asked where a template names none. Queries go to `allowed_hosts` wherever they are; to
    others never on the operator's own machine, in its link-local network or at a cloud's metadata service.
    """
    return {PrometheusQuery: Prometheus(prometheus_address, allowed_hosts)}
