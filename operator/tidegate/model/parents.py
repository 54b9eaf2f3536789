"""The status that a Gateway API implementation writes into a route."""

from __future__ import annotations

from typing import Any

from tidegate.model.objects import Raw

CONTROLLER = "tidegate.dev/model-gateway"


def accepted(route: Raw, missing: list[str]) -> Raw:
    """The status of a route that was taken over as it stands; `missing` are Services that aren't there."""
    generation = route["metadata"]["generation"]
    conditions = [_condition("Accepted", generation), _resolved(generation, missing)]
    return {
        "parents": [
            {"parentRef": dict(reference), "controllerName": CONTROLLER, "conditions": conditions}
            for reference in route["spec"].get("parentRefs") or ()
        ]
    }


def _resolved(generation: int, missing: list[str]) -> dict[str, Any]:
    if not missing:
        return _condition("ResolvedRefs", generation)
    told = {"status": "False", "reason": "BackendNotFound", "message": f"Service {', '.join(missing)} not found"}
    return _condition("ResolvedRefs", generation) | told


def _condition(kind: str, generation: int) -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True",
        "reason": kind,
        "message": "",
        "observedGeneration": generation,
        "lastTransitionTime": "2030-01-01T00:00:00Z",
    }
