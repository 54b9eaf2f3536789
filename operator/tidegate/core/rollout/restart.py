"""A restart: pods older than a moment are replaced, few at a time, without a change of the template.

Pods are not watched: the shell looks at those of one ReplicaSet when it is its turn, asks the API server to evict some,
and keeps in memory what it saw. A crash after any eviction looks again and goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from tidegate.api.meta import time_text
from tidegate.core.actions import Action, Event, RestartPods
from tidegate.core.pods import RestartProgress
from tidegate.core.rollout import restart_bounds as bounds
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.world import ReplicaSetView

SOON, RETRY = timedelta(seconds=2), timedelta(seconds=30)


def due(scene: Scene) -> datetime | None:
    """Pods older than this are to go: the later of what the spec and a request say; None when that was done.

    In whole seconds, as the age of a pod is: else one that was made in that second would be replaced twice.
    """
    times = [time.replace(microsecond=0) for time in _asked(scene) if time <= scene.now]
    ended = scene.status.restarted_at
    return None if not times or (ended is not None and ended >= max(times)) else max(times)


def _asked(scene: Scene) -> list[datetime]:
    return [time for time in (scene.spec.restart_at, scene.status.restart_at) if time is not None]


def finish(scene: Scene) -> Scene:
    """Remember that a restart is over when no pod is left that it was meant for."""
    moment = due(scene)
    if moment is None or _left(scene, moment):
        return scene
    if not any(rs.size and rs.meta.created_at < moment for rs in scene.world.replicasets):
        # A new Rollout whose manifest has a time of long ago: nothing has happened.
        return scene.facts(restarted_at=moment)
    return scene.facts(Event("PodsRestarted", f"no pod is from before {time_text(moment)}"), restarted_at=moment)


def _left(scene: Scene, moment: datetime) -> list[ReplicaSetView]:
    """The ReplicaSets that may have older pods: one at a time, the stable one first, which has most of the users."""
    sets = sorted(scene.world.replicasets, key=lambda rs: rs is not scene.stable)
    return [rs for rs in sets if rs.size and rs.meta.created_at < moment and not _done(scene, rs, moment)]


def _done(scene: Scene, rs: ReplicaSetView, moment: datetime) -> bool:
    seen = _progress(scene, rs, moment)
    return seen is not None and not seen.left


def _progress(scene: Scene, rs: ReplicaSetView, moment: datetime) -> RestartProgress | None:
    seen = scene.world.restarts.get(rs.meta.name)
    return seen if seen is not None and seen.older_than == moment else None


def _turn(scene: Scene) -> tuple[datetime, ReplicaSetView] | None:
    """The moment, and the ReplicaSet whose turn it is; None when there is nothing to restart."""
    moment = due(scene)
    left = _left(scene, moment) if moment is not None else []
    return (moment, left[0]) if moment is not None and left else None


def _written_down(scene: Scene) -> bool:
    """The request stands in status. After a crash it would be answered anew, with a later time, and the pods that were
    made by then be replaced again."""
    return scene.status.restart_at == scene.world.rollout.status.restart_at


def with_spare(scene: Scene, wanted: Mapping[str, int]) -> dict[str, int]:
    """The sizes; the version whose turn it is has a second pod when its only one has users."""
    moment = due(scene)
    left = _left(scene, moment) if moment is not None and _written_down(scene) else []
    spares = {rs.pod_hash: _with_spare(scene, rs) for rs in left if wanted.get(rs.pod_hash) == 1}
    return {**wanted, **spares}


def _with_spare(scene: Scene, rs: ReplicaSetView) -> int:
    if not (bounds.users_need_it(scene, rs) and bounds.room_for_spare(scene, rs)):
        return 1
    turn = _turn(scene)
    if turn is not None and turn[1] is rs and _progress(scene, rs, turn[0]):
        return 2
    # Nobody has looked at its pods since the start: it may need the second one, or be done with it.
    return min(rs.size, 2)


def evict(scene: Scene, written: Collection[str]) -> Iterable[Action]:
    """Evict from one ReplicaSet. One that this pass writes has its turn in the next."""
    turn = _turn(scene)
    if turn is None or turn[1].meta.name in written or not _written_down(scene):
        return
    moment, rs = turn
    seen = _progress(scene, rs, moment)
    if seen is None or not seen.refused or _again_at(seen) <= scene.now:
        most = bounds.most_missing(scene, rs)
        if most or rs.available < rs.size or seen is None:
            yield RestartPods(rs.meta, rs.pod_hash, moment, rs.size, rs.available, most, scene.now)


def wait(scene: Scene) -> Wait | None:
    """What a restart under way waits for; None when there is none."""
    turn = _turn(scene)
    if turn is None:
        return None
    moment, rs = turn
    seen = _progress(scene, rs, moment)
    if seen is not None and seen.refused:
        return Wait("EvictionRefused", f"a pod of ReplicaSet {rs.meta.name} can't be replaced now: {seen.refused}")
    return Wait("Restarting", f"pods of ReplicaSet {rs.meta.name} from before {time_text(moment)} are being replaced")


def look_again_at(scene: Scene) -> list[datetime]:
    """When time alone changes something: a restart begins, or a pod that was refused is asked for again."""
    begins = [time for time in _asked(scene) if time > scene.now]
    turn = _turn(scene)
    if turn is None:
        return begins
    moment, rs = turn
    seen = _progress(scene, rs, moment)
    # Also when nothing was refused: a pod may have been replaced before anybody saw that it was missing.
    return [*begins, _again_at(seen) if seen is not None and seen.refused else scene.now + RETRY]


def _again_at(seen: RestartProgress) -> datetime:
    """When a pod that was refused is asked for again: soon at first, since a budget may not have counted the last
    successor yet, and less and less often."""
    return seen.at + min(SOON * (1 << min(seen.refusals, 10)), RETRY)
