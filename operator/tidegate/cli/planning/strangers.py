"""Who has nothing to do with a release: the other Rollouts of a namespace, and all that is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tidegate.observe import kinds

Raw = dict[str, Any]
Named = tuple[str, str]
CHILDREN = frozenset({kinds.REPLICASET.name, kinds.RUN.name, kinds.SPLIT.name})


def without_strangers(there: list[Raw], released: Iterable[Raw]) -> list[Raw]:
    """The objects that are there without those of Rollouts that the released ones neither wait for nor meet."""
    rollouts = {_named(raw): raw for raw in there if raw["kind"] == kinds.ROLLOUT.name}
    known = _known(rollouts, released)
    strangers = {raw["metadata"]["uid"] for name, raw in rollouts.items() if name not in known}
    return [raw for raw in there if raw["metadata"]["uid"] not in strangers and not _belongs(raw, strangers)]


def _known(rollouts: dict[Named, Raw], released: Iterable[Raw]) -> set[Named]:
    waiting, known = list(released), set[Named]()
    while waiting:
        raw = waiting.pop()
        if _named(raw) not in known:
            known.add(_named(raw))
            waiting += _tied(raw, rollouts)
    return known


def _tied(raw: Raw, rollouts: dict[Named, Raw]) -> Iterator[Raw]:
    """Those that it goes after, those of its group, and what it is now: that may be tied otherwise."""
    namespace, _ = name = _named(raw)
    before = {(namespace, asked["name"]) for asked in raw["spec"].get("dependsOn") or ()}
    group = raw["spec"].get("group")
    for other, there in rollouts.items():
        same = group and other[0] == namespace and there["spec"].get("group") == group
        if other in before or same or (other == name and there is not raw):
            yield there


def _named(raw: Raw) -> Named:
    return raw["metadata"]["namespace"], raw["metadata"]["name"]


def _belongs(raw: Raw, owners: set[str]) -> bool:
    references = raw["metadata"].get("ownerReferences") or ()
    return raw["kind"] in CHILDREN and any(each["uid"] in owners for each in references)
