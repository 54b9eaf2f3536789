"""One bed for all workers, and a world of its own for each test."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from dev.cluster import Cluster, RunningCluster
from dev.cluster.operator_access import install_operator_access
from tests.e2e.world import World, world_on

_WORLD = pytest.StashKey[World]()
_SHARED = pytest.StashKey[RunningCluster]()
_END = pytest.StashKey[ExitStack]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In the process that starts the workers: start the bed before the first of them, and tell each where it is."""
    stash = node.config.stash
    if _SHARED not in stash:
        stash[_END] = ExitStack()
        stash[_SHARED] = stash[_END].enter_context(Cluster(dataplane=True))
        install_operator_access(stash[_SHARED])
    node.workerinput["bed"] = str(stash[_SHARED].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """In the same process, when all workers are done."""
    if _END in config.stash:
        config.stash[_END].close()


@pytest.fixture(scope="session")
def bed(request: pytest.FixtureRequest) -> Iterator[RunningCluster]:
    """The bed that all workers share; without workers, one of this process."""
    shared = getattr(request.config, "workerinput", {}).get("bed")
    if shared:
        yield RunningCluster.read(Path(shared))
        return
    with Cluster(dataplane=True) as running:
        install_operator_access(running)
        yield running


@pytest.fixture
def world(request: pytest.FixtureRequest, bed: RunningCluster, tmp_path: Path) -> Iterator[World]:
    """A namespace with an operator, which no other test knows of."""
    with world_on(bed, tmp_path, f"e2e-{uuid4().hex[:8]}") as made:
        request.node.stash[_WORLD] = made
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows the Rollouts, the loads and the end of the operator's log."""
    report = yield
    if report.when == "call" and report.failed and _WORLD in item.stash:
        report.sections.append(("the world", item.stash[_WORLD].story()))
    return report
