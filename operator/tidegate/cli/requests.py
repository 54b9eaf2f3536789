"""What people ask for, from `promote` to `resume`. The operator answers in `status.lastRequest`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated
from uuid import uuid4

import typer

from tidegate.api.rollout_status import LastRequest, RequestOutcome
from tidegate.cli import cluster, console, options, words
from tidegate.cli.cluster import Cluster, Raw, objects
from tidegate.cli.errors import CommandError, Exit
from tidegate.cli.tree import read_status
from tidegate.core.world import REQUEST, REQUESTED_BY, REQUESTED_GROUPS

REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
PATIENCE = timedelta(seconds=30)
# Meant for one step: the same request a second later would skip another one. The others hold for the whole release,
# and an abort must not be refused because a step ended while it was on its way.
_OF_A_STEP = {"promote", "promoteFull", "skipStep", "approve"}


def promote(
    rollout: options.Rollout,
    full: Annotated[bool, typer.Option("--full", help="Skip all steps and analyses that are left.")] = False,
    reason: options.Reason = "",
    timeout: options.Timeout = PATIENCE,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Let a release go on that waits for a person."""
    api = cluster.connect(kubeconfig, context, namespace)
    _finish(ask(api, rollout, "promoteFull" if full else "promote", reason, timeout), output)


def approve(
    rollout: options.Rollout,
    reason: options.Reason = "",
    timeout: options.Timeout = PATIENCE,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Approve the step at which a release waits, as one of its approvers."""
    _finish(ask(cluster.connect(kubeconfig, context, namespace), rollout, "approve", reason, timeout), output)


def skip_step(
    rollout: options.Rollout,
    reason: options.Reason = "",
    timeout: options.Timeout = PATIENCE,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Leave out the step that a release is at, whatever it waits for; an approval can't be left out."""
    _finish(ask(cluster.connect(kubeconfig, context, namespace), rollout, "skipStep", reason, timeout), output)


def abort(
    rollout: options.Rollout,
    reason: options.Reason = "",
    timeout: options.Timeout = PATIENCE,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Send all traffic back to the stable version, at once."""
    _finish(ask(cluster.connect(kubeconfig, context, namespace), rollout, "abort", reason, timeout), output)


def retry(
    rollout: options.Rollout,
    reason: options.Reason = "",
    timeout: options.Timeout = PATIENCE,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Begin an aborted release again, at its first step."""
    _finish(ask(cluster.connect(kubeconfig, context, namespace), rollout, "retry", reason, timeout), output)


def pause(
    rollout: options.Rollout,
    reason: options.Reason = "",
    timeout: options.Timeout = PATIENCE,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Take no further step until `resume`. Scaling and taking back go on."""
    _finish(ask(cluster.connect(kubeconfig, context, namespace), rollout, "pause", reason, timeout), output)


def resume(
    rollout: options.Rollout,
    reason: options.Reason = "",
    timeout: options.Timeout = PATIENCE,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Go on after `pause`, or measure again what an analysis left undecided."""
    _finish(ask(cluster.connect(kubeconfig, context, namespace), rollout, "resume", reason, timeout), output)


def restart(
    rollout: options.Rollout,
    reason: options.Reason = "",
    timeout: options.Timeout = PATIENCE,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Replace all pods, few at a time, by others of the same template. PodDisruptionBudgets hold."""
    _finish(ask(cluster.connect(kubeconfig, context, namespace), rollout, "restart", reason, timeout), output)


def ask(api: Cluster, name: str, action: str, reason: str, timeout: timedelta | None) -> LastRequest:
    """Write the request in the user's own name and wait for its answer. Raises CommandError when none comes."""
    path = objects("rollouts", api.namespace, name)
    raw = api.get(path)
    status = read_status(raw)
    request: dict[str, object] = {"id": uuid4().hex, "action": action, "revision": status.current_revision}
    if action in _OF_A_STEP:
        request["step"] = status.current_step_index
    if reason:
        request["reason"] = reason
    api.merge(path, {"metadata": {"annotations": {REQUEST: json.dumps(request), **_signature(api, raw)}}})
    return _answer(api, path, str(request["id"]), timeout or PATIENCE)


def _signature(api: Cluster, rollout: Raw) -> dict[str, str | None]:
    """Who asks. Of their groups only those that may approve something here: the others are nobody's business."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    user = api.create(REVIEW, review)["status"]["userInfo"]
    groups = sorted(set(user.get("groups") or ()) & _approving_groups(rollout))
    # None takes the annotation away: the groups of whoever asked before must not stand beside this name.
    return {REQUESTED_BY: str(user["username"]), REQUESTED_GROUPS: "\n".join(groups) or None}


def _approving_groups(rollout: Raw) -> set[str]:
    canary = ((rollout.get("spec") or {}).get("strategy") or {}).get("canary") or {}
    steps = (step.get("approval") or {} for step in canary.get("steps") or ())
    return {group for step in steps for group in (step.get("approvers") or {}).get("groups") or ()}


def _answer(api: Cluster, path: str, request: str, timeout: timedelta) -> LastRequest:
    for raw in api.follow(path, timeout.total_seconds()):
        last = read_status(raw).last_request
        if last is not None and last.id == request:
            return last
    raise CommandError(
        f"asked for, and not answered within {words.span(timeout)}: does the operator run? "
        "`tidegate version` looks for it; the request stands and is answered when it does",
        Exit.TIMED_OUT,
    )


def _finish(answer: LastRequest, output: console.Format | None) -> None:
    if output:
        console.data(answer.model_dump(mode="json", by_alias=True), output)
    if answer.outcome is RequestOutcome.REFUSED:
        raise CommandError(f"refused: {answer.message}")
    if not output:
        console.say(f"{answer.action}: {answer.message}")
