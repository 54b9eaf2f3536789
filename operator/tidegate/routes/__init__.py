"""The route kinds that a split can be written into: a module each, and this table.

Pure: from a raw object to what it carries, and to the JSON Patch that brings it where it is asked to be.
"""

from __future__ import annotations

from tidegate.core.traffic.kinds import RouteKinds
from tidegate.routes import httproute

TABLE: RouteKinds = {httproute.KIND: httproute}
"""Every route kind by its name. The chart's RBAC is rendered from the `rbac` of each."""
