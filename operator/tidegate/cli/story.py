"""A release told in sentences: what has happened, what it waits for, what ends the wait, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.api.rollout_status import Outcome, Phase, Release
from tidegate.cli import draw, words
from tidegate.cli.cluster import Raw
from tidegate.cli.tree import Run, Tree

EVENTS = 12
# Told by the history, and with the right time.
_BEGAN = "ReleaseStarted"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading and its sentences."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """How a wait ends by itself, and what a person can do. `{name}` is the Rollout's."""

    ends: str
    todo: str


_GO_ON = "`tidegate promote {name}` lets it go on, `tidegate abort {name}` takes it back"
_LOOK = "`kubectl describe rollout.tidegate.dev {name}` shows more; `tidegate abort {name}` takes it back"
_SCHEDULE = "Nothing is needed. spec.schedule.override lets it go on in spite of the schedule"
WAYS: Mapping[str, _Way] = {
    "Paused": _Way("Somebody promotes it.", f"{_GO_ON}."),
    "Approval": _Way(
        "One of its approvers approves it.",
        "`tidegate approve {name}` if you are one, `tidegate abort {name}` takes it back.",
    ),
    "ApprovalTimedOut": _Way(
        "One of its approvers approves it, late.",
        "`tidegate approve {name}` if you are one, `tidegate abort {name}` takes it back.",
    ),
    "Webhook": _Way("The other system answers.", f"Nothing is needed. {_LOOK}."),
    "WebhookFailed": _Way(
        "Somebody decides what the other system did not.",
        "`tidegate resume {name}` calls it again, `tidegate promote {name}` goes on without it, "
        "`tidegate abort {name}` takes it back.",
    ),
    "WebhookInvalid": _Way(
        "The call can be made.", "Correct the step in the Rollout; `tidegate lint` finds such mistakes before."
    ),
    "PausedByRequest": _Way(
        "Somebody resumes it.", "`tidegate resume {name}` lets it go on, `tidegate abort {name}` takes it back."
    ),
    "PausedBySpec": _Way("spec.paused becomes false.", "Set spec.paused to false in the manifest."),
    "AnalysisUndecided": _Way(
        "Somebody decides what the measurements did not.",
        "`tidegate resume {name}` measures again, `tidegate promote {name}` goes on without a verdict, "
        "`tidegate abort {name}` takes it back.",
    ),
    "AnalysisFailed": _Way(
        "Somebody decides: the author wants a person to look at what failed.",
        "`tidegate resume {name}` measures again, `tidegate promote {name}` goes on in spite of it, "
        "`tidegate abort {name}` takes it back.",
    ),
    "InitialAnalysisFailed": _Way(
        "The first version passes its analysis, or somebody takes it as it is.",
        "`tidegate retry {name}` measures again, `tidegate promote --full {name}` takes it, or change the template.",
    ),
    "DependencyNotReady": _Way(
        "The Rollout that goes first is as far as dependsOn asks for.",
        "Look at that one: `tidegate why` with its name.",
    ),
    "GroupNotReady": _Way(
        "All Rollouts of the group that are being released are as far.",
        "Look at the one that is named: `tidegate why` with its name. "
        "`tidegate promote {name}` lets this one go on alone.",
    ),
    "DependencyMissing": _Way("That Rollout is there.", "Create it, or correct dependsOn in the manifest."),
    "DependencyCycle": _Way("The circle is opened.", "Remove one entry of dependsOn along the circle."),
    "OutsideWindow": _Way("The next window of the schedule opens.", f"{_SCHEDULE}."),
    "Frozen": _Way("The freeze is over.", f"{_SCHEDULE}."),
    "MinInterval": _Way("The least interval between two releases is over.", f"{_SCHEDULE}."),
    "Queued": _Way(
        "The release under way is promoted or aborted.",
        f"{_GO_ON}; then the template of the manifest begins.",
    ),
    "Restarting": _Way(
        "All pods are replaced that are older than the restart.",
        "Nothing is needed. `tidegate get {name}` shows the age of each.",
    ),
    "EvictionRefused": _Way(
        "The PodDisruptionBudget allows it: it is asked again, once in half a minute at least.",
        "If it never does: `kubectl get poddisruptionbudgets` shows how many pods may be missing; a budget that allows "
        "none needs one pod more, or a lower number.",
    ),
    "StepCompleted": _Way("The next step begins, in a moment.", "Nothing is needed."),
    "Analysis": _Way("The verdict: Successful goes on, Failed takes it back.", f"Nothing is needed. {_LOOK}."),
    "PodsNotAvailable": _Way(
        "The pods become ready and stay so for minReadySeconds.",
        "If they don't: `kubectl describe pod` on one of those that `tidegate get {name}` shows.",
    ),
    "EndpointsNotReady": _Way(
        "The pods answer behind the Service.",
        "If they don't: compare the Service's selector with the labels of the pods, and look at the readiness probe.",
    ),
    "WeightNotSeen": _Way(
        "Every parent of the route confirms the weight.",
        "If none does: look at the status of the HTTPRoute and at the controller of the gateway.",
    ),
    "ManagedRouteNotSeen": _Way(
        "Every parent of the route confirms its rules for headers and copies.",
        "If none does: look at the status of the HTTPRoute and at the controller of the gateway.",
    ),
    "ServiceNotFound": _Way("The Service is there.", "Create it, or correct its name in the manifest."),
    "ConfigMissing": _Way(
        "The ConfigMaps and Secrets are there that are part of the release.",
        "Create what is missing, or correct its name in the manifest. `tidegate abort {name}` takes back what is under "
        "way: that waits for nothing.",
    ),
    "ConfigChanged": _Way("A few seconds pass without another change of its config.", "Nothing is needed."),
    "ConfigNotCopied": _Way(
        "The copies of its ConfigMaps and Secrets are made, in a moment.",
        "If they don't come: the condition Ready says what the API server refuses.",
    ),
    "AnalysisInvalid": _Way(
        "The analysis can be made.", "Correct the Rollout or the template; `tidegate lint` finds such mistakes before."
    ),
}
_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.PROMOTED: "It was promoted",
    Outcome.FAST_PROMOTED: "It was promoted without its steps",
    Outcome.ABORTED: "It was taken back",
    Outcome.SUPERSEDED: "Another template took its place",
    Outcome.ROLLED_BACK: "Somebody went back to the stable template",
}


