"""`tidegate status`: wait for the end of a release; for pipelines."""

from __future__ import annotations

import sys

from tidegate.api.rollout_status import Phase
from tidegate.cli import cluster, console, options, words
from tidegate.cli.cluster import Raw, objects
from tidegate.cli.errors import CommandError, Exit
from tidegate.cli.get import summary
from tidegate.cli.tree import Tree, assemble


def command(
    rollout: options.Rollout,
    timeout: options.Timeout = None,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Wait until the release has ended, and tell how: 0 when it has all the traffic, 1 when it failed, 3 in between.

    A pause that waits for a person is no end: give --timeout where nobody may come.
    """
    api = cluster.connect(kubeconfig, context, namespace)
    seconds = timeout.total_seconds() if timeout else None
    last, said = None, ""
    for raw in api.follow(objects("rollouts", api.namespace, rollout), seconds):
        last = assemble(raw, (), (), ())
        said = _tell(raw, said) if output is None else ""
        code = verdict(last)
        if code is not None:
            _end(last, code, output)
    limit = words.span(timeout) if timeout else ""
    raise CommandError(f"not over after {limit}: {_now(last)}", Exit.TIMED_OUT)


def verdict(release: Tree) -> Exit | None:
    """How the release ended; None while it goes on, or while the operator has not seen the latest spec."""
    if not release.current or release.status.phase is None:
        return None
    ends = {Phase.HEALTHY: Exit.DONE, Phase.DEGRADED: Exit.FAILED}
    return ends.get(release.status.phase)


def _tell(raw: Raw, said: str) -> str:
    line = summary(raw)
    if line != said:
        sys.stdout.write(f"{words.clock(words.now())} {line}\n")
        sys.stdout.flush()
    return line


def _end(release: Tree, code: Exit, output: console.Format | None) -> None:
    if output:
        console.data(release.data()["status"], output)
    if code is not Exit.DONE:
        raise CommandError(release.status.message or "the release failed, and the status does not say why", code)
    raise SystemExit(code)


def _now(release: Tree | None) -> str:
    if release is None:
        return "nothing was seen of it"
    if not release.current:
        return "the operator has not looked at this spec yet; does it run?"
    wait = release.status.waiting_for
    return wait.message if wait else release.status.message
