"""The company that plays the stories on the real cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kubernetes.client import Configuration

from dev.cluster import RunningCluster
from dev.cluster.operator_access import EVERY_RIGHT, install_operator_access
from tests.scenarios.scenario import Company, real_ones

# A client that nobody gave a configuration reads the environment, which pytest changes between two tests while the
# stories begin in threads of their own: some story failed then, now and then.
Configuration.set_default(Configuration())


@pytest.fixture(scope="session")
def company(
    request: pytest.FixtureRequest, cluster: RunningCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    """The stories of this run, being played side by side, each with an operator under the chart's rights."""
    install_operator_access(cluster, settings=EVERY_RIGHT)
    playing = Company(cluster, tmp_path_factory.mktemp("stories"), real_ones(request.session.items))
    yield playing
    playing.leave()
