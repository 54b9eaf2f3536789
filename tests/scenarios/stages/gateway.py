"""Plays the controller of a gateway: takes every change of a route over, and says so in the route's status."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kubernetes.client import ApiException

from dev.following import Following
from dev.kube import ROUTE, SERVICE, Kube, Manifest
from tidegate.model.parents import accepted

LOOK_AGAIN = 0.2


@contextmanager
def taking_over(kube: Kube, namespace: str, seen: Following) -> Iterator[None]:
    """Play it for the time of the block."""
    ended = threading.Event()
    thread = threading.Thread(target=_play, args=(kube, namespace, seen, ended), daemon=True)
    thread.start()
    yield
    ended.set()
    thread.join()


def _play(kube: Kube, namespace: str, seen: Following, ended: threading.Event) -> None:
    known, taken = 0, dict[str, object]()
    while not ended.is_set():
        known = seen.await_change(known, LOOK_AGAIN)
        services = {service["metadata"]["name"] for service in seen.all_of(SERVICE)}
        for route in seen.all_of(ROUTE):
            _take(kube, namespace, route, services, taken)


def _take(kube: Kube, namespace: str, route: Manifest, services: set[str], taken: dict[str, object]) -> None:
    missing = sorted(_named(route) - services)
    meta = route["metadata"]
    what = (meta["uid"], meta["generation"], missing)
    if taken.get(meta["name"]) == what:
        return
    try:
        status = {"status": accepted(dict(route), missing)}
        kube.merge(ROUTE, namespace, meta["name"], status, subresource="status")
    except ApiException as error:
        if error.status != 404:
            raise
    taken[meta["name"]] = what


def _named(route: Manifest) -> set[str]:
    return {ref["name"] for rule in route["spec"]["rules"] for ref in rule["backendRefs"]}
