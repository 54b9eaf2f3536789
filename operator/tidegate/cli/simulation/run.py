"""One simulation: the version before runs, the manifest is applied, and time passes until nothing changes any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tidegate.api.strategy_status import Weights
from tidegate.cli.errors import CommandError
from tidegate.cli.simulation.given import BEFORE, Given, before
from tidegate.cli.simulation.measuring import Measuring
from tidegate.cli.simulation.person import Person
from tidegate.cli.simulation.recorder import Recorder
from tidegate.cli.simulation.scenario import READY_SECONDS, Scenario
from tidegate.cli.simulation.timeline import Course
from tidegate.core.objects import Key, key_of
from tidegate.model import Cluster
from tidegate.model.objects import owners_of
from tidegate.model.pods import Life, Lives

Raw = dict[str, Any]
FIRST = timedelta(hours=1).total_seconds()
"""How long the version before may take to stand."""
LEAD = timedelta(days=1)
"""How long before its release the version before has come."""
LONGEST = timedelta(days=30).total_seconds()
PATIENCE = timedelta(hours=1)
"""So long without a change, in a wait that has no end of its own, is standing still."""
AFTERWARDS = timedelta(hours=25).total_seconds()
"""How long the pods of the version that lost are watched."""


@dataclass(frozen=True, slots=True)
class Release:
    """One Rollout that is watched."""

    key: Key
    recorder: Recorder
    person: Person | None

    @property
    def over(self) -> bool:
        """Whether it ended, or nothing will end it."""
        course = self.recorder.course
        return course.ended or self.recorder.stands_still(PATIENCE)


def simulate(found: Given, scenario: Scenario, at: datetime, *, promote: bool) -> list[Course]:
    """The courses of all Rollouts, released at that moment. Raises CommandError when one can't begin."""
    cluster = measured_by(scenario, at - LEAD, lambda image, _: _life(scenario, image))
    cluster.api.apply([*found.others, *map(before, found.rollouts)])
    cluster.start_operator()
    _stand(cluster, [key_of(raw) for raw in found.rollouts])
    cluster.run((at - cluster.clock.now).total_seconds())
    return follow(cluster, found.rollouts, promote=promote)


def follow(cluster: Cluster, rollouts: Sequence[Raw], *, promote: bool) -> list[Course]:
    """Apply the Rollouts and watch what becomes of them."""
    cluster.api.apply(rollouts)
    releases = [_release(cluster, key_of(raw), promote=promote) for raw in rollouts]
    _pass_time(cluster, releases)
    return [release.recorder.course for release in releases]


def _release(cluster: Cluster, key: Key, *, promote: bool) -> Release:
    recorder = Recorder(cluster, key)
    return Release(key, recorder, Person(cluster, key, recorder) if promote else None)


def _pass_time(cluster: Cluster, releases: Sequence[Release]) -> None:
    def done() -> bool:
        for release in releases:
            if release.person is not None:
                release.person.look()
        return all(release.over for release in releases)

    # In pieces: where nothing is due any more, nobody would look whether it stands still.
    while not done() and cluster.clock.seconds < LONGEST:
        cluster.run(PATIENCE.total_seconds(), done)
    cluster.run(AFTERWARDS, lambda: not any(release.recorder.leaving() for release in releases))
    for release in releases:
        release.recorder.end()


def _life(scenario: Scenario, image: str) -> Life:
    return Life(READY_SECONDS if image == BEFORE else scenario.ready_after)


def measured_by(scenario: Scenario, start: datetime, lives: Lives) -> Cluster:
    """An empty cluster in which Prometheus answers as the scenario says."""
    cluster = Cluster(start=start, lives=lives, measure=lambda query: measuring(query))
    measuring = Measuring(scenario, lambda: cluster.api.list("AnalysisRun"), lambda run: weight(cluster, run))
    return cluster


def weight(cluster: Cluster, run: Raw) -> float:
    """The new version's share in percent, for the Rollout that owns a run."""
    owners = {reference["uid"] for reference in owners_of(run)}
    rollout = next((raw for raw in cluster.api.list("Rollout") if raw["metadata"]["uid"] in owners), None)
    status = (rollout or {}).get("status") or {}
    if status.get("stableRS") == status.get("currentPodHash"):
        return 100
    weights = (status.get("canary") or {}).get("weights")
    # Only these: the whole status would be judged anew at each measurement.
    return Weights.model_validate(weights).percent_seen if weights else 0


def _stand(cluster: Cluster, keys: Sequence[Key]) -> None:
    """Let the versions before be stable. Raises CommandError with what keeps them from it."""
    cluster.run(FIRST, lambda: all(_healthy(cluster, key) for key in keys))
    for key in keys:
        if not _healthy(cluster, key):
            status = cluster.api.get(key).get("status") or {}
            said = (status.get("waitingFor") or {}).get("message") or status.get("message") or "it is not looked at"
            raise CommandError(f"{key.name}: the version before never stands: {said}")


def _healthy(cluster: Cluster, key: Key) -> bool:
    return (cluster.api.get(key).get("status") or {}).get("phase") == "Healthy"
