"""The promise of the steps: none is repeated, no analysis, approval or call is skipped, none is left half done."""

from __future__ import annotations

from typing import Any

from tests.property.promises import LATELY, OPERATORS, SLACK, canary_service, part_of, share_of
from tests.scenarios.manifests import NAME, STABLE
from tidegate.core.world import HASH_LABEL
from tidegate.model import Cluster
from tidegate.model.api import Change
from tidegate.model.objects import Raw

Attempt = tuple[int, int, str]
"""Revision, attempt and hash of the steps: within one of them the index only rises."""


class StepsWitness:
    """Follows a Rollout's steps by what it writes."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._rollout = cluster.key("Rollout", NAME)
        self._excused: set[int] = set()
        """Revisions in which a person skipped something, or changed the steps under way."""
        self._other_course = -LATELY
        """When the steps or the strategy were last changed."""
        self._began: dict[int, int] = {}
        """The step that a revision began at: with `KeepStep`, or as one that was stable lately, not the first."""
        cluster.api.watch(self._note)

    def _note(self, change: Change) -> None:
        if change.key == self._rollout and change.type == "MODIFIED":
            self._excuse(change)
        if change.by not in OPERATORS or change.type == "DELETED":
            return
        if change.key == self._rollout:
            self._begins(change)
            self._index_only_rises(change)
            self._stable_has_all(change)
        if change.key.kind == "TrafficSplit" and change.before is not None:
            self._analyses_came_first(change)
        if change.key.kind == "Service" and change.key.name == STABLE:
            self._was_judged_in_its_preview(change)

    def _excuse(self, change: Change) -> None:
        changed = _course(change.raw) != _course(change.before) or not change.raw["spec"]["replicas"]
        if _course(change.raw) != _course(change.before):
            self._other_course = self._cluster.clock.seconds
        if changed or _asks_to_skip(change.raw):
            self._excused.add((change.raw.get("status") or {}).get("currentRevision", 0))

    def _begins(self, change: Change) -> None:
        after = change.raw["status"]
        self._began.setdefault(after.get("currentRevision", 0), after.get("currentStepIndex", 0))

    def _passes(self, status: Raw, index: int) -> bool:
        """Whether the revision under way has to take this step."""
        return index >= self._began.get(status["currentRevision"], 0)

    def _index_only_rises(self, change: Change) -> None:
        before, after = change.before.get("status") or {}, change.raw["status"]
        same = _attempt(before) == _attempt(after) and not after.get("abort")
        if same and before.get("currentStepIndex") is not None:
            assert after["currentStepIndex"] >= before["currentStepIndex"], (
                f"step {after['currentStepIndex']} is taken again after step {before['currentStepIndex']}"
            )

    def _stable_has_all(self, change: Change) -> None:
        """Who becomes stable has all the traffic by then, by the weights in force and the endpoints as they are."""
        before, after = change.before.get("status") or {}, change.raw["status"]
        stable = after.get("stableRS", "")
        # Without a router, which Service leads to the pods of a canary is its author's business.
        seen = self._cluster.clock.seconds > self._other_course + LATELY
        counted = "trafficRouting" not in _canary(change.raw) and "canary" in change.raw["spec"]["strategy"]
        if (
            before.get("stableRS")
            and stable != before["stableRS"]
            and change.raw["spec"]["replicas"]
            and not counted
            and seen
        ):
            share = self._share_of(f"{NAME}-{stable}", routed="trafficRouting" in _canary(change.raw))
            assert share > 100 - SLACK, f"{stable} is called stable with {share:.0f} % of the traffic"

    def _share_of(self, replicaset: str, *, routed: bool) -> float:
        return share_of(self._cluster, replicaset) if routed else 100 * part_of(self._cluster, STABLE, replicaset)

    def _analyses_came_first(self, change: Change) -> None:
        """A weight is only asked for when every analysis step before it has passed, or a person skipped it."""
        rollout = self._cluster.api.find(self._rollout)
        status = (rollout or {}).get("status") or {}
        asked, before = (_weight(split, canary_service(status)) for split in (change.raw, change.before))
        if rollout is None or asked <= before:
            return
        if rollout["status"]["currentRevision"] in self._excused or _asks_to_skip(rollout):
            return
        for index, step in enumerate(_steps(rollout)):
            if step.get("setWeight", -1) >= asked:
                return
            if not self._passes(status, index):
                continue
            if "webhook" in step:
                self._was_called(status, index, step["webhook"])
            if "approval" in step:
                assert _approved(rollout, index, step["approval"]), (
                    f"{asked} % is asked for, and nobody approved {step}"
                )
            if "analysis" in step:
                name = _run_name(status, index)
                assert self._phase(name) == "Successful", f"{asked} % is asked for while {name} is {self._phase(name)}"

    def _was_judged_in_its_preview(self, change: Change) -> None:
        """Blue/green: no users for a new version before its prePromotionAnalysis has passed, or a person skipped it."""
        rollout = self._cluster.api.find(self._rollout) or {"spec": {"strategy": {}}}
        if "prePromotionAnalysis" not in rollout["spec"]["strategy"].get("blueGreen", {}):
            return
        status, led_to = rollout.get("status") or {}, change.raw["spec"]["selector"].get(HASH_LABEL)
        releasing = status.get("stableRS") and led_to == status["currentPodHash"] != status["stableRS"]
        skipped = status.get("promoteFull") or status.get("currentRevision") in self._excused or _asks_to_skip(rollout)
        if releasing and not skipped and self._passes(status, 1):
            name = _run_name(status, 1)
            assert self._phase(name) == "Successful", f"{led_to} gets all users while {name} is {self._phase(name)}"

    def _was_called(self, status: Raw, index: int, asked: Raw) -> None:
        """The other system was asked for this very step, and what it said stands in status."""
        called = str(status["currentRevision"]), str(index)
        # After the uid, which is of five parts: revision, step, attempt, round.
        calls = [call for call in self._cluster.others.calls if tuple(call.key.split("-")[5:7]) == called]
        assert calls, f"step {index} was never called: {asked}"
        told = status.get("webhook") or {}
        if told.get("step") == index:
            good = ("Succeeded", "Failed") if asked.get("onFailure") == "Continue" else ("Succeeded",)
            assert told.get("outcome") in good, f"step {index} is passed by {told}"

    def _phase(self, name: str) -> str:
        run = self._cluster.api.find(self._cluster.key("AnalysisRun", name))
        return (run.get("status") or {}).get("phase", "Pending") if run else "not there"


def _canary(rollout: Raw) -> Raw:
    return rollout["spec"]["strategy"].get("canary") or {}


def _steps(rollout: Raw) -> Raw:
    return _canary(rollout).get("steps", [])


def _course(rollout: Raw) -> Raw:
    """What a release goes through: with another strategy its steps are others."""
    strategy = rollout["spec"]["strategy"]
    return {"steps": _steps(rollout), "kinds": sorted(strategy), "routed": "trafficRouting" in _canary(rollout)}


def _asks_to_skip(rollout: Raw) -> bool:
    return any(word in _request(rollout) for word in ("promote", "skipStep"))


def _request(rollout: Raw) -> str:
    return str((rollout["metadata"].get("annotations") or {}).get("tidegate.dev/request", ""))


def _approved(rollout: Raw, index: int, asked: Raw) -> bool:
    """By somebody of its list. The weight goes before the status: what is asked for may not be written yet."""
    given = [(each["step"], each["by"]) for each in rollout["status"]["history"][-1].get("approvals", ())]
    asking = [(index, "ann")] if "approve" in _request(rollout) else []
    return any(step == index and by in asked["approvers"]["users"] for step, by in (*given, *asking))


def _attempt(status: Raw) -> tuple[Any, ...]:
    return status.get("currentRevision"), status.get("attempt"), status.get("currentStepHash")


def _run_name(status: Raw, index: int) -> str:
    attempt = f".{status['attempt']}" if status.get("attempt") else ""
    return f"{NAME}-{status['currentPodHash']}-{status['currentRevision']}-{index}{attempt}"


def _weight(split: Raw, service: str) -> int:
    return next(b["weight"] for b in split["spec"]["backends"] if b["service"] == service)
