"""Times and steps in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def span(length: timedelta) -> str:
    """A length of time, in its two largest units: `2h5m`, `45s`."""
    seconds = max(0, round(length.total_seconds()))
    parts = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
    for place, (size, unit) in enumerate(parts):
        if seconds >= size:
            rest = seconds % size
            below = parts[place + 1] if place + 1 < len(parts) else None
            small = f"{rest // below[0]}{below[1]}" if below and rest >= below[0] else ""
            return f"{seconds // size}{unit}{small}"
    return "0s"


def ago(moment: datetime | None) -> str:
    """How long ago: `5m`."""
    return span(now() - moment) if moment else ""


def clock(moment: datetime) -> str:
    """A time of day as the reader's clock shows it."""
    return moment.astimezone().strftime("%H:%M:%S")


def step(raw: dict[str, Any]) -> str:
    """A step as written, in words. Total: a step may be one that the operator refuses."""
    match raw:
        case {"setWeight": weight}:
            return f"setWeight {weight}"
        case {"pause": {"duration": duration}}:
            return f"pause {duration}{'s' if isinstance(duration, int) else ''}"
        case {"pause": _}:
            return "pause until somebody promotes"
        case {"setCanaryScale": {"weight": weight}}:
            return f"setCanaryScale {weight} %"
        case {"setCanaryScale": {"replicas": replicas}}:
            return f"setCanaryScale {replicas} pods"
        case {"setCanaryScale": _}:
            return "setCanaryScale as the weight"
        case {"setHeaderRoute": dict(route)} | {"setMirrorRoute": dict(route)}:
            return f"{next(iter(raw))} {_route(route, copies='setMirrorRoute' in raw)}"
        case {"analysis": {"templates": [*templates]}}:
            names = (each.get("templateName", "?") for each in templates if isinstance(each, dict))
            return f"analysis {', '.join(map(str, names))}"
    return ", ".join(raw) or "an empty step"


def managed_routes(steps: Sequence[dict[str, Any]], index: int) -> str:
    """The header and mirror routes that the steps up to the current one have set, in words; empty for none."""
    last: dict[str, str] = {}
    for each in steps[: index + 1] if index < len(steps) else ():
        match each:
            case {"setHeaderRoute": {"name": name} as route} | {"setMirrorRoute": {"name": name} as route}:
                last[name] = _route(route, copies="setMirrorRoute" in each) if route.get("match") else ""
    return "; ".join(filter(None, last.values()))


def _route(raw: dict[str, Any], *, copies: bool) -> str:
    """A managed route, in words."""
    name, matches = raw.get("name", "?"), raw.get("match")
    if not matches:
        return f"{name} removed"
    if copies:
        return f"{name}: copies of {raw.get('percentage', 100)} % to the canary"
    headers = (str(each.get("headerName", "?")) for each in matches if isinstance(each, dict))
    return f"{name}: requests with {' and '.join(headers)} to the canary"
