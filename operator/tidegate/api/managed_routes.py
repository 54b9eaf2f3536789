"""The steps that send requests to the new version by what they carry, and those that copy requests to it."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import Field

from tidegate.api.lanes import HeaderName, Lane, LaneHeader, LaneMatch, LaneName, LanePath, Method, Mirror
from tidegate.api.meta import Model, Refused, Rule, Shape, Weight

_TYPES = ("exact", "prefix", "regex")
_Text = Annotated[str | None, Field(min_length=1, max_length=1024)]


class ManagedRoute(Model):
    """The name of a rule that steps may write."""

    name: Annotated[LaneName, Field(description="Name that setHeaderRoute and setMirrorRoute use.")]


class StringMatch(Model):
    """Which texts."""

    exact: Annotated[_Text, Field(description="This text.")] = None
    prefix: Annotated[_Text, Field(description="Texts that begin so.")] = None
    regex: Annotated[_Text, Field(description="Texts that this expression fits as a whole.")] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            " + ".join(f"(has(self.{name}) ? 1 : 0)" for name in _TYPES) + " == 1",
            "a match is exactly one of exact, prefix and regex",
            lambda match: [match.exact, match.prefix, match.regex].count(None) == 2,
        ),
    )

    def header(self, name: str) -> LaneHeader:
        """The match of a header. The Gateway API knows no prefix of a value: it becomes an expression."""
        if self.exact is not None:
            return LaneHeader(name=name, type="Exact", value=self.exact)
        expression = self.regex if self.regex is not None else re.escape(self.prefix or "") + ".*"
        return LaneHeader(name=name, type="RegularExpression", value=expression)

    def path(self) -> LanePath:
        """The match of a path. A prefix goes by whole elements of the path, as the Gateway API has it."""
        if self.exact is not None:
            return LanePath(type="Exact", value=self.exact)
        if self.regex is not None:
            return LanePath(type="RegularExpression", value=self.regex)
        return LanePath(type="PathPrefix", value=self.prefix or "/")


class HeaderMatch(Model):
    """A header and its value."""

    header_name: Annotated[HeaderName, Field(description="The header.")]
    header_value: Annotated[StringMatch, Field(description="Its value.")]


class SetHeaderRoute(Model):
    """Requests with these headers go to the new version; without `match` the route is removed."""

    name: Annotated[LaneName, Field(description="A name of trafficRouting.managedRoutes.")]
    match: Annotated[
        list[HeaderMatch] | None,
        Field(min_length=1, max_length=16, description="The headers that a request must have, each of them."),
    ] = None

    def lane(self, canary: str) -> Lane | None:
        """The lane to the Service of the new version; None when the step takes the route away."""
        if self.match is None:
            return None
        headers = [each.header_value.header(each.header_name) for each in self.match]
        return Lane(name=self.name, match=[LaneMatch(headers=headers)], backend=canary)


class MethodMatch(Model):
    """Which method: an HTTPRoute tells methods apart by their whole name only."""

    exact: Annotated[Method, Field(description="The method.")]
    prefix: Annotated[
        None, Refused("method.prefix can't be written into an HTTPRoute: write method.exact", Shape.TEXT)
    ] = None
    regex: Annotated[
        None,
        Refused("method.regex can't be written into an HTTPRoute: write method.exact, one match for each", Shape.TEXT),
    ] = None


class MirrorMatch(Model):
    """What a request must carry: all of it."""

    method: Annotated[MethodMatch | None, Field(description="Its method.")] = None
    path: Annotated[StringMatch | None, Field(description="Its path; a prefix goes by whole elements.")] = None
    headers: Annotated[dict[str, StringMatch] | None, Field(max_length=16, description="Its headers, by name.")] = None
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.path) || has(self.path.regex) || "
            "(has(self.path.exact) && self.path.exact.startsWith('/')) || "
            "(has(self.path.prefix) && self.path.prefix.startsWith('/'))",
            "a path begins with /",
            lambda m: m.path is None or m.path.regex is not None or (m.path.exact or m.path.prefix).startswith("/"),
            field="path",
        ),
    )

    def lane_match(self) -> LaneMatch:
        """The same in the words of a lane."""
        return LaneMatch(
            path=self.path.path() if self.path else None,
            method=self.method.exact if self.method else None,
            headers=[value.header(name) for name, value in (self.headers or {}).items()],
        )


class SetMirrorRoute(Model):
    """The new version gets copies of these requests, and nobody its answers; without `match` the route is removed."""

    name: Annotated[LaneName, Field(description="A name of trafficRouting.managedRoutes.")]
    percentage: Annotated[Weight, Field(description="How many of them are copied. Default: all.")] = 100
    match: Annotated[
        list[MirrorMatch] | None,
        Field(min_length=1, max_length=16, description="Which requests: those that fit one of these."),
    ] = None

    def lane(self, canary: str) -> Lane | None:
        """The lane with copies for the Service of the new version; None when the step takes the route away."""
        if self.match is None:
            return None
        mirror = Mirror(backend=canary, percent=self.percentage)
        return Lane(name=self.name, match=[each.lane_match() for each in self.match], mirror=mirror)
