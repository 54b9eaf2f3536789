"""How a command ends when it can't do what it was asked to: one sentence for a person, one code for a script."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes that scripts can rely on."""

    DONE = 0
    FAILED = 1
    """It failed, the release was taken back, or something was found."""
    USAGE = 2
    """The command was written wrongly; nothing was asked for."""
    TIMED_OUT = 3


class CommandError(Exception):
    """What went wrong and what to do; printed without a traceback."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


class UnreachableError(CommandError):
    """No answer from the API server."""


class AbsentError(CommandError):
    """The API server knows no such object, or no such kind."""
