"""T(D_i) = T_i − T_(i−1), through the whole life of a Rollout: a start minus the end of the release before."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import count, pairwise
from typing import Any

import pytest

from tidegate.api.rollout_status import Outcome, Release, RolloutStatus
from tidegate.model import Cluster

LABELS = {"app": "web"}


class Life:
    """One Rollout with a pause, on the model cluster."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.cluster.start_operator()
        self._ids = count()

    def apply(self, image: str) -> None:
        template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "web", "image": image}]}}
        spec = {
            "replicas": 2,
            "selector": {"matchLabels": LABELS},
            "template": template,
            "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}},
        }
        meta = {"name": "web", "namespace": "default"}
        manifest = {"apiVersion": "tidegate.dev/v1alpha1", "kind": "Rollout", "metadata": meta, "spec": spec}
        self.cluster.api.apply([manifest])

    def ask(self, action: str) -> None:
        asked = {"id": f"r{next(self._ids)}", "action": action, "revision": self.status.current_revision}
        note: dict[str, Any] = {"tidegate.dev/request": json.dumps({**asked, "step": self.status.current_step_index})}
        self.cluster.api.merge(self.cluster.key("Rollout", "web"), {"metadata": {"annotations": note}})

    def wait(self, seconds: float) -> datetime:
        self.cluster.run(seconds)
        return self.cluster.clock.now

    @property
    def status(self) -> RolloutStatus:
        raw = self.cluster.api.get(self.cluster.key("Rollout", "web"))
        return RolloutStatus.model_validate(raw.get("status") or {})

    @property
    def lines(self) -> list[Release]:
        return self.status.history


def test_the_cadence_is_told_of_every_kind_of_end() -> None:
    life = Life()
    life.apply("web:1")
    life.wait(100)
    for image in ("web:2", "web:3"):
        life.apply(image)
        life.wait(30)
    life.ask("abort")
    life.wait(60)
    life.ask("retry")
    life.wait(40)
    life.apply("web:1")
    life.wait(50)
    life.apply("web:4")
    life.wait(20)
    life.ask("promoteFull")
    life.wait(60)
    lines = life.lines
    assert [line.outcome for line in lines] == [
        Outcome.PROMOTED,
        Outcome.SUPERSEDED,
        Outcome.ABORTED,
        Outcome.ROLLED_BACK,
        Outcome.FAST_PROMOTED,
    ]
    for before, line in pairwise(lines):
        assert before.finished_at is not None
        gap = (line.started_at - before.finished_at).total_seconds()
        assert line.cadence_seconds == pytest.approx(gap, abs=0.002)
    assert lines[0].cadence_seconds is None
    assert [round(line.cadence_seconds or 0, -1) for line in lines[1:]] == [100, 0, 60, 50]
