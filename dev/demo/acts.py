"""The acts of the demo: each does what a person would do, waits for its end and measures it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dev.cluster import Load, LoadResult
from dev.cluster.load_result import NO_VERSION
from dev.demo.picture import route_weights
from dev.demo.place import Version
from dev.demo.stage import Stage
from dev.following import NotSeenError
from dev.kube import DEPLOYMENT, ROUTE, RUN
from dev.probe import await_answer

FIRST = Version("v1")
GOOD = Version("v2")
BAD = Version("v3", error_rate=0.2)
# Pods of a real cluster pull their images.
_UP_SECONDS = 180.0
_RELEASE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Good:
    """The good release; `seconds` from the change of the manifest to the end of the release."""

    load: LoadResult
    seconds: float


@dataclass(frozen=True, slots=True)
class Bad:
    """The bad release. `highest_weight` is the greatest that a route carried for it, in percent.

    `seconds_to_zero`: from its first failed answer to its last answer, both as clients saw them; `verdict_to_zero`:
    from the first failed verdict to weight 0 in the route. `cause` is the operator's own sentence.
    """

    load: LoadResult
    highest_weight: int
    seconds_to_zero: float | None
    verdict_to_zero: float | None
    cause: str


@dataclass(frozen=True, slots=True)
class Plain:
    """The same bad release as a Deployment, undone at the moment at which it was complete."""

    load: LoadResult


def first_version(stage: Stage) -> None:
    """The first version comes up: nobody is served yet, so it goes to its full size at once."""
    stage.begin("demo", f"first version: {FIRST.name}")
    stage.apply("canary")
    stage.apply("rollout", FIRST)
    stage.seen.wait(lambda: _healthy(stage), "the first version is Healthy", _UP_SECONDS)
    await_answer(stage.place.address, stage.place.host, _UP_SECONDS)


def good_release(stage: Stage) -> Good:
    """The good version walks to 100 %, and the pods of the old one go, all under load."""
    stage.begin("demo", f"good release: {FIRST.name} → {GOOD.name}")
    with stage.load(stage.place.host) as load:
        _await_answers(stage, load)
        began = time.time()
        stage.apply("rollout", GOOD)
        stage.seen.wait(lambda: _healthy(stage), "the good release is Healthy", _RELEASE_SECONDS)
        seconds = time.time() - began
        stage.seen.wait(lambda: not stage.pods(FIRST), "the pods of the old version are gone", _UP_SECONDS)
    return Good(load.result(), seconds)


def bad_release(stage: Stage) -> Bad:
    """The bad version is caught and taken back; the load goes on until its pods are gone."""
    stage.begin("demo", f"bad release: {GOOD.name} → {BAD.name}, {BAD.error_rate:.0%} errors")
    with stage.load(stage.place.host) as load:
        _await_answers(stage, load)
        began = time.time()
        stage.apply("rollout", BAD)
        stage.seen.wait(lambda: _taken_back(stage), "the bad release is taken back", _RELEASE_SECONDS)
        stage.seen.wait(lambda: not stage.pods(BAD), "the pods of the bad version are gone", _UP_SECONDS)
    return _measured(stage, load.result(), began)


def plain_deployment(stage: Stage) -> Plain:
    """The same change of a Deployment: a rolling update to the end, and then undone by somebody very quick."""
    stage.begin("plain", f"the same bad release as a plain Deployment: {GOOD.name} → {BAD.name}")
    stage.apply("deployment", GOOD)
    stage.seen.wait(lambda: _rolled_out(stage), "the Deployment is up", _UP_SECONDS)
    host = f"plain.{stage.place.host}"
    await_answer(stage.place.address, host, _UP_SECONDS)
    with stage.load(host) as load:
        _await_answers(stage, load)
        for version in (BAD, GOOD):
            stage.apply("deployment", version)
            stage.seen.wait(lambda: _rolled_out(stage), "the rolling update is complete", _UP_SECONDS)
    return Plain(load.result())


def _await_answers(stage: Stage, load: Load) -> None:
    """Wait until the version that is up answers; look whether answers tell their version."""
    seen = load.until(lambda seen: seen.answered > seen.failed, "the version that is up answers")
    if stage.tells_versions and not set(seen.versions) - {NO_VERSION}:
        stage.tells_versions = False
        stage.face.say(
            "The answers have no header x-version. Requests, failures and the weights of the route can be measured; "
            "what each version answered, and how long clients met the bad one, can't."
        )


def _measured(stage: Stage, load: LoadResult, began: float) -> Bad:
    routes = [change for change in stage.seen.changes(ROUTE, "demo") if change.at >= began]
    weights = [(change.at, route_weights(change.object)["demo-canary"]) for change in routes]
    runs = (run for run in stage.seen.changes(RUN) if run.at >= began and _phase(run.object) == "Failed")
    verdict = next((run.at for run in runs), None)
    zero = next((at for at, weight in weights if verdict is not None and at >= verdict and weight == 0), None)
    bad = load.versions.get(BAD.name)
    return Bad(
        load=load,
        highest_weight=max((weight for _, weight in weights), default=0),
        seconds_to_zero=bad.last_answer - bad.first_failure if bad and bad.first_failure is not None else None,
        verdict_to_zero=zero - verdict if zero is not None and verdict is not None else None,
        cause=stage.rollout["status"].get("abortCause", ""),
    )


def _phase(run: Mapping[str, Any]) -> str | None:
    return (run.get("status") or {}).get("phase")


def _healthy(stage: Stage) -> bool:
    """Raises NotSeenError when it never will be: the release was taken back, or the analysis can't decide."""
    waiting = (stage.rollout.get("status", {}).get("waitingFor") or {}).get("reason")
    if _seen_by_operator(stage) and (stage.rollout["status"].get("abort") or waiting == "AnalysisUndecided"):
        raise NotSeenError(f"the release does not go on: {stage.rollout['status']['message']}")
    return _seen_by_operator(stage) and stage.rollout["status"].get("phase") == "Healthy"


def _taken_back(stage: Stage) -> bool:
    status = stage.rollout.get("status", {})
    weights = (status.get("canary") or {}).get("weights") or {}
    back = bool(weights) and weights["canary"]["weight"] == 0 and weights["verified"]
    return _seen_by_operator(stage) and bool(status.get("abort")) and back


def _seen_by_operator(stage: Stage) -> bool:
    rollout = stage.rollout
    return bool(rollout) and rollout.get("status", {}).get("observedGeneration") == rollout["metadata"]["generation"]


def _rolled_out(stage: Stage) -> bool:
    """As `kubectl rollout status` has it, and the pods that go are gone."""
    found = stage.seen.get(DEPLOYMENT, "plain")
    if found is None:
        return False
    status, wanted = found.get("status", {}), found["spec"]["replicas"]
    counts = {status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")}
    return counts == {wanted} and bool(status["observedGeneration"] == found["metadata"]["generation"])
