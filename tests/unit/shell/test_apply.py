"""Applying: in order, up to the first failure; replies are known at once; refusals are told in words."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.unit.observe import raws
from tests.unit.observe.raws import NAMESPACE, Raw
from tests.unit.shell.api_server import fails, says, serving
from tidegate.core.actions import Action, Create, Delete, Merge, PatchList, Resource
from tidegate.core.objects import Key, Meta
from tidegate.observe.fields import meta_view
from tidegate.observe.store import Store
from tidegate.shell.apply import Applier, RefusedError
from tidegate.shell.client import Client
from tidegate.shell.errors import ConflictError, UnavailableError

ROLLOUT = Key("Rollout", NAMESPACE, "web")
OWNER = "uid-Rollout-web"


class Bench:
    """A store that knows the Rollout `web`, and an applier whose wakes are noted."""

    def __init__(self, client: Client) -> None:
        self.store = Store()
        self.store.ingest("Rollout", None, raws.rollout())
        self.woken: list[Key] = []
        self.applier = Applier(client, self.store, self.wake)

    def wake(self, keys: Iterable[Key]) -> None:
        self.woken.extend(keys)

    def know(self, raw: Raw) -> Meta:
        """Have the store know an object; returns its metadata."""
        self.store.ingest(raw["kind"], None, raw)
        return meta_view(raw)


def create(raw: Raw) -> Create:
    return Create(Resource.REPLICASETS, NAMESPACE, raw["metadata"]["name"], raw, OWNER)


async def apply(bench: Bench, *actions: Action) -> None:
    await bench.applier.apply(actions)


async def test_what_was_created_is_known_at_once_and_wakes_its_owner() -> None:
    raw = raws.replicaset("web-abc", "abc")
    async with serving(says(raw, 201)) as (_, client):
        bench = Bench(client)
        await apply(bench, create(raw))
    assert [rs.meta.name for rs in bench.store.replicasets.owned_by(OWNER)] == ["web-abc"]
    assert bench.woken == [ROLLOUT]


async def test_a_merge_holds_only_for_the_state_that_was_seen() -> None:
    raw = raws.replicaset("web-abc", "abc", size=1)
    reply = raws.again(raw, spec={"replicas": 3})
    async with serving(says(reply)) as (api, client):
        bench = Bench(client)
        meta = bench.know(raw)
        await apply(bench, Merge(Resource.REPLICASETS, meta, {"spec": {"replicas": 3}}))
    assert api.asked[0].body == {"spec": {"replicas": 3}, "metadata": {"resourceVersion": meta.resource_version}}
    assert bench.store.replicasets.owned_by(OWNER)[0].size == 3


async def test_a_merge_of_metadata_keeps_both_the_change_and_the_precondition() -> None:
    raw = raws.service("web")
    async with serving(says(raws.again(raw))) as (api, client):
        bench = Bench(client)
        meta = bench.know(raw)
        await apply(bench, Merge(Resource.SERVICES, meta, {"metadata": {"annotations": {"a": "b"}}}))
    assert api.asked[0].body["metadata"] == {"annotations": {"a": "b"}, "resourceVersion": meta.resource_version}


async def test_a_status_goes_to_its_subresource() -> None:
    raw = raws.rollout()
    async with serving(says(raws.again(raw))) as (api, client):
        bench = Bench(client)
        await apply(bench, Merge(Resource.ROLLOUTS, meta_view(raw), {"status": {"phase": "Healthy"}}, status=True))
    assert api.asked[0].path.endswith("/rollouts/web/status")


async def test_what_comes_after_a_failure_is_left_out() -> None:
    first, second = raws.replicaset("a", "a"), raws.replicaset("b", "b")
    async with serving(fails(409, "Conflict"), says(second)) as (api, client):
        bench = Bench(client)
        actions = [Merge(Resource.REPLICASETS, bench.know(raw), {"spec": {"replicas": 0}}) for raw in (first, second)]
        with pytest.raises(ConflictError):
            await apply(bench, *actions)
    assert len(api.asked) == 1


async def test_an_object_that_an_earlier_try_made_is_ours() -> None:
    raw = raws.replicaset("web-abc", "abc")
    async with serving(fails(409, "AlreadyExists"), says(raw)) as (api, client):
        bench = Bench(client)
        await apply(bench, create(raw))
    assert [asked.method for asked in api.asked] == ["POST", "GET"]
    assert len(bench.store.replicasets.owned_by(OWNER)) == 1


@pytest.mark.parametrize(
    ("owners", "said"),
    [(raws.owner("Rollout", "api"), "belongs to Rollout api"), ({"labels": {}}, "belongs to nobody")],
    ids=["another's", "nobody's"],
)
async def test_an_object_of_that_name_that_is_not_ours_is_told_and_left_alone(owners: Raw, said: str) -> None:
    wanted = raws.replicaset("web-abc", "abc")
    found = {**wanted, "metadata": {**wanted["metadata"], "ownerReferences": [], **owners}}
    async with serving(fails(409, "AlreadyExists"), says(found)) as (api, client):
        bench = Bench(client)
        with pytest.raises(RefusedError, match=f"ReplicaSet web-abc can't be created.*{said}.*delete or rename"):
            await apply(bench, create(wanted))
    assert len(api.asked) == 2


async def test_pods_that_an_orphaning_deletion_left_are_taken_back() -> None:
    raw = raws.replicaset("web-abc", "abc")
    orphan = raws.again(raw, meta={"ownerReferences": []})
    async with serving(fails(409, "AlreadyExists"), says(orphan), says(raws.again(raw))) as (api, client):
        bench = Bench(client)
        await apply(bench, create(raw))
    assert [asked.method for asked in api.asked] == ["POST", "GET", "PATCH"]
    assert api.asked[2].body["metadata"] == {
        "ownerReferences": raw["metadata"]["ownerReferences"],
        "resourceVersion": orphan["metadata"]["resourceVersion"],
    }
    assert len(bench.store.replicasets.owned_by(OWNER)) == 1


async def test_an_object_that_is_just_going_is_waited_for() -> None:
    raw = raws.replicaset("web-abc", "abc")
    going = raws.again(raw, meta={"deletionTimestamp": "2026-01-02T03:04:05Z"})
    async with serving(fails(409, "AlreadyExists"), says(going)) as (_, client):
        with pytest.raises(ConflictError):
            await apply(Bench(client), create(raw))


async def test_what_the_api_server_will_not_have_is_said_in_its_words() -> None:
    raw = raws.replicaset("web-abc", "abc")
    message = 'strict decoding error: unknown field "spec.template.spec.containers[0].prots"'
    async with serving(fails(400, "BadRequest", message)) as (_, client):
        with pytest.raises(RefusedError) as error:
            await apply(Bench(client), create(raw))
    assert str(error.value) == f"ReplicaSet web-abc can't be created: {message}"


async def test_a_right_that_is_missing_is_a_refusal_that_names_the_object() -> None:
    meta = meta_view(raws.route())
    async with serving(fails(403, "Forbidden", "user can't patch httproutes")) as (_, client):
        with pytest.raises(RefusedError, match="HTTPRoute web can't be changed: user can't patch httproutes"):
            await apply(Bench(client), PatchList(Resource.HTTPROUTES, meta, ()))


async def test_a_namespace_that_is_gone_is_a_refusal() -> None:
    async with serving(fails(404, "NotFound", 'namespaces "shop" not found')) as (_, client):
        with pytest.raises(RefusedError, match="shop"):
            await apply(Bench(client), create(raws.replicaset("web-abc", "abc")))


async def test_an_object_that_is_gone_when_it_is_to_be_changed_is_forgotten() -> None:
    async with serving(fails(404, "NotFound")) as (_, client):
        bench = Bench(client)
        meta = bench.know(raws.replicaset("web-abc", "abc"))
        with pytest.raises(ConflictError):
            await apply(bench, Merge(Resource.REPLICASETS, meta, {}))
    assert bench.store.replicasets.owned_by(OWNER) == ()
    assert bench.woken == [ROLLOUT]


@pytest.mark.parametrize("answer", [says({"kind": "Status", "status": "Success"}), fails(404, "NotFound")])
async def test_what_was_deleted_is_gone_from_the_store_too(answer: object) -> None:
    async with serving(answer) as (api, client):  # type: ignore[arg-type]
        bench = Bench(client)
        await apply(bench, Delete(Resource.REPLICASETS, bench.know(raws.replicaset("web-abc", "abc"))))
    assert api.asked[0].body == {"preconditions": {"uid": "uid-ReplicaSet-web-abc"}}
    assert bench.store.replicasets.owned_by(OWNER) == ()


async def test_what_waits_for_a_finalizer_is_still_there() -> None:
    raw = raws.replicaset("web-abc", "abc")
    going = raws.again(raw, meta={"deletionTimestamp": "2026-01-02T03:04:05Z"})
    async with serving(says(going)) as (_, client):
        bench = Bench(client)
        await apply(bench, Delete(Resource.REPLICASETS, bench.know(raw)))
    assert bench.store.replicasets.owned_by(OWNER)[0].meta.deleting


async def test_a_server_that_is_away_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.shell.client.FIRST_PAUSE", 0.0001)
    async with serving(fails(503)) as (_, client):
        with pytest.raises(UnavailableError):
            await apply(Bench(client), create(raws.replicaset("web-abc", "abc")))
