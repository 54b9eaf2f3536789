"""A release: from the change of the template to its end, and its line in history with the cadence T(D_i)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tidegate.api.rollout_status import Outcome, PauseReason, Release
from tidegate.api.strategy_status import CanaryStatus
from tidegate.api.supersede import OnSupersede
from tidegate.core.actions import Event
from tidegate.core.rollout.opening import overridden
from tidegate.core.rollout.revision import content_hash
from tidegate.core.rollout.rollback import goes_back, instant
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.weights import asked

KEPT = 20


def begin(scene: Scene) -> Scene:
    """Take up what the user changed: another template is another release, other steps go on from the same weight."""
    if scene.status.current_pod_hash != scene.new_hash:
        return _begin_release(scene)
    if scene.status.current_step_hash != _steps_hash(scene):
        return _go_on(scene)
    return scene


def _go_on(scene: Scene) -> Scene:
    return scene.facts(
        current_step_hash=_steps_hash(scene),
        current_step_index=_same_weight(scene),
        current_step_started_at=scene.now,
        # What a person stopped, perhaps to mend the steps, stays stopped until a person lets it go on.
        pause_conditions=[pause for pause in scene.status.pause_conditions if pause.reason is PauseReason.REQUEST],
        # Runs and calls are known by the index of their step: what became of the one before must not count for this.
        webhook=None,
        attempt=scene.status.attempt + scene.stepping,
    )


def _begin_release(scene: Scene) -> Scene:
    back, at_once = goes_back(scene), instant(scene)
    revision, index = _revision(scene), _first_step(scene)
    scene = _close_before(scene, Outcome.ROLLED_BACK if back else Outcome.SUPERSEDED)
    history = scene.status.history if back else [*scene.status.history, _line(scene, revision)][-KEPT:]
    return scene.facts(
        _event(scene, revision, back=back, at_once=at_once),
        *(() if back or at_once or scene.first_release else overridden(scene)),
        current_pod_hash=scene.new_hash,
        current_revision=revision,
        current_step_hash=_steps_hash(scene),
        current_step_index=len(scene.steps) if back or at_once or scene.first_release else index,
        history=history,
        **{**fresh_start(scene), "promote_full": at_once},
    )


def _first_step(scene: Scene) -> int:
    """Where the release begins. `KeepStep`: with the weight that the one before had reached, and what guards it."""
    replaced = scene.status.current_pod_hash not in ("", scene.status.stable_rs) and not scene.status.abort
    if scene.spec.on_supersede is not OnSupersede.KEEP_STEP or not replaced:
        return 0
    if scene.status.current_step_hash != _steps_hash(scene):
        return _same_weight(scene)
    reached = scene.steps[: scene.index + 1]
    return max((index for index, step in enumerate(reached) if step.set_weight is not None), default=0)


def fresh_start(scene: Scene) -> dict[str, Any]:
    """The facts of a release that has just begun: nothing of the one before may reach into it."""
    before = scene.status.canary
    return {
        "current_step_started_at": scene.now,
        "progressed_at": scene.now,
        "attempt": 0,
        "pause_conditions": [],
        "abort": False,
        "aborted_at": None,
        "abort_cause": "",
        "promote_full": False,
        "webhook": None,
        "canary": CanaryStatus(weights=before.weights, stable_ping_pong=before.stable_ping_pong),
    }


def again(scene: Scene) -> Scene:
    """Try an aborted revision once more, from the first step, with measurements of its own."""
    scene = close(scene, Outcome.ABORTED, scene.status.abort_cause)
    history = [*scene.status.history, _line(scene, scene.status.current_revision)][-KEPT:]
    return scene.facts(
        current_step_index=0, history=history, **{**fresh_start(scene), "attempt": scene.status.attempt + 1}
    )


def close(scene: Scene, outcome: Outcome, cause: str = "") -> Scene:
    """End the open line of history; nothing happens when there is none."""
    history = scene.status.history
    if not scene.under_way:
        return scene
    last = history[-1].model_copy(update={"finished_at": scene.now, "outcome": outcome, "cause": cause})
    return scene.facts(history=[*history[:-1], last])


def step_over(scene: Scene, ended: datetime) -> Scene:
    """On to the next step; how long this one took stands in history, one after the other."""
    began = scene.status.current_step_started_at or ended
    history = scene.status.history
    if history:
        seconds = [*history[-1].step_seconds, round((ended - began).total_seconds(), 3)]
        history = [*history[:-1], history[-1].model_copy(update={"step_seconds": seconds})]
    return scene.facts(current_step_index=scene.index + 1, current_step_started_at=ended, history=history)


def ended_by(scene: Scene, who: str) -> Scene:
    """Write down who asked for the end of the release, in its open line of history."""
    history = scene.status.history
    if not scene.under_way:
        return scene
    return scene.facts(history=[*history[:-1], history[-1].model_copy(update={"requester": who})])


def _close_before(scene: Scene, outcome: Outcome) -> Scene:
    """End the line of the release before; one that was taken back ended so, though its traffic may be on its way."""
    if scene.status.abort:
        return close(scene, Outcome.ABORTED, scene.status.abort_cause)
    return close(scene, outcome)


def _line(scene: Scene, revision: int) -> Release:
    ends = [release.finished_at for release in scene.status.history if release.finished_at is not None]
    return Release(
        revision=revision,
        pod_template_hash=scene.new_hash,
        images=[container.image for container in scene.spec.pods.spec.containers],
        started_at=scene.now,
        cadence_seconds=(scene.now - max(ends)).total_seconds() if ends else None,
    )


def _revision(scene: Scene) -> int:
    """One more than any before; the latest ReplicaSet keeps its number (a restart in mid-creation)."""
    latest = max([rs.revision for rs in scene.world.replicasets] + [scene.status.current_revision])
    if scene.new is not None and scene.new.revision == latest > scene.status.current_revision:
        return latest
    return latest + 1


def _event(scene: Scene, revision: int, *, back: bool, at_once: bool) -> Event:
    if back:
        return Event("RollingBack", f"the template is the stable version's again: taking revision {revision - 1} back")
    images = ", ".join(container.image for container in scene.spec.pods.spec.containers)
    skips = "; it was stable lately: steps and analyses are skipped" if at_once else ""
    return Event("ReleaseStarted", f"revision {revision} ({scene.new_hash}): {images}{skips}")


def _steps_hash(scene: Scene) -> str:
    return content_hash([step.model_dump(exclude_unset=True, mode="json") for step in scene.steps])


def _same_weight(scene: Scene) -> int:
    """Where to go on in changed steps: at the first `setWeight` not below the weight in force, else at the last.

    What guards the weight after it is still to come: a pause too many is better than an analysis that was skipped.
    """
    if scene.status.abort:
        return 0
    service = scene.stable_service
    if not scene.stepping or (service is not None and service.pod_hash == scene.new_hash):
        # All steps were done already: the stable Service leads to the new version.
        return len(scene.steps)
    reached = asked(scene)
    weights = [(index, step.set_weight) for index, step in enumerate(scene.steps) if step.set_weight is not None]
    at_or_above = (index for index, weight in weights if reached and weight >= reached)
    return next(at_or_above, weights[-1][0] if reached and weights else 0)
