"""From a raw Deployment to a frozen view of it: no more than a Rollout that takes its pods from it looks at."""

from __future__ import annotations

import json
from typing import Any

from tidegate.core.deployments import REPLICAS_BEFORE, SCALED_BY, DeploymentView
from tidegate.observe.fields import Raw, meta_view


def deployment_view(raw: Raw, _old: DeploymentView | None = None) -> DeploymentView:
    """A Deployment."""
    spec, status = raw.get("spec") or {}, raw.get("status") or {}
    notes, meta = (raw.get("metadata") or {}).get("annotations") or {}, meta_view(raw)
    size = spec.get("replicas", 1)
    before = str(notes.get(REPLICAS_BEFORE, ""))
    return DeploymentView(
        meta=meta,
        template=_template(spec.get("template") or {}),
        size=size,
        available=min(size, status.get("availableReplicas") or 0),
        scaled_by=notes.get(SCALED_BY, ""),
        # A mark that somebody spoiled must not take the pods from whoever serves.
        size_before=int(before) if before.isdecimal() else 1,
    )


def _template(template: dict[str, Any]) -> bytes:
    """Without the `creationTimestamp: null` that some API servers add: it would be another revision."""
    meta = {name: value for name, value in (template.get("metadata") or {}).items() if value is not None}
    return json.dumps({**template, "metadata": meta}, sort_keys=True, separators=(",", ":")).encode()
