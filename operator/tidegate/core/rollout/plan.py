"""One pass over a Rollout: from the world to what is to be done. Pure: no I/O, no clock, no randomness.

admit     which template is in hand: the manifest's may have to wait
begin     the user changed something: another release begins
answer    what people asked for
judge     the background analysis may take the release back
walk      the steps, as far as the world allows
settle    the end of a release
act       sizes, Services, weight and runs that follow from the facts now decided
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tidegate.api.rollout import RolloutSpec
from tidegate.core.actions import Action, Plan, Resource, merged
from tidegate.core.config.revision import pod_hash_of, settling, versioned
from tidegate.core.rollout import analysis, pins, pod_metadata, replicas, restart, traffic, workload
from tidegate.core.rollout.admission import admit
from tidegate.core.rollout.group import take_back_together
from tidegate.core.rollout.prerequisites import missing, not_begun
from tidegate.core.rollout.release import begin
from tidegate.core.rollout.remeasure import again_at, measure_again
from tidegate.core.rollout.requests import answer
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.settle import overtaken, settle
from tidegate.core.rollout.status import invalid, report
from tidegate.core.rollout.steps.outcome import TURN, Wait
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.rollout.walk import walk
from tidegate.core.rollout.watch import abort_stuck, deadline, judge_background
from tidegate.core.world import World


def plan(world: World) -> Plan:
    """Decide one pass. The same world gives the same plan, whoever asks and however often."""
    rollout = world.rollout
    if rollout.meta.deleting:
        return Plan()
    if rollout.spec is None:
        return invalid(world)
    scene, queued = admit(overtaken(_scene(world, rollout.spec)))
    if queued is not None and not scene.status.current_pod_hash:
        # The first version of all waits for others: there is nothing in hand meanwhile.
        status, urgent = report(scene, queued)
        return Plan((), status, urgent=urgent)
    scene, wait, actions = decide(restart.finish(answer(begin(scene))))
    status, urgent = report(scene, _told(wait, queued, restart.wait(scene)))
    call = wait.call if wait else None
    wake_at = _wake_at(scene, wait, queued)
    return Plan(actions, status, urgent=urgent, events=scene.events, wake_at=wake_at, call=call)


def _told(*waits: Wait | None) -> Wait | None:
    """What is told: the wait of the release under way; beside it that of the template in the manifest, a restart's."""
    there = [wait for wait in waits if wait is not None]
    if len(there) < 2 or there[0] is TURN:
        return next(iter(there), None)
    return replace(there[0], message="; ".join(wait.message for wait in there))


def _scene(world: World, spec: RolloutSpec) -> Scene:
    """The roles at the beginning of the pass. As long as the revision can't be told, it is the one that it was."""
    status, config = world.rollout.status, versioned(spec, world)
    pod_hash = pod_hash_of(spec.pods.as_written(), config)
    if status.current_pod_hash and pod_hash not in (status.current_pod_hash, status.stable_rs):
        config = settling(config, world.now)
    pod_hash = pod_hash if config.told else status.current_pod_hash
    strategy = strategy_of(spec, status.canary.stable_ping_pong)
    return Scene(world, spec, strategy, pod_hash, status, config=config)


def decide(scene: Scene) -> tuple[Scene, Wait | None, tuple[Action, ...]]:
    """The facts of this pass, what it waits for, and the actions that follow."""
    scene, background = judge_background(measure_again(take_back_together(scene)))
    lacking = missing(scene)
    scene = replace(scene, withheld=lacking is not None and not_begun(scene))
    if lacking is None and background is not None and not background.actions:
        lacking = background
    if lacking is not None:
        # No step is taken without its Services, or without the analysis that should guard it.
        return scene, lacking, _act(scene)
    scene, wait = _settled(*walk(scene))
    if wait is TURN:
        return scene, wait, ()
    taken_back = abort_stuck(scene, wait)
    if taken_back is not scene:
        scene, wait = settle(taken_back)
    waits = (background, wait) if scene.stepping or scene.first_release else ()
    return scene, wait, (*_act(scene), *(action for w in waits if w is not None for action in w.actions))


def _settled(scene: Scene, wait: Wait | None) -> tuple[Scene, Wait | None]:
    """The release at its end, when no step is left."""
    at_its_end = not scene.stepping or scene.steps_done
    return settle(scene) if at_its_end and wait is not TURN else (scene, wait)


def _act(scene: Scene) -> tuple[Action, ...]:
    """Traffic first: a version that hurts loses it before anything else happens. What takes away comes last."""
    if not scene.new_hash:
        return ()
    actions = (
        *traffic.divide(scene),
        *traffic.pin_services(scene),
        *replicas.grow(scene),
        *analysis.stop_needless(scene),
        *replicas.shrink(scene),
        *pins.unpin_left(scene),
        *workload.hand_over(scene),
        *analysis.collect(scene),
    )
    # At the very end: labels that can't be put on pods hold nothing up.
    actions = (*actions, *pod_metadata.swap(scene, actions))
    return (*actions, *restart.evict(scene, merged(actions, Resource.REPLICASETS)))


def _wake_at(scene: Scene, wait: Wait | None, queued: Wait | None = None) -> datetime | None:
    """When time alone changes something."""
    times: list[datetime | None] = [each.until for each in (wait, queued) if each is not None]
    times += [scene.config.settles_at, again_at(scene), *restart.look_again_at(scene)]
    if wait is not None:
        times.append(deadline(scene, wait))
    if any(rs.size for rs in scene.others):
        times.append(replicas.old_until(scene))
    if scene.new is not None and scene.new.size:
        times.append(replicas.aborted_until(scene))
    later = [time for time in times if time is not None and time > scene.now]
    return min(later) + timedelta(milliseconds=1) if later else None
