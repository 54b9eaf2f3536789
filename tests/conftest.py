"""What all suites share: a cluster of real processes, started when a test first asks for it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from dev.cluster import Cluster, RunningCluster

# A busy machine is no failure, and what fails in CI fails on the desk as well.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.fixture(scope="session")
def cluster() -> Iterator[RunningCluster]:
    """A control plane: real API server, controllers and scheduler, played pods, no traffic."""
    with Cluster() as running:
        yield running


@pytest.fixture(scope="session")
def bed() -> Iterator[RunningCluster]:
    """The same with a data plane: a gateway, pods that answer, Prometheus, and a load on demand."""
    with Cluster(dataplane=True) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that is skipped has failed: one that cannot run must not pass for one that has."""
    return _never_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file."""
    return _never_skipped((yield))


def _never_skipped(report: Report) -> Report:
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and so it proves nothing: {report.longrepr}"
    return report
