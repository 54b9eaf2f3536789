"""What becomes of a release when another template comes in its middle, and how far back is instant."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidegate.api.meta import Model


class OnSupersede(StrEnum):
    """What a template does that comes while another one is being released."""

    RESTART = "Restart"
    """It begins at once, at the first step."""
    QUEUE = "Queue"
    """The release under way ends first, promoted or aborted; then the latest template begins."""
    KEEP_STEP = "KeepStep"
    """It takes the place of the other one, and goes on at the weight that was reached."""


class RollbackWindow(Model):
    """How far back a version may lie that takes the traffic back without steps and analyses."""

    revisions: Annotated[
        int,
        Field(ge=1, description="Fewer ReplicaSets than this lie between that version and the stable one."),
    ]
