"""Where a story is played: what the model cluster and the real one have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

Raw = Mapping[str, Any]
Check = Callable[[], object]


class Cascade(StrEnum):
    """What becomes of the children of an object that is deleted."""

    BACKGROUND = "Background"
    ORPHAN = "Orphan"


@dataclass(frozen=True, slots=True)
class Change:
    """An object as it became; `gone` when it was deleted."""

    kind: str
    object: Raw
    gone: bool

    @property
    def version(self) -> int:
        """The order of all changes of a cluster, whatever their kind."""
        return int(self.object["metadata"]["resourceVersion"])


@dataclass(frozen=True, slots=True)
class Called:
    """A call as the other system saw it."""

    key: str
    path: str
    body: str
    signed: bool


def notes(request: str, by: str, group: str) -> Raw:
    """The patch that asks."""
    signed = {"tidegate.dev/requested-by": by, "tidegate.dev/requested-groups": group or None}
    return {"metadata": {"annotations": {"tidegate.dev/request": request, **signed}}}


class Stage(Protocol):
    """One namespace with an operator in it, from an administrator's seat. Names of kinds are those of manifests."""

    prometheus_address: str
    other_address: str
    """Of another system that is called."""
    killed: bool
    """Whether the operator ever was."""
    ordered: bool
    """Whether what comes at the same time always comes in the same order."""

    def apply(self, manifest: Raw) -> None:
        """Server-side apply; what is read from here on is as new."""

    def merge(self, kind: str, name: str, patch: Raw) -> None:
        """A merge patch by somebody who is not the operator."""

    def scale(self, replicas: int) -> None:
        """What an autoscaler does: write the Rollout's scale subresource."""

    def ask(self, request: str, by: str, group: str = "", writer: str = "") -> str:
        """Write a request as a user who may be in a group; as `writer` instead, who is in none, when it is forged.

        The refusal of the API server; empty when it takes the request.
        """

    def delete(self, kind: str, name: str, cascade: Cascade = Cascade.BACKGROUND) -> None:
        """Ask for its deletion."""

    def find(self, kind: str, name: str) -> Raw | None:
        """The object; None when it is not there."""

    def all_of(self, kind: str) -> list[Raw]:
        """All objects of a kind."""

    def pods(self) -> dict[str, str]:
        """The pods that are there, going ones too: name and image."""

    def pod_metadata(self) -> list[tuple[str, Raw]]:
        """Image and metadata of each pod that is not on its way out."""

    def until(self, check: Check, what: Callable[[], str]) -> None:
        """Let time pass until `check` is true. Fails with `what` when that is not in time."""

    def at_once(self, check: Check, what: Callable[[], str]) -> None:
        """`check` is true now. Fails with `what` when it is not, as soon as all that has happened was seen."""

    def stays(self, check: Check, what: Callable[[], str], seconds: float) -> None:
        """Let time pass; fails with `what` when `check` is false meanwhile."""

    def kill_operator(self) -> None:
        """SIGKILL: what it was doing stays half done."""

    def start_operator(self) -> None:
        """Start it again."""

    def measured(self, part: str, *values: float) -> None:
        """Prometheus gives these values to queries that contain `part`; none are an empty vector."""

    def stop_prometheus(self) -> None:
        """It gives no answer at all."""

    def start_prometheus(self) -> None:
        """It is back."""

    def others_say(self, part: str, status: int, content: str = "", seconds: float = 0.05) -> None:
        """Another system answers so to calls of paths that contain `part`, after so many seconds."""

    def calls(self) -> list[Called]:
        """What the other system was called for."""

    def now(self) -> datetime:
        """The present moment of this stage."""

    def changes(self) -> Iterator[Change]:
        """What happened to Rollouts, Deployments, ReplicaSets, TrafficSplits and routes, in order."""

    def said(self) -> list[tuple[str, str]]:
        """Reason and message of the Events that the operator posted, oldest first."""

    def mark(self) -> int:
        """A place in the log of API calls, for `writes`."""

    def writes(self, since: int) -> list[str]:
        """What the operator wrote since the mark, Events too. It is ended for that: nothing is left to come."""
