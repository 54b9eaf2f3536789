"""A scenario: a story that is told once and played on the model cluster and on a real one, with the same course.

The real ones are played several at a time: they mostly wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dev.cluster import RunningCluster
from tests.scenarios.course import assert_same, course_of
from tests.scenarios.stages.model import ModelStage
from tests.scenarios.stages.real import real_stage
from tests.scenarios.story import Story

Tell = Callable[[Story], None]
AT_ONCE = 5
MODEL, REAL = "model", "real"


def scenario(tell: Tell) -> Callable[..., None]:
    """Make two tests of a story: `[model]` and `[real]`."""

    @pytest.mark.parametrize("stage", [MODEL, REAL])
    def test(stage: str, request: pytest.FixtureRequest) -> None:
        if stage == MODEL:
            tell(Story(ModelStage()))
        else:
            request.getfixturevalue("company").finish(tell)

    test.__name__, test.__doc__, test.__module__ = tell.__name__, tell.__doc__, tell.__module__
    test.tell = tell  # type: ignore[attr-defined]
    return test


class Company:
    """Plays stories on the cluster; all that are asked for at the start are begun then."""

    def __init__(self, cluster: RunningCluster, logs: Path, tells: Iterable[Tell]) -> None:
        self._cluster = cluster
        self._logs = logs
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._playing: dict[Tell, Future[None]] = {tell: self._pool.submit(self._play, tell) for tell in tells}

    def finish(self, tell: Tell) -> None:
        """Wait for the end of a story. Raises what it raised."""
        self._playing[tell].result()

    def leave(self) -> None:
        """Begin no other."""
        self._pool.shutdown(cancel_futures=True)

    def _play(self, tell: Tell) -> None:
        logs = self._logs / tell.__name__
        logs.mkdir()
        with real_stage(self._cluster, logs) as stage:
            tell(Story(stage))
            real = course_of(stage)
        twin = ModelStage()
        tell(Story(twin))
        assert_same(real, course_of(twin))


def real_ones(items: Iterable[Any]) -> list[Tell]:
    """The stories among the collected tests that are to be played on the real cluster."""
    found = (item for item in items if hasattr(getattr(item, "function", None), "tell"))
    return [item.function.tell for item in found if item.callspec.params["stage"] == REAL]
