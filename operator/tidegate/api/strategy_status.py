"""Where a canary and a blue/green release stand, in the status of a Rollout."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidegate.api.meta import StatusModel


class WeightDestination(StatusModel):
    """One side of the traffic."""

    weight: Annotated[int, Field(description="Its share of the traffic: in percent, or of maxTrafficWeight.")]
    pod_template_hash: Annotated[str, Field(description="Which version it is.")] = ""
    service_name: Annotated[str, Field(description="The Service that it stands behind.")] = ""


class Weights(StatusModel):
    """The weights that the routes were seen to carry."""

    canary: Annotated[WeightDestination, Field(description="The new version.")]
    stable: Annotated[WeightDestination, Field(description="The stable version.")]
    asked: Annotated[int, Field(description="The canary's weight that was asked for last.")] = 0
    verified: Annotated[
        bool, Field(description="Whether every parent of every route has taken these weights over.")
    ] = False

    @property
    def percent_seen(self) -> float:
        """The new version's share as it was seen, 0 to 100: the two weights are all the traffic."""
        return self._percent(self.canary.weight)

    @property
    def percent_stable(self) -> float:
        """The stable version's share as it was seen, 0 to 100."""
        return self._percent(self.stable.weight)

    @property
    def percent_asked(self) -> float:
        """The share that was asked for, 0 to 100."""
        return self._percent(self.asked)

    def _percent(self, weight: int) -> float:
        share = round(100 * weight / ((self.canary.weight + self.stable.weight) or 100), 4)
        # A whole number is told as one.
        return int(share) if share.is_integer() else share


class RunStatus(StatusModel):
    """An AnalysisRun of this release in brief."""

    name: Annotated[str, Field(description="Name of the AnalysisRun.")]
    status: Annotated[str, Field(description="Where it stands; its verdict at the end.")]
    message: Annotated[str, Field(description="Why, in a sentence.")] = ""


class PingPongRole(StrEnum):
    """One of the two Services that take turns."""

    PING = "ping"
    PONG = "pong"

    @property
    def other(self) -> PingPongRole:
        """The one whose turn comes after."""
        return PingPongRole.PONG if self is PingPongRole.PING else PingPongRole.PING


class CanaryStatus(StatusModel):
    """The canary's side of the status."""

    weights: Annotated[Weights | None, Field(description="The weights as seen; none before a route could be read.")] = (
        None
    )
    current_step_analysis_run_status: Annotated[RunStatus | None, Field(description="The run of the current step.")] = (
        None
    )
    current_background_analysis_run_status: Annotated[
        RunStatus | None, Field(description="The run beside the steps.")
    ] = None
    stable_ping_pong: Annotated[
        PingPongRole | None, Field(description="Which of pingPong's Services leads to the stable version.")
    ] = None


class BlueGreenStatus(StatusModel):
    """Where the two Services of a blue/green release lead to."""

    active_selector: Annotated[str, Field(description="Pod template hash of the version that users reach.")] = ""
    preview_selector: Annotated[str, Field(description="Pod template hash of the version in the preview.")] = ""
