"""Routes and splits to try things on, and an API server in one function."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import jsonpatch

from tidegate.api.trafficsplit import TrafficSplitSpec
from tidegate.core.objects import Key
from tidegate.core.traffic.kinds import Edit, Operations
from tidegate.routes.httproute.marks import mark_name

Raw = dict[str, Any]
WEB = Key("TrafficSplit", "shop", "web")
API = Key("TrafficSplit", "shop", "api")


def ref(name: str, weight: int | None = None, **more: Any) -> Raw:
    """A backendRef; without a weight when that is None."""
    return {"name": name, "port": 80, **({} if weight is None else {"weight": weight}), **more}


def rule(*refs: Raw, name: str | None = None, **more: Any) -> Raw:
    """A rule with these backendRefs."""
    return {**({"name": name} if name else {}), **more, "backendRefs": list(refs)}


def route(*rules: Raw, annotations: dict[str, str] | None = None, **spec: Any) -> Raw:
    """An HTTPRoute `shop/web` behind the Gateway `public`."""
    meta: Raw = {"name": "web", "namespace": "shop", "uid": "u-1", "generation": 3, "resourceVersion": "70"}
    if annotations is not None:
        meta["annotations"] = annotations
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": meta,
        "spec": {"parentRefs": [{"name": "public"}], **spec, "rules": list(rules)},
    }


def spec(*routes: Raw | str, **weights: int) -> TrafficSplitSpec:
    """A split over these routes (`web` when none is named); `_` in the name of a Service stands for `-`."""
    entries = [{"name": one} if isinstance(one, str) else one for one in routes or ("web",)]
    backends = [{"service": name.replace("_", "-"), "weight": weight} for name, weight in weights.items()]
    return TrafficSplitSpec.model_validate({"routes": entries, "backends": backends})


def apply(raw: Raw, edit: Edit) -> Raw:
    """What the API server makes of a patch: a new version, and a new generation when the spec has changed."""
    return served(raw, jsonpatch.apply_patch(deepcopy(raw), _plain(edit.operations)))


def served(before: Raw, after: Raw) -> Raw:
    """An object as the API server keeps it after a change."""
    after = deepcopy(after)
    meta = after["metadata"]
    meta["resourceVersion"] = str(int(before["metadata"]["resourceVersion"]) + 1)
    meta["generation"] = before["metadata"]["generation"] + (before["spec"] != after["spec"])
    return after


def _plain(operations: Operations) -> list[Raw]:
    # Through JSON, as on the wire: nothing that is no JSON may hide in it.
    loaded: list[Raw] = json.loads(json.dumps([dict(operation) for operation in operations]))
    return loaded


def written(raw: Raw) -> Raw:
    """What the author of a route wrote: all but the status and what the API server counts."""
    kept = deepcopy(raw)
    kept.pop("status", None)
    for count in ("resourceVersion", "generation"):
        del kept["metadata"][count]
    return kept


def weights(raw: Raw, index: int = 0) -> list[int | None]:
    """The weights of a rule as they stand."""
    return [one.get("weight") for one in raw["spec"]["rules"][index]["backendRefs"]]


def mark(raw: Raw, split: Key = WEB) -> Any:
    """What a split has noted on a route; None when it has not."""
    text = (raw["metadata"].get("annotations") or {}).get(mark_name(split))
    return None if text is None else json.loads(text)


def reset(raw: Raw, *values: int | None, index: int = 0) -> Raw:
    """The route after somebody else has written these weights."""
    after = deepcopy(raw)
    for one, value in zip(after["spec"]["rules"][index]["backendRefs"], values, strict=True):
        one.pop("weight", None)
        if value is not None:
            one["weight"] = value
    return served(raw, after)
