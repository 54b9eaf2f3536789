"""What all suites share: a cluster of real processes, started when a test first asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dev.cluster import Cluster, RunningCluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[RunningCluster]:
    """A control plane: real API server, controllers and scheduler, played pods, no traffic."""
    with Cluster() as running:
        yield running
