"""Asks a gateway for a host name until it answers well."""

from __future__ import annotations

import time
import urllib.request

from dev.following import NotSeenError

_POLL = 0.05
_TIMEOUT = 5.0


def await_answer(gateway: str, host: str, seconds: float) -> None:
    """Wait until a request to the host name is answered with less than 400. Raises NotSeenError.

    The status of a route may say that it is served a moment before its gateway listens.
    """
    deadline = time.monotonic() + seconds
    while not _answers(gateway, host):
        if time.monotonic() > deadline:
            raise NotSeenError(f"{gateway} does not answer for {host}: does its Gateway take the route?")
        time.sleep(_POLL)


def _answers(gateway: str, host: str) -> bool:
    request = urllib.request.Request(gateway, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            return bool(answer.status < 400)
    except OSError:
        return False
