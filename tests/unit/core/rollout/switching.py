"""The same release of `web` in blue/green: version 1 behind the active Service `web`, version 2 in its preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.unit.core.rollout import making
from tests.unit.core.rollout.making import NEW, NEW_NAME, OLD, OLD_NAME, make_spec, service, services
from tidegate.api.rollout import RolloutSpec
from tidegate.core.rollout.scene import Scene
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.world import ServiceView

ACTIVE_OLD, ACTIVE_NEW = service("web", OLD, {OLD_NAME: 5}), service("web", NEW, {NEW_NAME: 5})
ACTIVE_BOTH = service("web", NEW, {NEW_NAME: 5, OLD_NAME: 5})
PREVIEW_NEW, PREVIEW_OLD = service("web-preview", NEW, {NEW_NAME: 5}), service("web-preview", OLD, {OLD_NAME: 5})


def blue_green_spec(*, image: str = "web:2", blue_green: Mapping[str, Any] | None = None, **more: Any) -> RolloutSpec:
    """What the user wrote: `blue_green` are fields of spec.strategy.blueGreen."""
    written = make_spec(image=image, **more).model_dump(by_alias=True, exclude_unset=True, mode="json")
    strategy = {"activeService": "web", "previewService": "web-preview", **(blue_green or {})}
    return RolloutSpec.model_validate(written | {"strategy": {"blueGreen": strategy}})


def switched(
    *,
    index: int = 0,
    new: Any = 5,
    old: Any = 5,
    active: ServiceView | None = ACTIVE_OLD,
    preview: ServiceView | None = PREVIEW_NEW,
    blue_green: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    **world: Any,
) -> Scene:
    """A release that goes well. The steps are: 0 the preview's size, 1 the switch, unless fields add some."""
    asked = blue_green_spec(blue_green=blue_green, **(spec or {}))
    canary = making.scene(new=new, old=old, weight=None, spec=spec, services=services(preview, active), **world)
    facts = making.make_status(asked, current_step_index=index, **(status or {}))
    view = making.RolloutView(making.meta("web", generation=3), asked, facts)
    seen = replace(canary.world, rollout=view)
    return Scene(seen, asked, strategy_of(asked), canary.new_hash, facts)
