"""Rollouts of a group that are released together: all of them have all the traffic in the end, or none has any."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.property.faults import FAULTS, Faults, Storm
from tests.scenarios import manifests as m
from tidegate.core.rollout.revision import content_hash
from tidegate.model import Cluster
from tidegate.model.objects import Raw
from tidegate.model.pods import Life

NAMES = ("db", "api", "web")
LIMIT = 300.0


@dataclass(frozen=True)
class Group:
    """`v2` of all three, applied at once. One may be broken, and one may be aborted so many seconds later."""

    steps: Mapping[str, tuple[Raw, ...]]
    ready_after: Mapping[str, float]
    ordered: bool
    broken: str | None
    aborted: tuple[str, float] | None
    faults: Faults

    def manifest(self, name: str, version: str) -> Raw:
        before = NAMES[: NAMES.index(name)][-1:] if self.ordered else ()
        order = {"dependsOn": [{"name": each} for each in before]}
        deadline = {"progressDeadlineSeconds": 20, "progressDeadlineAbort": True}
        return m.other(version, list(self.steps[name]), name, group="shop", **order, **deadline)

    def life(self, image: str, _ordinal: int) -> Life:
        version, _, name = image.partition(":")[2].partition("-")
        return Life(None if name == self.broken and version == "v2" else self.ready_after[name])


STEPS = st.lists(st.sampled_from([m.weight(20), m.weight(50), m.pause("1s"), m.pause("4s")]), max_size=3).map(tuple)
GROUPS = st.builds(
    Group,
    steps=st.fixed_dictionaries(dict.fromkeys(NAMES, STEPS)),
    ready_after=st.fixed_dictionaries({name: st.sampled_from([0.2, 1.0, 3.0]) for name in NAMES}),
    ordered=st.booleans(),
    broken=st.sampled_from([None, None, *NAMES]),
    aborted=st.none() | st.tuples(st.sampled_from(NAMES), st.sampled_from([0.1, 1.0, 2.5, 6.0])),
    # A manifest that arrives seconds after the others is one of another release.
    faults=FAULTS.map(lambda faults: replace(faults, lost=0.0)),
)


class Shop:
    """The group on a cluster."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.storm = Storm(group.faults)
        self.cluster = Cluster(lives=group.life, weather=self.storm)
        self.release("v1")
        self.cluster.start_operator()
        self.until(lambda status: status.get("phase") == "Healthy")

    def status(self, name: str) -> Raw:
        return (self.cluster.api.find(self.cluster.key("Rollout", name)) or {}).get("status") or {}

    def release(self, version: str) -> None:
        manifests = (self.group.manifest(name, f"{version}-{name}") for name in NAMES)
        self.cluster.api.apply(m.placed(manifest, "default") for manifest in manifests)

    def until(self, so: Any) -> None:
        told = {name: self.status(name) for name in NAMES}
        found = self.cluster.run(LIMIT, lambda: all(self._seen(name) and so(self.status(name)) for name in NAMES))
        assert found, told | {name: self.status(name).get("message") for name in NAMES}

    def _seen(self, name: str) -> bool:
        rollout = self.cluster.api.get(self.cluster.key("Rollout", name))
        return bool(self.status(name).get("observedGeneration") == rollout["metadata"]["generation"])

    def abort(self, name: str) -> None:
        """Somebody asks for it, as long as nobody has more than his steps give."""
        if all(self.status(each).get("currentStepIndex", 0) <= len(self.group.steps[each]) for each in NAMES):
            asked = {"id": "r1", "action": "abort", "revision": self.status(name).get("currentRevision")}
            notes = {"tidegate.dev/request": json.dumps(asked), "tidegate.dev/requested-by": "ann"}
            self.cluster.api.merge(self.cluster.key("Rollout", name), {"metadata": {"annotations": notes}})

    def promoted(self) -> set[str]:
        versions = {name: self.group.manifest(name, f"v2-{name}")["spec"]["template"] for name in NAMES}
        return {name for name in NAMES if self.status(name).get("stableRS") == content_hash(versions[name])}


def _behind(status: Raw) -> bool:
    """It goes after one that was taken back."""
    return bool((status.get("waitingFor") or {}).get("reason") == "DependencyNotReady")


@given(GROUPS)
def test_all_or_none(group: Group) -> None:
    shop = Shop(group)
    shop.release("v2")
    if group.aborted:
        name, after = group.aborted
        shop.cluster.run(after)
        shop.abort(name)
    shop.cluster.run(60)
    shop.storm.clear()
    shop.until(lambda status: status.get("phase") in ("Healthy", "Degraded") or _behind(status))
    assert shop.promoted() in (set(), set(NAMES))
    if group.broken:
        assert not shop.promoted()
    elif not group.aborted:
        assert shop.promoted() == set(NAMES)
