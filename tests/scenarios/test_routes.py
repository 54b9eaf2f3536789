"""The patches of routes on a real API server: taken, refused when late, and at the end the author's own route."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from kubernetes import client

from dev.cluster import RunningCluster
from tests.bed.kube import api, namespace
from tests.unit.routes.making import spec, weights, written
from tidegate.core.objects import Key
from tidegate.core.traffic.kinds import Edit
from tidegate.routes.httproute import owners, patch_for, restore

Raw = dict[str, Any]
WHERE = ("gateway.networking.k8s.io", "v1")


class Routes:
    """HTTPRoutes of one namespace."""

    def __init__(self, cluster: RunningCluster, name: str) -> None:
        self.split = Key("TrafficSplit", name, "web")
        self._api = client.CustomObjectsApi(api(cluster.kubeconfig))
        self._where = (*WHERE, name, "httproutes")

    def create(self, *rules: Raw, **meta: Any) -> Raw:
        """The route `web` as the API server keeps it."""
        body = {"apiVersion": "/".join(WHERE), "kind": "HTTPRoute", "metadata": {"name": "web", **meta}}
        body["spec"] = {"parentRefs": [{"name": "public"}], "rules": list(rules)}
        return _kept(self._api.create_namespaced_custom_object(*self._where, body))

    def patch(self, edit: Edit | None) -> Raw:
        """Raises ApiException when it is refused."""
        assert edit is not None
        how: dict[str, Any] = {"_content_type": "application/json-patch+json"}
        return _kept(self._api.patch_namespaced_custom_object(*self._where, "web", list(edit.operations), **how))

    def replace(self, raw: Raw) -> Raw:
        """Write the whole route, as somebody who applies a manifest."""
        return _kept(self._api.replace_namespaced_custom_object(*self._where, "web", raw))


def _kept(raw: Any) -> Raw:
    raw["metadata"].pop("managedFields")
    kept: Raw = raw
    return kept


@pytest.fixture
def routes(cluster: RunningCluster) -> Iterator[Routes]:
    """A namespace with its routes."""
    with namespace(cluster) as name:
        yield Routes(cluster, name)


def backends(**named: int | None) -> list[Raw]:
    """BackendRefs by name and weight; without one when it is None."""
    return [
        {"name": name.replace("_", "-"), "port": 80, **({} if weight is None else {"weight": weight})}
        for name, weight in named.items()
    ]


# What the API server escapes in JSON is not what we would send back: a test of these values would never hold.
AWKWARD = {
    "matches": [{"path": {"type": "RegularExpression", "value": "/<a>&ü\u2028/.*"}}],
    "filters": [
        {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x", "value": "<&ü>"}]}},
    ],
}


@pytest.mark.parametrize("annotations", [None, {"team/x": "<&ü>"}], ids=["bare", "annotated"])
def test_a_release_moves_the_route_and_leaves_it_as_its_author_wrote_it(
    routes: Routes, annotations: dict[str, str] | None
) -> None:
    meta = {"annotations": annotations} if annotations else {}
    refs = backends(web=None, web_canary=0, legacy=3)
    refs[0]["filters"] = AWKWARD["filters"]
    first = routes.create({"name": "main", **AWKWARD, "backendRefs": refs}, **meta)
    raw = first
    for canary, expected in ((20, [4, 1, 15]), (50, [1, 1, 6]), (100, [0, 1, 3])):
        raw = routes.patch(patch_for(raw, routes.split, spec(web=100 - canary, web_canary=canary)))
        assert weights(raw) == expected
        assert owners(raw) == (routes.split,)
    assert written(routes.patch(restore(raw, routes.split))) == written(first)


def test_the_end_of_a_release_takes_the_mark_away(routes: Routes) -> None:
    first = routes.create({"backendRefs": backends(web=100, web_canary=0)})
    away = routes.patch(patch_for(first, routes.split, spec(web=80, web_canary=20)))
    back = routes.patch(patch_for(away, routes.split, spec(web=100, web_canary=0)))
    assert written(back) == written(first)
    assert patch_for(back, routes.split, spec(web=100, web_canary=0)) is None


def test_a_manifest_that_is_applied_in_the_middle_is_put_right_and_given_back(routes: Routes) -> None:
    first = routes.create({"backendRefs": backends(web=100, web_canary=0)})
    away = routes.patch(patch_for(first, routes.split, spec(web=80, web_canary=20)))
    drifted = deepcopy(away)
    drifted["spec"]["rules"][0]["backendRefs"] = backends(web=9, web_canary=1)
    drifted = routes.replace(drifted)
    edit = patch_for(drifted, routes.split, spec(web=80, web_canary=20))
    assert edit is not None
    assert edit.corrects
    again = routes.patch(edit)
    assert weights(again) == [80, 20]
    assert weights(routes.patch(restore(again, routes.split))) == [9, 1]


@pytest.mark.parametrize("annotations", [None, {"team": "shop"}], ids=["bare", "annotated"])
def test_a_patch_that_comes_too_late_is_refused(routes: Routes, annotations: dict[str, str] | None) -> None:
    meta = {"annotations": annotations} if annotations else {}
    first = routes.create({"backendRefs": backends(web=100, web_canary=0)}, **meta)
    late = patch_for(first, routes.split, spec(web=80, web_canary=20))
    changed = deepcopy(first)
    changed["spec"]["rules"].insert(0, {"backendRefs": backends(health=1)})
    routes.replace(changed)
    with pytest.raises(client.ApiException) as refused:
        routes.patch(late)
    assert refused.value.status == 422


def test_an_annotation_that_came_first_is_not_lost(routes: Routes) -> None:
    first = routes.create({"backendRefs": backends(web=100, web_canary=0)})
    late = patch_for(first, routes.split, spec(web=80, web_canary=20))
    changed = deepcopy(first)
    changed["metadata"]["annotations"] = {"team": "shop"}
    kept = routes.replace(changed)
    with pytest.raises(client.ApiException) as refused:
        routes.patch(late)
    assert refused.value.status == 422
    away = routes.patch(patch_for(kept, routes.split, spec(web=80, web_canary=20)))
    assert written(routes.patch(restore(away, routes.split))) == written(kept)
