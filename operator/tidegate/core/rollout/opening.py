"""The schedule: may a release start, may it move on. Going back and an abort never ask."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.api.schedule import Override, Schedule
from tidegate.core.actions import Event
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait
from tidegate.core.schedule import closed, local_text, next_opening


def may_move_on(scene: Scene) -> Wait | None:
    """None when a step may follow on another now."""
    schedule = scene.spec.schedule
    return None if schedule is None or _override(scene) else _closed(scene, schedule)


def may_start(scene: Scene) -> Wait | None:
    """None when a release may begin now."""
    schedule = scene.spec.schedule
    if schedule is None or _override(scene):
        return None
    return _too_early(scene, schedule) or _closed(scene, schedule)


def overridden(scene: Scene) -> tuple[Event, ...]:
    """What is said when something goes on although the schedule is closed."""
    schedule, override = scene.spec.schedule, _override(scene)
    if schedule is None or override is None or _closed(scene, schedule) is None:
        return ()
    return (Event("ScheduleOverridden", f"{override.by}: {override.reason}", warning=True),)


def _override(scene: Scene) -> Override | None:
    schedule = scene.spec.schedule
    override = schedule.override if schedule else None
    return override if override is not None and scene.now < override.until else None


def _closed(scene: Scene, schedule: Schedule) -> Wait | None:
    found = closed(schedule, scene.now)
    if found is None:
        return None
    if found.freeze is not None:
        end = f"before {local_text(schedule, found.until)}" if found.until else "as long as this freeze is there"
        return Wait("Frozen", f"nothing moves on {end}: {found.freeze.reason}", found.until)
    opens = local_text(schedule, found.until) if found.until else "at no time in sight"
    return Wait("OutsideWindow", f"the schedule opens {opens}", found.until)


def _too_early(scene: Scene, schedule: Schedule) -> Wait | None:
    """The next release starts `minIntervalSeconds` after the end of the one before, or in the opening after that.

    One that takes the place of another under way is no further start.
    """
    history = scene.status.history
    if not schedule.min_interval_seconds or not history:
        return None
    if history[-1].finished_at is None:
        ending = "the release before is still being taken back"
        return Wait("MinInterval", f"{ending}, and the interval runs from its end") if scene.status.abort else None
    interval = timedelta(seconds=schedule.min_interval_seconds)
    earliest = max(release.finished_at for release in history if release.finished_at is not None) + interval
    return _interval(schedule, earliest) if earliest > scene.now else None


def _interval(schedule: Schedule, earliest: datetime) -> Wait:
    until = next_opening(schedule, earliest)
    said = local_text(schedule, until) if until else "not in sight"
    return Wait("MinInterval", f"the last release ended a short while ago: the next may start {said}", until)
