"""The steps of a canary."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.alias_generators import to_snake

from tidegate.api.approval import Approval
from tidegate.api.managed_routes import SetHeaderRoute, SetMirrorRoute
from tidegate.api.meta import Duration, Model, Refused, Rule, Shape, TrafficWeight, Weight
from tidegate.api.rollout_analysis import RolloutAnalysis
from tidegate.api.webhook import Webhook


def _present(*fields: str) -> str:
    """CEL for the names of those fields that are there, as one text."""
    return "(" + " + ".join(f"(has(self.{name}) ? '{name} ' : '')" for name in fields) + ")"


def _count(*fields: str) -> str:
    """CEL for how many of those fields are there."""
    return " + ".join(f"(has(self.{name}) ? 1 : 0)" for name in fields)


class Pause(Model):
    """A stop in the release."""

    duration: Annotated[
        Duration | None,
        Field(description="How long: seconds, or a text such as 10s, 5m, 1h. Left out: until somebody promotes."),
    ] = None


_SCALES = ("weight", "replicas", "matchTrafficWeight")


class SetCanaryScale(Model):
    """The canary's size, told apart from its weight."""

    weight: Annotated[Weight | None, Field(description="Size as a percentage of spec.replicas.")] = None
    replicas: Annotated[int | None, Field(ge=0, description="Size as a number of pods.")] = None
    match_traffic_weight: Annotated[
        bool | None, Field(description="true: from here on the size follows the weight again.")
    ] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            f"{_count(*_SCALES)} == 1",
            "setCanaryScale takes exactly one of weight, replicas and matchTrafficWeight",
            lambda s: [s.weight, s.replicas, s.match_traffic_weight].count(None) == 2,
            value=_present(*_SCALES),
        ),
    )


_KINDS = (
    "setWeight",
    "pause",
    "setCanaryScale",
    "setHeaderRoute",
    "setMirrorRoute",
    "analysis",
    "approval",
    "webhook",
)
_ALL = f"{', '.join(_KINDS[:-1])} and {_KINDS[-1]}"
_LATER = f"is not supported yet: steps can be {_ALL}"


class CanaryStep(Model):
    """One step of a release: exactly one of its fields."""

    set_weight: Annotated[
        TrafficWeight | None,
        Field(description="Traffic for the new version: a percentage, 0 to 100, or 0 to maxTrafficWeight."),
    ] = None
    pause: Annotated[Pause | None, Field(description="Wait for a time, or for a person.")] = None
    set_canary_scale: Annotated[SetCanaryScale | None, Field(description="Size of the new version.")] = None
    set_header_route: Annotated[
        SetHeaderRoute | None, Field(description="Send requests with certain headers to the new version.")
    ] = None
    set_mirror_route: Annotated[
        SetMirrorRoute | None, Field(description="Send copies of requests to the new version; nobody sees its answers.")
    ] = None
    analysis: Annotated[
        RolloutAnalysis | None, Field(description="Measure, and go on only when the verdict is Successful.")
    ] = None
    approval: Annotated[Approval | None, Field(description="Wait for somebody of a list.")] = None
    webhook: Annotated[Webhook | None, Field(description="Call another system.")] = None
    experiment: Annotated[None, Refused(f"step experiment {_LATER}")] = None
    plugin: Annotated[None, Refused("step plugin is not supported: use an analysis step")] = None
    set_groups: Annotated[None, Refused(f"step setGroups {_LATER}", Shape.LIST)] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            f"{_count(*_KINDS)} == 1",
            f"a step is exactly one of {_ALL}; write the others as steps of their own",
            lambda s: sum(getattr(s, to_snake(kind)) is not None for kind in _KINDS) == 1,
            value=_present(*_KINDS),
        ),
    )

    @property
    def managed_route(self) -> SetHeaderRoute | SetMirrorRoute | None:
        """The rule that the step writes or takes away."""
        return self.set_header_route or self.set_mirror_route


class GroupStep(CanaryStep):
    """The step that `spec.group` adds. Nobody writes it."""

    await_group: bool
    rules: ClassVar[tuple[Rule, ...]] = ()
