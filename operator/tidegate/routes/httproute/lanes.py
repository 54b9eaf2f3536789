"""The rules of lanes: the author's own rule again, for fewer requests, ahead of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from tidegate.api.lanes import Lane, LaneMatch, LanePath
from tidegate.core.traffic.shares import Weights
from tidegate.routes.httproute.backends import Ref, Rule
from tidegate.routes.httproute.marks import LaneMark

Match = Mapping[str, Any]
ANY_PATH: Mapping[str, str] = {"type": "PathPrefix", "value": "/"}
"""What the Gateway API takes for a match without a path."""
MAX_MATCHES = 64
MAX_HEADERS = 16


class LaneError(ValueError):
    """Why a lane can't be written as a rule beside the author's, in words that follow the rule's name."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a split asks of one rule. `keys` are those of the rule's backendRefs by Service."""

    split: str
    ask: Weights
    keys: Mapping[str, str]
    lanes: Sequence[Lane] = ()
    number: int = 0
    """Of the rule, among those of one route that the split divides: names of rules are unique in a route."""


def rule_name(wish: Wish, lane: Lane) -> str:
    """The name of a lane's rule: it tells whose it is to whoever looks at the route."""
    number = f"-{wish.number + 1}" if wish.number else ""
    return f"tidegate-{wish.split[:150].rstrip('-.')}-{lane.name}{number}"


def lane_marks(rule: Rule, refs: Mapping[str, Ref], wish: Wish, weights: Weights) -> tuple[LaneMark, ...]:
    """The rules of all lanes of a wish, in their order. Raises LaneError."""
    return tuple(LaneMark(lane=lane.name, rule=_lane_rule(rule, refs, wish, weights, lane)) for lane in wish.lanes)


def _lane_rule(rule: Rule, refs: Mapping[str, Ref], wish: Wish, weights: Weights, lane: Lane) -> dict[str, Any]:
    """The rule of a lane: the author's filters, timeouts and all, his matches and the lane's.

    `weights` are those that the author's rule gets, by key: a lane without a backend follows them. Everything that
    the API server would fill in is written out, or the rule would not be known again.
    """
    made = {**rule, "name": rule_name(wish, lane), "matches": _matches(rule, lane)}
    if lane.backend is not None:
        made["backendRefs"] = [{**refs[wish.keys[lane.backend]], "weight": 1}]
    else:
        made["backendRefs"] = [{**ref, "weight": weights[key]} for key, ref in refs.items()]
    if lane.mirror is not None:
        copy = _mirror(refs[wish.keys[lane.mirror.backend]], lane.mirror.percent)
        made["filters"] = [*(rule.get("filters") or ()), copy]
    return made


def _mirror(ref: Mapping[str, Any], percent: int) -> Rule:
    backend = {field: ref[field] for field in ("group", "kind", "namespace", "name", "port") if field in ref}
    share = {} if percent == 100 else {"percent": percent}
    return {"type": "RequestMirror", "requestMirror": {"backendRef": backend, **share}}


def _matches(rule: Rule, lane: Lane) -> list[Match]:
    """Every request that fits one of the author's matches and one of the lane's."""
    pairs = product(rule.get("matches") or [{}], lane.match)
    found = [match for match in (_both(theirs, ours) for theirs, ours in pairs) if match is not None]
    if not found:
        raise LaneError(f"fits no request that lane {lane.name} fits: correct the lane's match")
    if len(found) > MAX_MATCHES:
        raise LaneError(f"would have {len(found)} matches for lane {lane.name}, {MAX_MATCHES} at most: write fewer")
    return found


def _both(theirs: Match, ours: LaneMatch) -> Match | None:
    """A match for what fits both; None when nothing can."""
    path = _path(theirs.get("path") or ANY_PATH, ours.path)
    headers = _headers(theirs.get("headers") or (), ours)
    method = theirs.get("method") or ours.method
    if path is None or headers is None or (ours.method is not None and method != ours.method):
        return None
    more = {"headers": headers} if headers else {}
    return {**theirs, "path": path, **more, **({"method": method} if method else {})}


def _path(theirs: Mapping[str, Any], ours: LanePath | None) -> Mapping[str, Any] | None:
    if ours is None:
        return dict(theirs)
    mine = ours.model_dump()
    for wide, narrow in ((theirs, mine), (mine, theirs)):
        if wide == ANY_PATH or dict(wide) == dict(narrow):
            return dict(narrow)
        if wide["type"] == "PathPrefix" and narrow["type"] != "RegularExpression" and _below(narrow, wide):
            return dict(narrow)
    if "RegularExpression" in (theirs["type"], mine["type"]):
        raise LaneError(f"has a path that can't be joined with {ours.value}: leave the lane's path out")
    return None


def _below(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    prefix = wide["value"].rstrip("/")
    return bool(narrow["value"] == prefix or narrow["value"].startswith(f"{prefix}/"))


def _headers(theirs: Sequence[Mapping[str, Any]], ours: LaneMatch) -> list[Mapping[str, Any]] | None:
    """The headers of both; one of a name counts, so two that ask the same header for different things can't be."""
    found = list(theirs)
    for header in ours.headers:
        same = [each for each in found if each["name"].lower() == header.name.lower()]
        wanted = {"type": header.type, "name": header.name, "value": header.value}
        if not same:
            found.append(wanted)
        elif (same[0].get("type", "Exact"), same[0]["value"]) != (header.type, header.value):
            if "RegularExpression" in (same[0].get("type"), header.type):
                raise LaneError(f"already matches header {header.name}, and so does the lane: leave one of them out")
            return None
    if len(found) > MAX_HEADERS:
        raise LaneError(f"would have a match with {len(found)} headers, {MAX_HEADERS} at most: write fewer")
    return found
