"""Where something stands in a manifest."""

from __future__ import annotations

Location = tuple[str | int, ...]
"""A path of fields and indices: `("strategy", "canary", "steps", 0)`."""


def field_path(location: Location, root: str = "") -> str:
    """`("steps", 2, "setWeight")` → `steps[2].setWeight`, below `root` when one is given."""
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return f"{root}{parts}" if root else parts.removeprefix(".")
