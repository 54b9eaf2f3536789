"""Which template is in hand: that of the manifest, or that of the release under way while the other has to wait.

A version that was stable lately never waits: going back must be possible at any moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tidegate.api.supersede import OnSupersede
from tidegate.api.template import PodTemplate
from tidegate.core.config.revision import UNVERSIONED
from tidegate.core.rollout.dependencies import may_follow
from tidegate.core.rollout.opening import may_start
from tidegate.core.rollout.rollback import goes_back, instant
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.steps.outcome import Wait


def admit(scene: Scene) -> tuple[Scene, Wait | None]:
    """The scene of the template in hand; the Wait tells why that is not the manifest's."""
    wait = _waits(scene)
    return (scene, None) if wait is None else (_in_hand(scene), wait)


def _waits(scene: Scene) -> Wait | None:
    if scene.new_hash == scene.status.current_pod_hash:
        return None
    if scene.first_release:
        return None if scene.status.current_pod_hash else may_follow(scene)
    before = _in_hand(scene).new
    # Without its ReplicaSet, whole, there is nothing to go on with: of its template and config there is no other copy.
    if before is None or before.awaits_copies or goes_back(scene) or instant(scene):
        return None
    return next((wait for gate in GATES if (wait := gate(scene)) is not None), None)


def _in_hand(scene: Scene) -> Scene:
    """The release under way, with the template that its ReplicaSet remembers."""
    here = replace(scene, new_hash=scene.status.current_pod_hash, config=UNVERSIONED)
    if here.new is None or not here.new.template:
        return here
    template = PodTemplate.model_validate_json(here.new.template)
    return replace(here, spec=here.spec.model_copy(update={"template": template}))


def _queue(scene: Scene) -> Wait | None:
    """The release under way ends first."""
    if scene.spec.on_supersede is not OnSupersede.QUEUE or not scene.under_way:
        return None
    revision = scene.status.current_revision
    return Wait("Queued", f"the template of the manifest begins when revision {revision} is promoted or aborted")


GATES: tuple[Callable[[Scene], Wait | None], ...] = (_queue, may_start, may_follow)
