"""What the controller of AnalysisRuns sees."""

from __future__ import annotations

from tidegate.core.objects import Key
from tidegate.core.world import RunView
from tidegate.observe.store import Store


def observe_run(store: Store, key: Key) -> RunView | None:
    """An AnalysisRun; None when it is gone."""
    return store.runs.get(key.namespace, key.name)
