"""A scenario: a story that is told once and played on the model cluster and on a real one, with the same course.

The real ones are played several at a time: they mostly wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dev.cluster import RunningCluster
from tests.scenarios.course import Course, course_of, differences
from tests.scenarios.stages.model import ModelStage
from tests.scenarios.stages.real import real_stage
from tests.scenarios.story import Story

Tell = Callable[[Story], None]
AT_ONCE = 5
MODEL, REAL = "model", "real"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story, and whether its course is to be the same on both stages."""

    tell: Tell
    alike: bool


def scenario(tell: Tell) -> Callable[..., None]:
    """Make two tests of a story: `[model]` and `[real]`. Its course is the same on both."""
    return _tests_of(Scenario(tell, alike=True))


def raced(tell: Tell) -> Callable[..., None]:
    """The same for a story in which two controllers act at once: which of them is first is chance, the end is not."""
    return _tests_of(Scenario(tell, alike=False))


def _tests_of(played: Scenario) -> Callable[..., None]:
    @pytest.mark.parametrize("stage", [MODEL, REAL])
    def test(stage: str, request: pytest.FixtureRequest) -> None:
        if stage == MODEL:
            played.tell(Story(ModelStage()))
        else:
            request.getfixturevalue("company").finish(played)

    test.__name__, test.__doc__, test.__module__ = played.tell.__name__, played.tell.__doc__, played.tell.__module__
    test.scenario = played  # type: ignore[attr-defined]
    return test


class Company:
    """Plays stories on the cluster; all that are asked for at the start are begun then."""

    def __init__(self, cluster: RunningCluster, logs: Path, scenarios: Iterable[Scenario]) -> None:
        self._cluster = cluster
        self._logs = logs
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._playing: dict[Scenario, Future[None]] = {each: self._pool.submit(self._play, each) for each in scenarios}

    def finish(self, played: Scenario) -> None:
        """Wait for the end of a story. Raises what it raised."""
        self._playing[played].result()

    def leave(self) -> None:
        """Begin no other."""
        self._pool.shutdown(cancel_futures=True)

    def _play(self, played: Scenario) -> None:
        logs = self._logs / played.tell.__name__
        logs.mkdir()
        with real_stage(self._cluster, logs) as stage:
            if not played.alike:
                played.tell(Story(stage))
                return
            twin = _course_on_model(played.tell)
            # A status that tells of nothing urgent may be a while behind the last thing that the story waits for.
            stage.before_end = lambda: stage.until(
                lambda: not differences(course_of(stage), twin, events=False),
                lambda: differences(course_of(stage), twin, events=False),
            )
            played.tell(Story(stage))
            stage.end_operator()
            told = differences(course_of(stage), twin)
        assert not told, told


def _course_on_model(tell: Tell) -> Course:
    twin = ModelStage()
    tell(Story(twin))
    return course_of(twin)


def real_ones(items: Iterable[Any]) -> list[Scenario]:
    """The stories among the collected tests that are to be played on the real cluster."""
    found = (item for item in items if hasattr(getattr(item, "function", None), "scenario"))
    return [item.function.scenario for item in found if item.callspec.params["stage"] == REAL]
