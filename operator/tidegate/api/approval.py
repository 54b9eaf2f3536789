"""Step `approval`: people of a list let the release go on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.meta import Model, Rule

Approver = Annotated[str, Field(min_length=1, max_length=253)]


class OnTimeout(StrEnum):
    """What becomes of a release that nobody approves in time."""

    ABORT = "Abort"
    PAUSE = "Pause"


class Approvers(Model):
    """Who may approve: any one of these."""

    users: Annotated[list[Approver], Field(max_length=50, description="User names, as the API server knows them.")] = []
    groups: Annotated[
        list[Approver], Field(max_length=50, description="Groups of users, as the API server knows them.")
    ] = []
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "(has(self.users) && self.users.size() > 0) || (has(self.groups) && self.groups.size() > 0)",
            "nobody could approve: name at least one of users or groups",
            lambda a: bool(a.users or a.groups),
        ),
    )


class Approval(Model):
    """A stop until somebody of a list approves."""

    approvers: Annotated[Approvers, Field(description="Who may approve: one of them is enough.")]
    timeout_seconds: Annotated[
        int | None, Field(ge=1, description="How long it waits at most. Left out: without an end.")
    ] = None
    on_timeout: Annotated[
        OnTimeout | None,
        Field(description="When the time is over: Abort (default) takes the release back, Pause goes on waiting."),
    ] = None
    message: Annotated[
        str, Field(max_length=512, description="What the approvers should look at; told with the wait.")
    ] = ""
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.onTimeout) || has(self.timeoutSeconds)",
            "onTimeout says what happens after timeoutSeconds: add timeoutSeconds, or remove it",
            lambda a: a.on_timeout is None or a.timeout_seconds is not None,
            field="onTimeout",
            value="self.onTimeout",
        ),
    )
