"""What Prometheus reads: statuses as they are at the scrape, counts of what has happened, nothing of what is gone."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import generate_latest

from tests.unit.observe import raws
from tests.unit.observe.raws import NAMESPACE, Raw
from tidegate.core.world import RolloutView
from tidegate.observe.store import Store
from tidegate.observe.views import rollout_view
from tidegate.shell.telemetry import Telemetry

STATUS: Raw = {
    "phase": "Paused",
    "currentStepIndex": 1,
    "availableReplicas": 6,
    "waitingFor": {"reason": "Paused", "message": "for you", "since": "2026-01-02T03:04:05Z"},
    "canary": {"weights": {"canary": {"weight": 20}, "stable": {"weight": 80}, "asked": 40}},
    "history": [
        {"revision": 2, "podTemplateHash": "a", "startedAt": "2026-01-02T03:04:05Z", "cadenceSeconds": 3600},
    ],
}


def read(telemetry: Telemetry) -> dict[str, float]:
    """All samples by name and labels."""
    lines = generate_latest(telemetry.registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def series(name: str, /, **labels: str) -> str:
    inner = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{inner}}}"


def of_web(name: str, /, **labels: str) -> str:
    return series(f"tidegate_{name}", namespace=NAMESPACE, name="web", **labels)


@pytest.fixture
def store() -> Store:
    store = Store()
    store.ingest("Rollout", None, raws.rollout(status=STATUS))
    return store


def test_a_rollout_shows_where_it_stands(store: Store) -> None:
    found = read(Telemetry(store))
    assert found[of_web("rollout_phase", phase="Paused")] == 1
    assert found[of_web("rollout_phase", phase="Healthy")] == 0
    assert (found[of_web("rollout_step")], found[of_web("rollout_steps")]) == (1, 2)
    assert (found[of_web("rollout_weight_asked")], found[of_web("rollout_weight_seen")]) == (40, 20)
    assert found[of_web("rollout_waiting_since_seconds", reason="Paused")] == 1767323045
    assert found[of_web("rollout_cadence_seconds")] == 3600


def test_a_rollout_shows_how_it_is_delivered() -> None:
    def line(number: int, ended: str, outcome: str) -> Raw:
        began = f"2026-01-0{number}T03:00:00Z"
        end = {"finishedAt": f"2026-01-0{number}T{ended}:00Z", "outcome": outcome}
        return {"revision": number, "podTemplateHash": f"h{number}", "startedAt": began, **end}

    history = [line(1, "04:00", "Promoted"), line(2, "03:30", "Aborted"), line(3, "05:00", "Promoted")]
    store = Store()
    store.ingest("Rollout", None, raws.rollout(status={"history": history}))
    found = read(Telemetry(store))
    assert found[of_web("rollout_lead_time_seconds")] == 5400
    assert found[of_web("rollout_change_failure_ratio")] == pytest.approx(1 / 3)
    assert found[of_web("rollout_time_to_restore_seconds")] == 1800


def test_what_is_not_known_is_not_shown_as_zero() -> None:
    store = Store()
    store.ingest("Rollout", None, raws.rollout())
    names = "\n".join(read(Telemetry(store)))
    assert "weight_seen" not in names
    assert "cadence" not in names
    assert "waiting_since" not in names


def test_the_series_of_a_rollout_go_with_it(store: Store) -> None:
    telemetry = Telemetry(store)
    telemetry.passed(view(history=[release()]), view(history=[release("Promoted")]))
    assert any('name="web"' in name for name in read(telemetry))
    store.ingest("Rollout", "DELETED", raws.rollout())
    telemetry.forget(NAMESPACE, "web")
    assert not [name for name in read(telemetry) if 'name="web"' in name]


def test_the_values_of_a_run_under_way_are_shown_by_metric(store: Store) -> None:
    measured = {"name": "errors", "phase": "Running", "measurements": [{"phase": "Successful", "value": "[0.02]"}]}
    raw = raws.run("judge", status={"phase": "Running", "metricResults": [measured]})
    store.ingest("AnalysisRun", None, raw)
    assert read(Telemetry(store))[of_web("analysis_value", metric="errors")] == 0.02
    store.ingest("AnalysisRun", None, raws.again(raw, status={"phase": "Successful", "metricResults": [measured]}))
    assert of_web("analysis_value", metric="errors") not in read(Telemetry(store))


def release(outcome: str | None = None) -> Raw:
    ended = {"finishedAt": "2026-01-02T03:05:05Z", "outcome": outcome} if outcome else {}
    return {"revision": 2, "podTemplateHash": "a", "startedAt": "2026-01-02T03:04:05Z", **ended}


def view(**status: Any) -> RolloutView:
    return rollout_view(raws.rollout(status=status))


def test_a_release_is_counted_when_it_ends_and_once() -> None:
    telemetry = Telemetry(Store())
    going, over = view(history=[release()]), view(history=[release("Promoted")])
    telemetry.passed(going, over)
    telemetry.passed(over, over)
    found = read(telemetry)
    assert found[of_web("releases_total", outcome="Promoted")] == 1
    assert found[series("tidegate_release_seconds_sum", outcome="Promoted")] == 60
    assert found["tidegate_restore_seconds_count"] == 0


def test_releases_that_were_over_when_the_operator_started_are_not_counted_again() -> None:
    telemetry = Telemetry(Store())
    telemetry.passed(None, view(history=[release("Promoted")]))
    assert of_web("releases_total", outcome="Promoted") not in read(telemetry)


def test_a_bad_release_counts_as_a_failure_with_the_time_that_it_took_to_restore() -> None:
    telemetry = Telemetry(Store())
    telemetry.passed(view(history=[release()]), view(history=[release("Aborted")]))
    found = read(telemetry)
    assert found[of_web("releases_total", outcome="Aborted")] == 1
    assert (found["tidegate_restore_seconds_count"], found["tidegate_restore_seconds_sum"]) == (1, 60)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("aborted by ann (claimed): smells", "Request"),
        ("no progress for 600 s: waiting for 3 pods", "ProgressDeadline"),
        ("nobody approved step 2 of 3 within 60 s", "Approval"),
        ("webhook of step 2 of 3: gate.example.com answers HTTP 403: no", "Webhook"),
        ("analysis web-2-1: metric errors: 0.2", "Analysis"),
    ],
)
def test_aborts_are_counted_by_a_cause_of_a_closed_set(said: str, cause: str) -> None:
    telemetry = Telemetry(Store())
    telemetry.passed(view(), view(abort=True, abortCause=said))
    telemetry.passed(view(abort=True, abortCause=said), view(abort=True, abortCause=said))
    assert read(telemetry)[series("tidegate_aborts_total", cause=cause)] == 1


def test_requests_and_passes_are_counted_and_timed() -> None:
    telemetry = Telemetry(Store())
    telemetry.requested("patch", "rollouts", 409, 0.01)
    telemetry.timed("Rollout", 0.002)
    telemetry.failed("Rollout", "Conflict")
    found = read(telemetry)
    assert found[series("tidegate_api_requests_total", code="409", resource="rollouts", verb="patch")] == 1
    assert found[series("tidegate_reconcile_seconds_count", kind="Rollout")] == 1
    assert found[series("tidegate_reconcile_failures_total", kind="Rollout", reason="Conflict")] == 1


def test_a_gauge_is_read_at_the_scrape() -> None:
    telemetry, depth = Telemetry(Store()), [1.0]
    telemetry.gauge("queue_depth", "Keys that wait", "queue", {"runs": lambda: depth[0]})
    assert read(telemetry)[series("tidegate_queue_depth", queue="runs")] == 1
    depth[0] = 5
    assert read(telemetry)[series("tidegate_queue_depth", queue="runs")] == 5
