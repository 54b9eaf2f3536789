"""How a TrafficSplit stands, in one reason and one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.api.trafficsplit import SplitRoute, TrafficSplitSpec
from tidegate.core.objects import Key
from tidegate.core.traffic.contest import PAUSE, is_war
from tidegate.core.traffic.kinds import Edit
from tidegate.core.traffic.shares import Weights
from tidegate.core.traffic.world import SplitWorld
from tidegate.core.world import RouteView

LEAVE_ALONE = (
    "let whoever applies the route leave spec.rules[].backendRefs[].weight alone "
    "(Argo CD: no selfHeal, or ignoreDifferences; Flux: kustomize.toolkit.fluxcd.io/ssa: IfNotPresent on the route)"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the conditions are made of. `stalled`: nothing will change until a person does something."""

    reason: str
    message: str
    programmed: bool = False
    """The routes carry what is asked, and all their parents have taken it over."""
    stalled: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """What was found out about a split whose spec can be read."""

    world: SplitWorld
    spec: TrafficSplitSpec
    carried: Weights
    """What is asked, without the weights of Services that have no ready endpoint."""
    views: Sequence[RouteView]
    """What each entry of `spec.routes` carries, in their order."""
    edits: Mapping[Key, Edit]
    """What must still be written."""
    corrected_at: Sequence[datetime]

    @property
    def entries(self) -> Iterator[tuple[SplitRoute, RouteView]]:
        """Each entry of `spec.routes` with what it carries."""
        return zip(self.spec.routes, self.views, strict=True)


def stand(sight: Sight) -> Standing:
    """The first that fits, what a person must see to before what passes by itself."""
    checks = (_refused, _unusable, _services_missing, _contested, _writing, _no_endpoints, _not_taken_over)
    found = (check(sight) for check in checks)
    return next((standing for standing in found if standing), _programmed(sight))


def invalid(message: str) -> Standing:
    """The spec can't be read."""
    return Standing("InvalidSpec", message, stalled=True)


Check = Callable[[Sight], Standing | None]


def _refused(sight: Sight) -> Standing | None:
    refusal = sight.world.apply_error
    return Standing("Refused", refusal, stalled=True) if refusal else None


def _unusable(sight: Sight) -> Standing | None:
    problems = _told(sight, lambda view: view.problem)
    return Standing("RouteUnusable", problems, stalled=True) if problems else None


def _services_missing(sight: Sight) -> Standing | None:
    missing = [service for service in sight.carried if service not in sight.world.services]
    if not missing:
        return None
    namespace = sight.world.key.namespace
    message = f"there is no Service {' and no Service '.join(missing)} in namespace {namespace}: create it"
    return Standing("ServiceNotFound", message, stalled=True)


def _contested(sight: Sight) -> Standing | None:
    times = sight.corrected_at
    if not is_war(times, sight.world.now):
        return None
    names = ", ".join(f"{entry.kind} {entry.name}" for entry in sight.spec.routes)
    minutes = PAUSE.total_seconds() / 60
    message = (
        f"somebody else keeps writing other weights into {names}; they are put right again every "
        f"{minutes:g} min only: {LEAVE_ALONE}"
    )
    return Standing("Contested", message, _carries(sight), stalled=True)


def _writing(sight: Sight) -> Standing | None:
    names = ", ".join(f"{key.kind} {key.name}" for key in sight.edits)
    return Standing("Writing", f"{_words(sight.carried)} is written into {names}") if names else None


def _no_endpoints(sight: Sight) -> Standing | None:
    held = [
        b.service for b in sight.spec.backends if sight.carried[b.service] < b.weight or _is_missed(sight, b.service)
    ]
    if not held:
        return None
    message = f"no endpoint of Service {' and Service '.join(held)} is ready: no weight until one is"
    return Standing("NoReadyEndpoints", message)


def _is_missed(sight: Sight, service: str) -> bool:
    """A lane leads to it, and nobody answers."""
    there = sight.world.services.get(service)
    return any(service in lane.needs for lane in sight.spec.lanes) and (there is None or not there.ready_endpoints)


def _not_taken_over(sight: Sight) -> Standing | None:
    if all(view.accepted for view in sight.views):
        return None
    return Standing("NotTakenOver", _told(sight, lambda view: view.message))


def _programmed(sight: Sight) -> Standing:
    lanes = "".join(f", lane {lane.name}" for lane in sight.spec.lanes)
    return Standing("Programmed", f"all routes carry {_words(sight.carried)}{lanes}", programmed=True)


def _carries(sight: Sight) -> bool:
    return not (_writing(sight) or _no_endpoints(sight) or _not_taken_over(sight))


def _told(sight: Sight, what: Callable[[RouteView], str]) -> str:
    return "; ".join(f"{entry.kind} {entry.name}: {what(view)}" for entry, view in sight.entries if what(view))


def _words(weights: Weights) -> str:
    return ", ".join(f"{service} {weight}" for service, weight in weights.items())
