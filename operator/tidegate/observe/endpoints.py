"""Who answers behind a Service: its EndpointSlices, taken together."""

from __future__ import annotations

from tidegate.observe.table import Change, Table
from tidegate.observe.traffic_views import SliceView, replicaset_of

_Service = tuple[str, str]


class Endpoints:
    """The slices of each Service, by namespace and name."""

    def __init__(self, slices: Table[SliceView]) -> None:
        self._slices = slices
        self._of: dict[_Service, dict[str, None]] = {}

    def ready(self, namespace: str, service: str) -> dict[str, int]:
        """How many pods answer behind a Service, by the name of the ReplicaSet that owns them."""
        slices = (self._slices.get(namespace, name) for name in self._of.get((namespace, service), ()))
        ready: dict[str, int] = {}
        # A pod with two address families stands in two slices and is still one pod.
        for pod in {pod for view in slices if view for pod in view.ready_pods}:
            owner = replicaset_of(pod)
            ready[owner] = ready.get(owner, 0) + 1
        return ready

    def note(self, change: Change[SliceView]) -> None:
        """A slice came, went, or is another's now."""
        if change.old:
            self._forget(change.old)
        if change.new:
            self._of.setdefault(_service_of(change.new), {})[change.new.meta.name] = None

    def _forget(self, view: SliceView) -> None:
        service = _service_of(view)
        self._of[service].pop(view.meta.name, None)
        if not self._of[service]:
            del self._of[service]


def _service_of(view: SliceView) -> _Service:
    return view.meta.namespace, view.service
