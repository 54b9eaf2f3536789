"""Services that take turns."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.meta import Model, Rule, ServiceName


class PingPong(Model):
    """Two Services that take turns in leading to the stable version."""

    ping_service: Annotated[
        ServiceName, Field(description="Leads to the stable version at first; its selector is managed.")
    ]
    pong_service: Annotated[
        ServiceName, Field(description="Leads to the new version in the first release; its selector is managed.")
    ]
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.pingService != self.pongService",
            "pingService and pongService are the same Service: each version needs one of its own",
            lambda p: p.ping_service != p.pong_service,
            field="pingService",
            value="self.pingService",
        ),
    )
