"""What the API server may say to a request, as far as the caller must tell it apart."""

from __future__ import annotations

from typing import Any

CONFLICT, NOT_FOUND, FORBIDDEN, UNAUTHORIZED = 409, 404, 403, 401
INVALID = (400, 405, 406, 413, 415, 422)
MESSAGE_LENGTH = 600


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


class UnavailableError(ApiError):
    """The API server did not answer, or could not."""


def error_of(status: int, body: dict[str, Any]) -> ApiError:
    """The error that a Status object of the API tells of."""
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
