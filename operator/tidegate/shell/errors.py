"""What the API server may say to a request, as far as the caller must tell it apart."""

from __future__ import annotations

from typing import Any

CONFLICT, NOT_FOUND, FORBIDDEN, UNAUTHORIZED = 409, 404, 403, 401
TOO_MANY, INTERNAL = 429, 500
INVALID = (400, 405, 406, 413, 415, 422)
MESSAGE_LENGTH = 600
DISRUPTION_BUDGET = "DisruptionBudget"
TWO_BUDGETS = "more than one PodDisruptionBudget"
"""Of the words with which the API server tells of a pod that it can evict never: the answer is a 500 like any other."""


class ApiError(Exception):
    """A request that came to nothing. The message is the API server's own, cut to a length that fits a status."""

    def __init__(self, message: str) -> None:
        super().__init__(message[:MESSAGE_LENGTH])


class ConflictError(ApiError):
    """The object is not what it was when the write was decided: look again."""


class AlreadyExistsError(ApiError):
    """An object of that name is there."""


class NotFoundError(ApiError):
    """The object, its namespace or its kind isn't there."""


class InvalidError(ApiError):
    """The object was refused for what it says: the same again is refused again."""


class ForbiddenError(ApiError):
    """Not allowed: rights, a quota, an admission policy, a namespace that is going."""


class EvictionRefusedError(ApiError):
    """A PodDisruptionBudget does not let a pod go now."""


class UnavailableError(ApiError):
    """The API server did not answer, or could not."""


def error_of(status: int, body: dict[str, Any]) -> ApiError:
    """The error that a Status object of the API tells of."""
    if budget := _budget(status, body):
        return EvictionRefusedError(budget)
    message = str(body.get("message") or f"the API server answered {status}")
    reason = body.get("reason")
    if status == CONFLICT:
        return AlreadyExistsError(message) if reason == "AlreadyExists" else ConflictError(message)
    if status == NOT_FOUND:
        return NotFoundError(message)
    if status == FORBIDDEN:
        return ForbiddenError(message)
    if status == UNAUTHORIZED:
        return UnavailableError(f"the API server does not accept the operator's credentials: {message}")
    return InvalidError(message) if status in INVALID else UnavailableError(message)


def _budget(status: int, body: dict[str, Any]) -> str:
    """What a PodDisruptionBudget has against an eviction; empty when it is no such answer.

    A 429 without that cause is the API server's own, which is too busy.
    """
    if status == INTERNAL and TWO_BUDGETS in str(body.get("message")):
        return str(body["message"])
    causes = (body.get("details") or {}).get("causes") or []
    told = (str(cause.get("message")) for cause in causes if cause.get("reason") == DISRUPTION_BUDGET)
    return next(told, "") if status == TOO_MANY else ""
