"""The backendRefs of a rule: which is which, and what each gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.api.trafficsplit import Backend

Rule = Mapping[str, Any]
Ref = Mapping[str, Any]

DEFAULT_WEIGHT = 1
"""What the Gateway API takes for a backendRef without a weight."""


def rules_of(raw: Mapping[str, Any]) -> list[Rule]:
    """The rules of a route, in order."""
    return list(raw["spec"].get("rules") or ())


def refs_by_key(rule: Rule, namespace: str) -> dict[str, Ref]:
    """The backendRefs of a rule, in order, by keys that survive a change of ports.

    The key of a Service of the route's own namespace is its name; a second backendRef of that name has `#2` behind
    it. Anything else is keyed by group, kind, namespace and name.
    """
    found: dict[str, Ref] = {}
    for ref in rule.get("backendRefs") or ():
        key = base = _base_key(ref, namespace)
        times = 1
        while key in found:
            times += 1
            key = f"{base}#{times}"
        found[key] = ref
    return found


def _base_key(ref: Ref, namespace: str) -> str:
    parts = (ref.get("group") or "", ref.get("kind") or "Service", ref.get("namespace") or namespace)
    return ref["name"] if parts == ("", "Service", namespace) else "/".join((*parts, ref["name"]))


def keys_of(backend: Backend, refs: Mapping[str, Ref]) -> list[str]:
    """The keys of the backendRefs that name a backend of a split."""
    return [
        key
        for key, ref in refs.items()
        if key.partition("#")[0] == backend.service and backend.port in (None, ref.get("port"))
    ]


def weight_of(ref: Ref) -> int:
    """What a backendRef gets: one that says nothing gets 1."""
    weight = ref.get("weight")
    return DEFAULT_WEIGHT if weight is None else int(weight)
