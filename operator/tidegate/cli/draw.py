"""The tree of a release on a terminal. All text from outside goes in as Text, never as markup."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from rich.tree import Tree as Branches

from tidegate.api.rollout_status import PauseReason, Phase, RolloutStatus
from tidegate.cli import words
from tidegate.cli.console import clean
from tidegate.cli.tree import Pod, Revision, Run, Tree

_STYLES = {
    Phase.HEALTHY: "bold green",
    Phase.PROGRESSING: "bold cyan",
    Phase.PAUSED: "bold yellow",
    Phase.DEGRADED: "bold red",
}
_VERDICTS = {"Successful": "green", "Failed": "red", "Error": "red", "Inconclusive": "yellow"}
_BAR = 24


def tree(release: Tree, *, bars: bool) -> RenderableType:
    """All of it. `bars` draws the progress as a bar too."""
    shown = [each for each in release.revisions if not _asleep(each)]
    asleep = [str(each.number) for each in release.revisions if _asleep(each)]
    rest = [Text(f"kept without pods: revision {', '.join(asleep)}", style="dim")] if asleep else []
    return Group(_head(release, bars=bars), Text(), *map(_revision, shown), *rest)


def _asleep(revision: Revision) -> bool:
    """An old version that is kept for undo and has nothing to show."""
    return not (revision.size or revision.pods or revision.roles)


def phase(status: RolloutStatus) -> Text:
    """The phase in its colour."""
    return Text(status.phase.value, style=_STYLES[status.phase]) if status.phase else Text("not seen yet", style="dim")


def _head(release: Tree, *, bars: bool) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _rows(release, bars=bars):
        grid.add_row(name, value)
    return grid


def _rows(release: Tree, *, bars: bool) -> Iterator[tuple[str, RenderableType]]:
    status = release.status
    yield "Rollout", Text(f"{release.name} in {release.namespace}", style="bold")
    yield "Phase", phase(status)
    if status.message and not (status.waiting_for and status.waiting_for.message == status.message):
        yield "Message", Text(clean(status.message))
    if release.steps:
        yield "Step", _step(release)
        if bars:
            yield "", ProgressBar(total=len(release.steps), completed=release.index, width=_BAR)
    yield "Weight", Text(weight(status))
    routes = managed_routes(release)
    if routes:
        yield "Routes", Text(routes)
    if status.waiting_for:
        yield "Waits for", Text(waiting(status), style="yellow")
    if held := held_by_request(status, release.name):
        yield "Held", Text(held, style="yellow")
    wanted = release.raw["spec"].get("replicas", 1)
    counts = f"{wanted} wanted, {status.ready_replicas} ready, {status.available_replicas} available"
    yield "Pods", Text(counts)


def _step(release: Tree) -> Text:
    done, count = release.index, len(release.steps)
    if done >= count:
        return Text(f"{count} of {count} done")
    return Text(f"{done + 1} of {count}: {clean(words.step(release.steps[done]))}")


def managed_routes(release: Tree) -> str:
    """Who meets the new version whatever its weight is: by header, or by copies; empty for nobody."""
    status = release.status
    going_on = not status.abort and status.current_pod_hash != status.stable_rs and bool(status.stable_rs)
    return clean(words.managed_routes(release.steps, release.index)) if going_on else ""


def weight(status: RolloutStatus) -> str:
    """The new version's weight: asked for, and seen in the routes."""
    weights = status.canary.weights
    if weights is None:
        return "not seen yet"
    if status.current_pod_hash == status.stable_rs:
        return f"{weights.percent_stable} % on the stable version"
    seen = f"{weights.percent_seen} % seen"
    in_force = weights.verified and weights.asked == weights.canary.weight
    return seen if in_force else f"{weights.percent_asked} % asked, {seen}"


def waiting(status: RolloutStatus) -> str:
    """What it waits for, since when and until when."""
    wait = status.waiting_for
    if wait is None:
        return "nothing"
    times = [f"for {words.ago(wait.since)}"] if wait.since else []
    if wait.until:
        times.append(f"until {words.clock(wait.until)}, in {words.span(wait.until - words.now())}")
    return clean(wait.message) + (f" ({'; '.join(times)})" if times else "")


def held_by_request(status: RolloutStatus, name: str) -> str:
    """That somebody paused it, where the wait tells of something else: both must end. Empty when nobody did."""
    pauses = (pause for pause in status.pause_conditions if pause.reason is PauseReason.REQUEST)
    pause = next(pauses, None)
    told = status.waiting_for is not None and status.waiting_for.reason == "PausedByRequest"
    if pause is None or told:
        return ""
    return f"paused on request {words.ago(pause.start_time)} ago: no step is taken before `tidegate resume {name}`"


def _revision(revision: Revision) -> RenderableType:
    roles = f" {', '.join(revision.roles)}" if revision.roles else ""
    title = Text.assemble(
        (f"revision {revision.number}", "bold"), (roles, "cyan"), f"  {clean(', '.join(revision.images))}"
    )
    branch = Branches(title, guide_style="dim")
    sized = branch.add(Text(f"ReplicaSet {revision.replicaset}  {revision.ready}/{revision.size} ready"))
    for pod in revision.pods:
        sized.add(_pod(pod))
    for run in revision.runs:
        branch.add(_run(run))
    return branch


def _pod(pod: Pod) -> Text:
    style = "green" if pod.status == "Running" else "yellow"
    restarts = f"  {pod.restarts} restarts" if pod.restarts else ""
    return Text.assemble(
        f"Pod {pod.name}  ", (clean(pod.status), style), f"  {pod.ready} ready{restarts}  {words.ago(pod.created)}"
    )


def _run(run: Run) -> Text:
    counts = f"  {run.successful} good, {run.failed} bad, {run.inconclusive} undecided, {run.error} errors"
    said = f"  {clean(run.message)}" if run.message else ""
    role = f" ({run.role})" if run.role else ""
    return Text.assemble(f"AnalysisRun {run.name}{role}  ", (run.phase, _VERDICTS.get(run.phase, "cyan")), counts, said)
