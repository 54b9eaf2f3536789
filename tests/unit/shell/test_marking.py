"""Metadata on living pods: those of the ReplicaSet, those that differ, one write each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.observe import raws
from tests.unit.shell.api_server import fails, says, serving
from tidegate.core.actions import MarkPods
from tidegate.observe.fields import meta_view
from tidegate.observe.store import Store
from tidegate.shell.apply import Applier, RefusedError

REPLICASET = meta_view(raws.replicaset("web-abc", "abc"))
MARK = MarkPods(REPLICASET, "abc", {"labels": {"role": "stable"}, "annotations": {"look": None}})


def pod(name: str, *, role: str = "canary", owner: str = REPLICASET.uid, **metadata: Any) -> dict[str, Any]:
    owners = [{"uid": owner, "controller": True}]
    return {"metadata": {"name": name, "labels": {"role": role}, "ownerReferences": owners, **metadata}}


def listed(*pods: dict[str, Any]) -> Any:
    return says({"metadata": {"resourceVersion": "1"}, "items": list(pods)})


async def test_those_that_differ_are_patched_and_no_others() -> None:
    pods = (
        pod("web-abc-1"),
        pod("web-abc-2", role="stable"),
        pod("web-abc-3", role="stable", annotations={"look": "here"}),
        pod("web-abc-4", owner="another"),
        pod("web-abc-5", deletionTimestamp="2026-01-01T00:00:00Z"),
    )
    async with serving(listed(*pods), says({})) as (api, client):
        await Applier(client, Store(), lambda _: None).apply([MARK])
    first, *others = api.asked
    assert first.path == "/api/v1/namespaces/shop/pods"
    assert first.query["labelSelector"] == "tidegate.dev/pod-template-hash=abc"
    patch = {"metadata": {"labels": {"role": "stable"}, "annotations": {"look": None}}}
    assert [(asked.path.rpartition("/")[2], asked.body) for asked in others] == [
        ("web-abc-1", patch),
        ("web-abc-3", patch),
    ]


async def test_a_pod_that_goes_meanwhile_is_no_trouble() -> None:
    async with serving(listed(pod("web-abc-1")), fails(404, "NotFound")) as (api, client):
        await Applier(client, Store(), lambda _: None).apply([MARK])
    assert len(api.asked) == 2


async def test_a_right_that_is_missing_is_told_with_the_value_that_gives_it() -> None:
    async with serving(fails(403, "Forbidden", "pods is forbidden")) as (_, client):
        with pytest.raises(
            RefusedError, match=r"ReplicaSet web-abc: the chart's value podMetadata=true gives the right"
        ):
            await Applier(client, Store(), lambda _: None).apply([MARK])
