"""One query to Prometheus, in the thread that makes it, through prometheus-api-client."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import requests
from prometheus_api_client import PrometheusConnect
from urllib3.exceptions import ReadTimeoutError
from urllib3.util.retry import Retry

from tidegate.core.analysis.reading import (
    BasicCredentials,
    BearerToken,
    PrometheusQuery,
    ProviderError,
    Reading,
    Trouble,
)
from tidegate.metrics.answers import GarbageError, no_answer, status_trouble, values
from tidegate.metrics.guard import ForbiddenAddressError, Guard
from tidegate.metrics.session import (
    CertificateError,
    Flight,
    GuardedSession,
    RedirectError,
    StatusError,
    TooLargeError,
    flying,
)

CONNECTIONS_A_THREAD = 16


@dataclass(frozen=True, slots=True)
class _Door:
    """What makes a connection: two queries with the same of these share it."""

    url: str
    headers: tuple[tuple[str, str], ...]
    credentials: BasicCredentials | BearerToken | None
    ca_cert: str | None
    insecure: bool


class _Connections(threading.local):
    """The open connections of one thread, the last used at the end; tokens change, so old ones are closed."""

    def __init__(self) -> None:
        self.by_door: OrderedDict[_Door, PrometheusConnect] = OrderedDict()


_open = _Connections()


def call(query: PrometheusQuery, url: str, guard: Guard, flight: Flight) -> Reading:
    """Asks and waits. Never raises: whatever happens is a reading. `url` is the server's, without a slash at its end.

    The message of an error goes on after the name of the server: "… does not answer within 10s".
    """
    try:
        with flying(flight):
            return values(_ask(_connection(query, url, guard), query))
    except Exception as error:
        return _trouble(error, query, flight)


def _ask(connect: PrometheusConnect, query: PrometheusQuery) -> Any:
    seconds = query.timeout.total_seconds()
    params = {"timeout": f"{max(1, round(seconds))}s"}
    if query.span is None:
        return connect.custom_query(query.query, params, timeout=seconds)
    step = str(query.span.step.total_seconds())
    return connect.custom_query_range(query.query, query.span.start, query.span.end, step, params, timeout=seconds)


def _connection(query: PrometheusQuery, url: str, guard: Guard) -> PrometheusConnect:
    door = _Door(url, query.headers, query.credentials, query.ca_cert, query.insecure)
    known = _open.by_door.pop(door, None)
    _open.by_door[door] = known or _new(door, guard)
    if len(_open.by_door) > CONNECTIONS_A_THREAD:
        _open.by_door.popitem(last=False)[1].close()
    return _open.by_door[door]


def _new(door: _Door, guard: Guard) -> PrometheusConnect:
    session = GuardedSession(guard, door.ca_cert, insecure=door.insecure)
    headers = dict(door.headers)
    if isinstance(door.credentials, BearerToken):
        headers["Authorization"] = f"Bearer {door.credentials.token}"
    auth = None
    if isinstance(door.credentials, BasicCredentials):
        auth = (door.credentials.username.encode(), door.credentials.password.encode())
    connect = PrometheusConnect(door.url, headers, auth=auth, session=session, retry=Retry(total=0))
    # The library mounts an adapter of its own for the URL, without the guard.
    session.guard_all()
    return connect


def _trouble(error: Exception, query: PrometheusQuery, flight: Flight) -> ProviderError:
    """The error in words. Never the text of an exception of requests: it holds the URL, and with it the query."""
    if isinstance(error, StatusError):
        return status_trouble(error.status, error.body, query.secrets)
    if isinstance(error, ForbiddenAddressError):
        return ProviderError(
            Trouble.REFUSED, f"must not be asked: {error}; whoever runs the operator can allow the host"
        )
    for kind, message in _REFUSED:
        if isinstance(error, kind):
            return ProviderError(Trouble.REFUSED, message)
    return ProviderError(Trouble.UNAVAILABLE, _unavailable(error, query, flight))


_REFUSED: tuple[tuple[type[Exception], str], ...] = (
    (CertificateError, "can't be asked: caCert holds no certificates in PEM"),
    (requests.exceptions.InvalidHeader, "can't be asked: a header holds a line break, or begins with a space"),
    (requests.exceptions.InvalidURL, "can't be asked: address is no URL"),
    (UnicodeError, "can't be asked: the address or a header holds a character that HTTP has not"),
)


def _unavailable(error: Exception, query: PrometheusQuery, flight: Flight) -> str:
    if flight.failure:
        return f"can't be reached: {flight.failure}"
    if isinstance(error, RedirectError):
        return f"sends the query on to {error}: give that address, or log in"
    if isinstance(error, requests.exceptions.Timeout) or _timed_out(error):
        return no_answer(query.timeout)
    for kind, message in _PASSING:
        if isinstance(error, kind):
            return message
    return f"can't be asked: {type(error).__name__}"


def _timed_out(error: Exception) -> bool:
    # While a body is read, requests calls a timeout a ConnectionError.
    return any(isinstance(each, ReadTimeoutError) for each in error.args)


_GARBAGE = "gives an answer that is none of Prometheus': is this its address?"
_PASSING: tuple[tuple[type[Exception], str], ...] = (
    (TooLargeError, "answers with more than 1 MiB: aggregate in the query, such as sum(…)"),
    (GarbageError, _GARBAGE),
    (requests.exceptions.SSLError, "shows a TLS certificate that can't be verified: give caCert"),
    (requests.exceptions.ContentDecodingError, _GARBAGE),
    (requests.exceptions.ChunkedEncodingError, "breaks off in the middle of its answer"),
    (requests.exceptions.ConnectionError, "breaks off in the middle of its answer"),
    (ValueError, _GARBAGE),
    (RecursionError, _GARBAGE),
)
