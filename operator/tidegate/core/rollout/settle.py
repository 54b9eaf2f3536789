"""The ends of a release: promoted, taken back, or the first version that works."""

from __future__ import annotations

from tidegate.api.rollout_status import Outcome
from tidegate.api.strategy_status import CanaryStatus
from tidegate.core.actions import Event
from tidegate.core.rollout import initial, release
from tidegate.core.rollout.arrival import arrived, endpoints_arrived, pods_arrived, wait_for_pods, weight_arrived
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import STEP_COMPLETED, TURN, Wait
from tidegate.core.rollout.strategy import Routing
from tidegate.core.rollout.traffic import pinned_to_new, promoting, takes_turns


def settle(scene: Scene) -> tuple[Scene, Wait | None]:
    """What is left to do when no step is: the Wait says what it needs, None that all is done."""
    if promoting(scene):
        return _promote(scene)
    if scene.first_release:
        return _first(scene)
    if scene.status.abort:
        return _taken_back(scene)
    return _promoted(scene)


def overtaken(scene: Scene) -> Scene:
    """Another template came after all of a promotion but its status was written: it is over, and it succeeded.

    Else the next release would call a version stable whose pods are gone by then, and lead its Service there.
    """
    status, service = scene.status, scene.stable_service
    if scene.first_release or status.abort or scene.strategy.lingers or scene.strategy.routing is Routing.SERVICE:
        return scene
    if service is None or service.pod_hash != status.current_pod_hash or scene.new_hash == status.current_pod_hash:
        return scene
    skipped = Outcome.FAST_PROMOTED if status.promote_full else Outcome.PROMOTED
    return _finish(scene.facts(stable_rs=status.current_pod_hash), skipped)


def _promote(scene: Scene) -> tuple[Scene, Wait | None]:
    """All traffic on the canary Service, then the stable Service on the new version, then that version is stable."""
    counted, turns = scene.strategy.routing is Routing.PODS, takes_turns(scene)
    pinned = not turns and (not scene.strategy.stable_service or pinned_to_new(scene, scene.stable_service))
    waiting = _for_all(scene) if scene.spec.replicas and (counted or not pinned) else None
    if waiting is not None:
        return scene, waiting
    if turns:
        # Written down before anything else is done: by their Services alone the roles could not be told any more.
        return scene.facts(stable_rs=scene.new_hash, canary=_other_turn(scene)), TURN
    if not pinned:
        return scene, _endpoints(scene, scene.strategy.stable_service)
    return _promoted(scene.facts(stable_rs=scene.new_hash))


def _other_turn(scene: Scene) -> CanaryStatus:
    """The Service that has all the traffic leads to the stable version from now on."""
    now = scene.strategy.stable_ping_pong
    return scene.status.canary.model_copy(update={"stable_ping_pong": now.other if now else None})


def _for_all(scene: Scene) -> Wait | None:
    """None when the new version can take all users: by its weight, or by the switch of the Service."""
    if scene.strategy.lingers:
        return pods_arrived(scene) or endpoints_arrived(scene)
    outcome = arrived(scene, scene.full)
    return outcome if isinstance(outcome, Wait) else None


def _endpoints(scene: Scene, name: str) -> Wait:
    message = (
        f"the endpoints of Service {name} are not the {scene.spec.replicas} pods of {scene.new_name} yet; "
        "where that stays so, its selector asks for labels that the template doesn't give"
    )
    return Wait("EndpointsNotReady", message, on_pods=True)


def _first(scene: Scene) -> tuple[Scene, Wait | None]:
    """The first version goes to its full size at once: there is nobody to compare it with."""
    new, wanted = scene.new, scene.spec.replicas
    if new is None or new.available < wanted:
        return scene, wait_for_pods(new, scene.new_name, wanted)
    for name in scene.strategy.services:
        # All, though nobody goes to the canary yet: a selector that finds no pods is told now, not in a release.
        if not pinned_to_new(scene, scene.world.services.get(name)):
            return scene, _endpoints(scene, name)
    waiting = weight_arrived(scene, 0)
    if waiting is not None:
        return scene, waiting
    scene, waiting = initial.judge(scene)
    if waiting is not None:
        return scene, waiting
    skipped = scene.status.promote_full
    return _finish(scene.facts(stable_rs=scene.new_hash), Outcome.FAST_PROMOTED if skipped else Outcome.PROMOTED), None


def _taken_back(scene: Scene) -> tuple[Scene, Wait | None]:
    waiting = weight_arrived(scene, 0)
    if waiting is not None:
        return scene, waiting
    return release.close(scene, Outcome.ABORTED, scene.status.abort_cause), None


def _promoted(scene: Scene) -> tuple[Scene, Wait | None]:
    """The stable version has all traffic and all its pods."""
    waiting = weight_arrived(scene, 0)
    if waiting is not None:
        return scene, waiting
    stable, wanted = scene.stable, scene.spec.replicas
    if stable is None or stable.available < wanted:
        return scene, wait_for_pods(stable, scene.new_name, wanted)
    skipped = scene.status.promote_full
    return _finish(scene, Outcome.FAST_PROMOTED if skipped else Outcome.PROMOTED), None


def _finish(scene: Scene, outcome: Outcome) -> Scene:
    if not scene.under_way:
        return scene
    revision = scene.status.current_revision
    said = f"revision {revision} ({scene.status.current_pod_hash}) has all the traffic"
    done = Event("ReleaseCompleted", said, instead_of=STEP_COMPLETED)
    return release.close(scene, outcome).facts(done, promote_full=False)
