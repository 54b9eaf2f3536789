"""What a route kind can do for a TrafficSplit: the interface that a module in `routes` fulfils."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tidegate.api.trafficsplit import SplitRoute, TrafficSplitSpec
from tidegate.core.actions import Resource
from tidegate.core.objects import Key
from tidegate.core.world import RouteView

Raw = Mapping[str, Any]
"""An object as the API shows it. Never a typed model: one would drop the fields that it does not know."""
Operations = tuple[Mapping[str, Any], ...]
"""A JSON Patch (RFC 6902): its `test` operations are its precondition."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One write to a route that brings it where the split asks."""

    operations: Operations
    corrects: bool = field(default=False, kw_only=True)
    """Somebody else had changed the weights since they were written last."""
    moves: bool = field(default=False, kw_only=True)
    """Something else is asked for than when they were written last."""


@dataclass(frozen=True, slots=True)
class Rbac:
    """The rights that a route kind needs in the namespaces it is used in."""

    api_group: str
    resource: str
    verbs: tuple[str, ...]


class RouteKind(Protocol):
    """A route kind. All functions are pure; `raw` is never changed."""

    @property
    def resource(self) -> Resource:
        """What is patched."""

    @property
    def rbac(self) -> Rbac:
        """What the chart grants."""

    def observe(self, raw: Raw, split: Key, spec: TrafficSplitSpec, route: SplitRoute) -> RouteView:
        """What the route carries for `split`, or why it can't; `route` is one entry of `spec.routes`."""

    def patch_for(self, raw: Raw, split: Key, spec: TrafficSplitSpec) -> Edit | None:
        """What to write so that the route carries the weights of `spec`, by all entries that name the route.

        None when it does already, and when `observe` tells of a problem: nothing is done by halves.
        """

    def restore(self, raw: Raw, split: Key) -> Edit | None:
        """What to write so that nothing of `split` is left in the route; None when nothing is.

        Works from the route alone: the split may be gone.
        """

    def owners(self, raw: Raw) -> tuple[Key, ...]:
        """The splits that have left their mark on the route, and must be asked what is to become of it."""


RouteKinds = Mapping[str, RouteKind]
"""Route kinds by the name of their kind."""
