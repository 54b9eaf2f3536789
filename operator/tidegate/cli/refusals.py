"""What the API server's refusals mean, and what to do about them."""

from __future__ import annotations

import json
from typing import Any

from kubernetes.client.exceptions import ApiException

from tidegate.api.crd import KINDS
from tidegate.cli.connection import Login
from tidegate.cli.errors import AbsentError, CommandError

_KINDS = {kind.plural: kind.name for kind in KINDS}


def explain(error: ApiException, path: str) -> CommandError:
    """The refusal as a sentence with its remedy."""
    status = _status(error)
    said = str(status.get("message") or error.reason or error.status)
    match error.status:
        case 0:
            return CommandError(f"the API server is not trusted: {said.splitlines()[-1]}. Check the kubeconfig")
        case 401:
            return CommandError("the API server does not know who you are: log in again, or choose another --context")
        case 403:
            return CommandError(f"you may not do this: {said}. Ask who administers the cluster for the right")
        case 404:
            return AbsentError(_not_found(status, path))
        case 409:
            return CommandError(f"somebody changed it at the same moment: try again ({said})")
    return CommandError(f"the API server refuses it: {said}")


def _status(error: ApiException) -> dict[str, Any]:
    try:
        status = json.loads(error.body or "")
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}


def _not_found(status: dict[str, Any], path: str) -> str:
    details = status.get("details") or {}
    if details.get("name"):
        namespace = path.partition("/namespaces/")[2].partition("/")[0]
        where = f" in namespace {namespace}" if namespace else ""
        kind = _KINDS.get(details.get("kind", ""), "object")
        return f'there is no {kind} "{details["name"]}"{where}: `tidegate get -A` lists all Rollouts that you may see'
    return (
        "the cluster does not know the kinds of Tidegate: install the chart, or "
        "`tidegate crds | kubectl apply --server-side -f -`"
    )


def unreachable(error: Exception, login: Login) -> str:
    """Why no answer came."""
    host, context = login.api.configuration.host, login.context
    cause: BaseException = error
    while isinstance(inner := cause.__cause__ or getattr(cause, "reason", None), BaseException):
        cause = inner
    return f"no answer from {host} (context {context}): {_reason(cause)}. Is it up? --context chooses another cluster"


def _reason(cause: BaseException) -> str:
    return str(getattr(cause, "strerror", None) or cause).partition(": ")[2] or str(cause)