def story(release: Tree, events: Sequence[Raw]) -> list[Chapter]:
    """The chapters that have something to say."""
    chapters = (
        Chapter("What has happened", tuple(_happened(release, events))),
        Chapter("What it waits for", tuple(_waits(release))),
        Chapter("What ends the wait", tuple(_ends(release))),
        Chapter("What you can do", tuple(_todo(release))),
    )
    return [chapter for chapter in chapters if chapter.sentences]


def _happened(release: Tree, events: Sequence[Raw]) -> Iterator[str]:
    status = release.status
    if status.phase is None:
        yield "The operator has not looked at this Rollout yet."
        return
    if not release.current:
        yield "The manifest was changed, and the operator has not looked at the change yet."
    if status.history:
        yield from _release(status.history[-1], events)
    elif status.message:
        yield f"{status.message}."
    current = next((each for each in release.revisions if each.pod_hash == status.current_pod_hash), None)
    yield from (_run(run) for run in (current.runs if current else ()))
    if status.canary.weights:
        yield f"Weight: {draw.weight(status)}."
    routes = draw.managed_routes(release)
    if routes:
        yield f"Managed routes: {routes}."


def _release(last: Release, events: Sequence[Raw]) -> Iterator[str]:
    rhythm = (
        f", {_seconds(last.cadence_seconds)} after the end of the one before"
        if last.cadence_seconds is not None
        else ""
    )
    images = ", ".join(last.images)
    yield f"Revision {last.revision} ({images}) began {words.ago(last.started_at)} ago{rhythm}."
    told = [each for each in events if each.get("reason") != _BEGAN]
    for event in [each for each in told if (_when(each) or last.started_at) >= last.started_at][-EVENTS:]:
        when = _when(event)
        yield f"{words.clock(when) if when else ''} {event.get('reason', '')}: {event.get('message', '')}"
    for given in last.approvals:
        why = f": {given.reason}" if given.reason else ""
        yield f"Step {given.step + 1} was approved by {given.by} {words.ago(given.at)} ago{why}."
    if last.finished_at and last.outcome:
        cause = f": {last.cause}" if last.cause else ""
        yield f"{_OUTCOMES[last.outcome]} {words.ago(last.finished_at)} ago{cause}."


def _seconds(seconds: float) -> str:
    return words.span(timedelta(seconds=seconds))


def _when(event: Raw) -> datetime | None:
    series = event.get("series") or {}
    metadata = event.get("metadata") or {}
    times = (
        series.get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("eventTime"),
        metadata.get("creationTimestamp"),
    )
    return next((datetime.fromisoformat(time) for time in times if time), None)


def _run(run: Run) -> str:
    counts = f"{run.successful} good, {run.failed} bad, {run.inconclusive} undecided measurements, {run.error} errors"
    said = f": {run.message}" if run.message else ""
    return f"AnalysisRun {run.name} is {run.phase} ({counts}){said}."


def _waits(release: Tree) -> Iterator[str]:
    status = release.status
    if status.waiting_for:
        yield f"{draw.waiting(status)}."
        if held := draw.held_by_request(status, release.name):
            yield f"It is {held}."
    elif status.phase is Phase.HEALTHY:
        yield "Nothing: no release is on its way."


def _ends(release: Tree) -> Iterator[str]:
    wait = release.status.waiting_for
    if wait is None:
        return
    if wait.until:
        yield f"It ends by itself at {words.clock(wait.until)}, in {words.span(wait.until - words.now())}."
    if way := WAYS.get(wait.reason):
        yield f"Or: {way.ends[:1].lower()}{way.ends[1:]}" if wait.until else way.ends


def _todo(release: Tree) -> Iterator[str]:
    status, name = release.status, release.name
    if status.abort:
        yield (
            f"Change the template, or git: `tidegate undo {name} --print` prints the stable manifest. "
            f"`tidegate retry {name}` tries this one again."
        )
    elif status.waiting_for:
        way = WAYS.get(status.waiting_for.reason)
        yield (way.todo if way else f"{_LOOK}.").format(name=name)
    elif status.phase is Phase.DEGRADED:
        yield f"{_LOOK}.".format(name=name)
