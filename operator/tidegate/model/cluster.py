"""A Kubernetes cluster in memory and in virtual time, with the operator in it. The same start gives the same run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tidegate.core.actions import Plan
from tidegate.core.analysis.reading import PrometheusQuery, Reading
from tidegate.core.objects import Key
from tidegate.model.api import ApiServer
from tidegate.model.clock import START, Clock
from tidegate.model.deployments import Deployments
from tidegate.model.endpoints import Endpoints
from tidegate.model.events import Recorder, Said
from tidegate.model.garbage import GarbageCollector
from tidegate.model.gateway import ROUTE_LAG, Gateway
from tidegate.model.operator import Operator
from tidegate.model.pods import Life, Lives, Pods
from tidegate.model.prometheus import Prometheus
from tidegate.model.weather import Weather
from tidegate.model.webhooks import OtherSystems

NAMESPACE = "default"
Decided = Callable[[Key, Plan], None]


def ordinary(image: str, _ordinal: int) -> Life:
    """Pods answer after a second; those of an image whose tag is `crash` never do."""
    return Life(None if image.endswith(":crash") else 1.0)


class Cluster:
    """API server, controllers, pods, gateway, Prometheus, other systems and operators."""

    def __init__(
        self,
        *,
        lives: Lives = ordinary,
        weather: Weather | None = None,
        route_lag: float = ROUTE_LAG,
        names_proven: bool = True,
        measure: Callable[[PrometheusQuery], Reading] | None = None,
        start: datetime = START,
    ) -> None:
        """`measure` answers queries in place of `prometheus`."""
        self.clock = Clock(start)
        self.api = ApiServer(self.clock)
        self.garbage = GarbageCollector(self.api, self.clock)
        self.pods = Pods(self.api, self.clock, lives)
        self.deployments = Deployments(self.api, self.clock)
        self.endpoints = Endpoints(self.api, self.clock, self.pods)
        self.gateway = Gateway(self.api, self.clock, self.pods, route_lag)
        self.prometheus = Prometheus()
        self.others = OtherSystems()
        self._measure = measure or self.prometheus.measure
        self.operators: list[Operator] = []
        self.restarts = 0
        self.events: list[Said] = []
        """All that the operators said, oldest first."""
        self._weather = weather or Weather()
        self._names_proven = names_proven
        self._checks: list[Callable[[], None]] = []
        self._decided: list[Decided] = []

    def watch_steps(self, check: Callable[[], None]) -> None:
        """Call `check` after everything that happens."""
        self._checks.append(check)

    def watch_decisions(self, decided: Decided) -> None:
        """Be told of every plan, also of what it says of the status and is written later."""
        self._decided.append(decided)

    def _tell(self, key: Key, plan: Plan) -> None:
        for decided in self._decided:
            decided(key, plan)

    def start_operator(self, name: str = "operator") -> Operator:
        """Start one. When the weather kills it, it is started again by itself."""
        recorder = Recorder(self.api, self.clock, self.events, name)
        operator = Operator(
            self.api,
            self.clock,
            self._weather,
            self._measure,
            self.others,
            recorder,
            self._start_again,
            self._tell,
            names_proven=self._names_proven,
        )
        self.operators.append(operator)
        return operator

    def stop_operators(self) -> None:
        """Kill all, for good."""
        for operator in self.operators:
            operator.kill()
        self.operators = []

    def _start_again(self, operator: Operator) -> None:
        self.operators.remove(operator)
        self.restarts += 1
        self.clock.after(self._weather.restart_seconds, lambda: self._start(operator.name))

    def _start(self, name: str) -> None:
        """Somebody may have started it meanwhile: one process of a name."""
        if all(operator.name != name for operator in self.operators):
            self.start_operator(name)

    def run(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Let time pass, `until` something is so at the latest. False when it never was."""
        end = self.clock.now + timedelta(seconds=seconds)
        while not (until and until()):
            if self.clock.next_at is None or self.clock.next_at > end:
                self.clock.sleep_until(end)
                return until is None
            self.clock.step()
            for check in self._checks:
                check()
        return True

    def key(self, kind: str, name: str) -> Key:
        """The key of an object of the one namespace that the model uses by itself."""
        return Key(kind, NAMESPACE, name)
