"""Lanes: requests that are told apart by what they carry, before the weights hold for the others."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from tidegate.api.meta import Model, Rule, ServiceName, Weight

_HEADER_NAME = r"^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$"
HeaderName = Annotated[str, Field(min_length=1, max_length=256, pattern=_HEADER_NAME)]
Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
LaneName = Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]


class LanePath(Model):
    """Which paths."""

    type: Annotated[
        Literal["Exact", "PathPrefix", "RegularExpression"],
        Field(description="How the value is read; PathPrefix goes by whole elements of the path."),
    ] = "PathPrefix"
    value: Annotated[str, Field(min_length=1, max_length=1024, description="The path, with its leading slash.")]


class LaneHeader(Model):
    """Which values of a header."""

    name: Annotated[
        str,
        # A key of a map, as in setMirrorRoute, can't be judged in a CRD: the API server judges it here, and says so.
        WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 256, "pattern": _HEADER_NAME}),
        Field(description="The header; upper and lower case are the same."),
    ]
    type: Annotated[Literal["Exact", "RegularExpression"], Field(description="How the value is read.")] = "Exact"
    value: Annotated[str, Field(min_length=1, max_length=4096, description="Its value, or an expression for it.")]


class LaneMatch(Model):
    """What a request must carry: all of it."""

    path: Annotated[LanePath | None, Field(description="Its path.")] = None
    method: Annotated[Method | None, Field(description="Its method.")] = None
    headers: Annotated[list[LaneHeader], Field(max_length=16, description="Its headers, each of them.")] = []


class Mirror(Model):
    """Copies of requests, whose answers nobody sees."""

    backend: Annotated[ServiceName, Field(description="Who gets the copies: one of backends.")]
    percent: Annotated[Weight, Field(description="How many of the requests are copied. Default: all.")] = 100


class Lane(Model):
    """Whole requests, told apart by what they carry."""

    name: Annotated[LaneName, Field(description="Names the lane; its rule in the route is called after it.")]
    match: Annotated[
        list[LaneMatch], Field(min_length=1, max_length=16, description="Which requests: those that fit one of these.")
    ]
    backend: Annotated[
        ServiceName | None, Field(description="Who answers them: one of backends. Left out: as the weights say.")
    ] = None
    mirror: Annotated[Mirror | None, Field(description="Who gets copies of them.")] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.backend) || has(self.mirror)",
            "a lane without backend and mirror changes nothing: give it one of them",
            lambda lane: lane.backend is not None or lane.mirror is not None,
        ),
    )

    @property
    def needs(self) -> tuple[str, ...]:
        """The Services that must have somebody who answers."""
        return tuple(name for name in (self.backend, self.mirror.backend if self.mirror else None) if name)
