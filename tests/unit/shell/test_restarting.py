"""Evictions: which pods are asked for, and what becomes of a refusal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.observe import raws
from tests.unit.shell.api_server import fails, says, serving
from tidegate.core.actions import RestartPods
from tidegate.core.objects import Key
from tidegate.core.pods import RestartProgress
from tidegate.observe.fields import meta_view
from tidegate.observe.store import Store
from tidegate.shell.apply import Applier

REPLICASET = raws.replicaset("web-abc", "abc")
KEY = Key("ReplicaSet", raws.NAMESPACE, "web-abc")
ASKED = datetime(2026, 1, 2, tzinfo=UTC)
NOW = datetime(2026, 1, 2, 0, 1, tzinfo=UTC)
OLD, OLDER, YOUNG = "2026-01-01T10:00:00Z", "2026-01-01T09:00:00Z", "2026-01-02T00:00:05Z"
RESTART = RestartPods(meta_view(REPLICASET), "abc", ASKED, size=3, available=3, most=1, at=NOW)
REFUSAL = {
    "kind": "Status",
    "reason": "TooManyRequests",
    "message": "Cannot evict pod as it would violate the pod's disruption budget.",
    "details": {
        "causes": [
            {
                "reason": "DisruptionBudget",
                "message": "The disruption budget web needs 3 healthy pods and has 3 currently",
            }
        ]
    },
}


def pod(name: str, born: str = OLD, *, ready: bool = True, phase: str = "Running", **meta: Any) -> dict[str, Any]:
    owners = [{"uid": REPLICASET["metadata"]["uid"], "controller": True}]
    status = {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready)}]}
    metadata = {"name": name, "uid": f"uid-{name}", "creationTimestamp": born, "ownerReferences": owners, **meta}
    return {"metadata": metadata, "status": status}


def listed(*pods: dict[str, Any]) -> Any:
    return says({"metadata": {"resourceVersion": "1"}, "items": list(pods)})


async def restarted(*answers: Any, action: RestartPods = RESTART) -> tuple[Any, RestartProgress | None, set[Key]]:
    """The requests, what is known then, and who is to look again."""
    store, woken = Store(), set[Key]()
    store.ingest("Rollout", "ADDED", raws.rollout())
    store.ingest("ReplicaSet", "ADDED", REPLICASET)
    async with serving(*answers) as (api, client):
        await Applier(client, store, woken.update).apply([action])
    return api.asked, store.restart(KEY), woken


async def test_the_oldest_is_evicted_by_its_uid() -> None:
    asked, seen, woken = await restarted(listed(pod("a"), pod("b", OLDER), pod("c")), says({}, 201))
    look, eviction = asked
    assert (look.path, look.query) == (
        "/api/v1/namespaces/shop/pods",
        {"labelSelector": "tidegate.dev/pod-template-hash=abc"},
    )
    assert (eviction.method, eviction.path) == ("POST", "/api/v1/namespaces/shop/pods/b/eviction")
    assert eviction.body == {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": "b", "namespace": "shop"},
        "deleteOptions": {"preconditions": {"uid": "uid-b"}},
    }
    assert seen == RestartProgress(ASKED, 3, NOW)
    assert woken == {Key("Rollout", "shop", "web")}, "that is the first look"


async def test_that_all_are_replaced_wakes_the_rollout_since_no_event_tells_of_it() -> None:
    young = listed(pod("a", YOUNG), pod("b", YOUNG), pod("c", YOUNG), pod("d", phase="Failed", ready=False))
    asked, seen, woken = await restarted(young)
    assert len(asked) == 1
    assert (seen, woken) == (RestartProgress(ASKED, 0, NOW), {Key("Rollout", "shop", "web")})


async def test_a_budget_that_says_no_is_asked_once_and_kept_with_its_words() -> None:
    pods = listed(pod("a"), pod("b"), pod("c"))
    asked, seen, woken = await restarted(pods, says(REFUSAL, 429), action=replace(RESTART, most=2))
    assert [each.path.rpartition("/")[2] for each in asked] == ["pods", "eviction"]
    assert seen == RestartProgress(ASKED, 3, NOW, "The disruption budget web needs 3 healthy pods and has 3 currently")
    assert woken == {Key("Rollout", "shop", "web")}


async def test_each_refusal_wakes_the_rollout_since_the_next_try_has_a_time_of_its_own() -> None:
    store, key = Store(), Key("Rollout", "shop", "web")
    store.ingest("Rollout", "ADDED", raws.rollout())
    store.ingest("ReplicaSet", "ADDED", REPLICASET)
    assert store.note_restart(KEY, RestartProgress(ASKED, 3, NOW, "no")) == {key}
    assert store.note_restart(KEY, RestartProgress(ASKED, 3, NOW, "no")) == {key}
    assert store.restart(KEY) == RestartProgress(ASKED, 3, NOW, "no", refusals=1)
    assert store.note_restart(KEY, RestartProgress(ASKED, 3, NOW)) == set()
    assert store.note_restart(KEY, RestartProgress(ASKED, 0, NOW)) == {key}
    assert store.note_restart(KEY, RestartProgress(ASKED, 0, NOW)) == set()


async def test_two_budgets_on_one_pod_are_a_refusal_though_the_answer_is_an_error() -> None:
    message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
    asked, seen, _ = await restarted(listed(pod("a"), pod("b"), pod("c")), fails(500, "InternalError", message))
    assert len(asked) == 2
    assert seen == RestartProgress(ASKED, 3, NOW, message)


async def test_a_right_that_is_missing_is_told_with_the_value_that_gives_it_and_holds_nothing_else_up() -> None:
    _, seen, _ = await restarted(fails(403, "Forbidden", "pods is forbidden"))
    assert seen is not None
    assert seen.refused == "the chart's value podRestarts=true gives the right: pods is forbidden"


@pytest.mark.parametrize(("code", "reason"), [(404, "NotFound"), (409, "Conflict")])
async def test_a_pod_that_goes_meanwhile_is_no_trouble(code: int, reason: str) -> None:
    _, seen, _ = await restarted(listed(pod("a"), pod("b"), pod("c")), fails(code, reason))
    assert seen == RestartProgress(ASKED, 3, NOW)


async def test_what_is_known_of_a_replicaset_goes_with_it() -> None:
    store = Store()
    store.ingest("ReplicaSet", "ADDED", REPLICASET)
    store.note_restart(KEY, RestartProgress(ASKED, 3, NOW))
    store.ingest("ReplicaSet", "DELETED", raws.again(REPLICASET))
    store.note_restart(KEY, RestartProgress(ASKED, 2, NOW))
    assert store.restart(KEY) is None
