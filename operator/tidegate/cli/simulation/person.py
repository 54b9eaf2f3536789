"""The person who lets a simulated release go on where it waits for one."""

from __future__ import annotations

import json
from typing import Any

from tidegate.api.rollout import RolloutSpec
from tidegate.cli.simulation.recorder import Recorder
from tidegate.core.objects import Key
from tidegate.core.rollout.strategies import strategy_of
from tidegate.core.world import REQUEST, REQUESTED_BY, REQUESTED_GROUPS
from tidegate.model import Cluster

NAME = "the simulation"
HELPED = {"Paused": "promote", "Approval": "approve"}


class Person:
    """Promotes and approves at once, each step once."""

    def __init__(self, cluster: Cluster, key: Key, recorder: Recorder) -> None:
        self._cluster = cluster
        self._key = key
        self._recorder = recorder
        self._asked: set[tuple[int, int]] = set()

    def look(self) -> None:
        """Let it go on when it waits for a person."""
        # As it is stored: a request for a step that the API server has not heard of yet would be refused.
        status = self._cluster.api.get(self._key).get("status") or {}
        wait = status.get("waitingFor") or {}
        timed = wait.get("reason") == "Paused" and wait.get("until")
        place = (int(status.get("currentRevision") or 0), int(status.get("currentStepIndex") or 0))
        if wait.get("reason") in HELPED and not timed and place not in self._asked:
            self._asked.add(place)
            self._ask(HELPED[wait["reason"]], *place)

    def _ask(self, action: str, revision: int, step: int) -> None:
        asked = {"id": f"simulated-{len(self._asked)}", "action": action, "revision": revision, "step": step}
        notes = {REQUEST: json.dumps(asked), **self._signature(action, step)}
        self._recorder.note(f"{action}: asked for by the simulation (--no-promote leaves it waiting)")
        self._cluster.clock.after(0, lambda: self._write({"metadata": {"annotations": notes}}))

    def _signature(self, action: str, index: int) -> dict[str, str]:
        approval = (
            strategy_of(RolloutSpec.model_validate(self._cluster.api.get(self._key)["spec"])).steps[index].approval
        )
        if action != "approve" or approval is None:
            return {REQUESTED_BY: NAME}
        approvers = approval.approvers
        groups = {REQUESTED_GROUPS: approvers.groups[0]} if approvers.groups else {}
        return {REQUESTED_BY: approvers.users[0] if approvers.users else NAME, **groups}

    def _write(self, patch: dict[str, Any]) -> None:
        self._cluster.api.merge(self._key, patch)
